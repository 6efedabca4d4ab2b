import pytest

import mglru_lab as ml
from mglru_lab.lab.run.commands import play
from mglru_lab.lab.run.machine import Machine, OutOfMemory
from mglru_lab.scenario.language import ScenarioError
from tests.lab.run.played import machine


def test_fifo_without_yield_walks_once_a_command() -> None:
    body = "enabled 7\nregion 8192 anon\nlimit 4096\ntrace zipf08_20\nreplay 0 60000\n"
    preempted, alone = machine(body).v.stat, machine("fifo 1\n" + body).v.stat
    yielding = machine("fifo 1\nyield 1\n" + body).v.stat
    assert alone.walks < preempted.walks == yielding.walks
    assert alone.agings > alone.walks


def test_a_flipped_walk_is_made_although_no_context_switch_came() -> None:
    body = "region 8192 anon\nlimit 4096\ntouch 0 4300"
    assert [machine(body, flipped_walks=bits).v.stat.walks for bits in ((), (0,))] == [1, 2]


def test_kworkers_that_reclaim_wakes_make_later_agings_of_a_fault_walk() -> None:
    """The timer's one switch is what leads to reclaims that age more than twice."""
    body = "region 6144 anon\nlimit 4096\ntrace cyclic_15\nreplay 0 20000\n"
    preempted = machine(body, flipped_walks=(2,)).v.stat
    alone = machine("fifo 1\nyield 1\n" + body, flipped_walks=(2,)).v.stat
    assert alone.agings == preempted.agings
    assert alone.walks < preempted.walks


def test_mixed_memory_counts_each_side() -> None:
    text = (
        "region 4096 anon\nregion 4096 kvm\nlimit 2048\ntrace m_share50\nreplay 0 40000\ndump end"
    )
    counters = machine(text).log.snapshots[0].counters
    assert counters["host_acc"] + counters["guest_acc"] == 40000
    assert counters["host_majflt"] + counters["guest_majflt"] <= counters["pgmajfault"]
    assert counters["host_majflt"] > 0 < counters["guest_majflt"]


def test_memory_that_cannot_be_reclaimed_ends_the_run() -> None:
    made = Machine(ml.Scenario("region 512 anon\nlimit 9\ntouch 0 512\n"), ml.Kernel())
    region, _, touch = made.commands
    made.commands = (region,)
    play(made)
    made.v.cpu.limit = 0  # no scenario asks for so little
    made.commands = (touch,)
    with pytest.raises(OutOfMemory, match=r"scenario:3: touch: out of memory at access 63 of 512"):
        play(made)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "region 10 anon\ntrace uniform_15",
            r"entry 0: page \d+ of the first region; allowed are 0 to 9",
        ),
        ("region 6144 anon\ntrace m_share50", "of the second region; there is none"),
        ("region 10 anon\ntrace nowhere.u32", "trace 'nowhere.u32' is in none of"),
    ],
)
def test_a_trace_that_does_not_fit_is_refused_before_anything_runs(text: str, message: str) -> None:
    with pytest.raises(ScenarioError, match="scenario:2: trace: .*" + message):
        Machine(ml.Scenario(text), ml.Kernel())


def test_where_kvm_has_no_notifiers_a_guest_is_like_any_process() -> None:
    text = "region 512 KIND\ntouch 0 512\nsettle\nage\ntouch 0 99\nage\nage\nevict old\ndump end\n"
    guest, process = (ml.Scenario(text.replace("KIND", kind)) for kind in ("kvm", "anon"))
    before, host = ml.run(guest, ml.Kernel(mmu="s390")), ml.run(process, ml.Kernel(mmu="other"))
    assert before.end == host.end
    assert before.end["asks_aging"] == before.end["asks_eviction"] == 0
    since = ml.run(guest, ml.Kernel(variant="7.3", mmu="s390"))
    locks = since.events.filter(event="secondary MMU asked")["lock"]
    assert since.end["asks_aging"] > 512
    assert set(locks) == {"read"}
