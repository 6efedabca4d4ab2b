"""Every command of the language is in the table, and does what its line in the README says."""

from collections.abc import Callable

import numpy as np
import pytest

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import PTE_PRESENT
from mglru_lab.lab.run.commands import COMMANDS, steps
from mglru_lab.lab.run.machine import Machine
from mglru_lab.scenario import language
from tests.lab.run.played import machine

PAGE = 4096


def test_every_command_of_the_language_is_in_the_table_and_no_other() -> None:
    assert COMMANDS.keys() == language.COMMANDS.keys()


def test_commands_are_carried_out_in_order_each_before_it_comes_out() -> None:
    made = machine("region 64 anon")
    made.commands = language.Scenario("region 64 anon\ntouch 0 3\ntouch 3 9").commands()[1:]
    seen = [(command.name, int(made.v.stat.accesses)) for command in steps(made)]
    assert seen == [("touch", 3), ("touch", 9)]


@pytest.mark.parametrize("line", ["flush 64", "walklog 1"])
def test_what_means_something_on_a_real_kernel_only_changes_nothing(line: str) -> None:
    """`flush` least of all: the timer that a recording names comes when it is due, not before."""
    text = "enabled 0\nregion 100 anon\n{}touch 0 50\n{}touch 50 100\n"
    known = {"flushes": ((50, 0),)}
    with_it, without = (
        machine(text.format(*[more] * 2), **known)
        for more in (f"{line}\n", "")  # type: ignore[arg-type]
    )
    for field in ("pte", "flags", "memory", "folio", "lrus", "cpu", "stat"):
        ours, others = (getattr(made.v, field) for made in (with_it, without))
        assert np.asarray(ours).tobytes() == np.asarray(others).tobytes(), field


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("byuser 1", lambda made: made.settings.byuser == 1),
        ("yield 7", lambda made: made.settings.switch_every == 7),
        ("fifo 1", lambda made: made.settings.fifo == 1),
        ("misslog 2", lambda made: made.settings.misslog == 2),
        ("sysctl vm.swappiness 30", lambda made: made.v.cpu.swappiness == 30),
        ("sysctl vm/swappiness 40", lambda made: made.v.cpu.swappiness == 40),
        ("enabled 3", lambda made: made.v.lru.enabled == made.enabled == 3),
        ("knob lru_gen_ask 8", lambda made: made.policy.vm_looks_around == 0),
        ("proactive 9 reclaim 5", lambda made: (made.passes.every, made.passes.args[0]) == (9, 5)),
    ],
)
def test_a_setting_is_one_from_its_line_on(line: str, value: Callable[[Machine], bool]) -> None:
    assert not value(machine("region 8 anon"))
    assert value(machine(f"region 8 anon\n{line}"))


def test_the_limit_counts_from_what_is_charged() -> None:
    v = machine("region 2048 anon\nlimit 100\ntouch 0 2048").v
    assert v.cpu.limit == 160
    assert np.count_nonzero(Folios(v).pte == 1) <= 160


def test_reads_of_untouched_memory_map_the_zero_page() -> None:
    made = machine("region 64 anon\nrtouch 0 64\ndump zero\ntouch 0 10\nsettle\ndump end")
    zero, end = made.log.snapshots
    assert set(zero.maps[0].tobytes()) == {ord("n")}
    assert zero.counters["anon"] == 0
    assert end.counters["anon"] == 10 * PAGE


def test_touches_differ_in_who_makes_them_and_whether_they_write() -> None:
    mixed = "region 8 anon\nregion 8 kvm\n{}\nsettle"
    young = {}
    for line in ("touch 0 4", "gtouch 0 4"):
        made = machine(mixed.format(line))
        host, guest = made.layout.regions()
        present = [int((Folios(made.v, at).pte == PTE_PRESENT).sum()) for at in (host, guest)]
        young[line] = (*present, int(Folios(made.v, guest).spte_young.sum()))
    assert young == {"touch 0 4": (4, 0, 0), "gtouch 0 4": (0, 4, 4)}
    by_user = machine("region 8 kvm\nutouch 0 4")
    assert not Folios(by_user.v, by_user.layout.regions()[0]).spte_young.any()


def test_replaymarks_notes_each_part_and_replay_none() -> None:
    start = "region 6144 anon\ntrace uniform_15\n"
    made = machine(start + "replaymarks 0 1000 4\nreplaymarks 0 10 1\nreplay 0 10")
    seen = [(s.label, s.counters["accesses"]) for s in made.log.snapshots]
    assert seen == [("mark1", 250), ("mark2", 500), ("mark3", 750), ("mark4", 1000)]


def test_a_label_that_comes_again_is_numbered() -> None:
    made = machine("region 8 anon\nstat a\ndump a\nstat a")
    assert [snapshot.label for snapshot in made.log.snapshots] == ["a", "a#2", "a#3"]
    assert [len(snapshot.maps) for snapshot in made.log.snapshots] == [0, 1, 0]


def test_debugfs_answers_are_kept_with_their_line() -> None:
    made = machine("region 8 anon\ntouch 0 8\nage\nage\nage 1 0\nevict old\nevict 99")
    assert made.log.debugfs == [
        (3, "age", "ok"), (4, "age", "ok"), (5, "age", "ERANGE"),
        (6, "evict", "ok"), (7, "evict", "EINVAL"),
    ]  # fmt: skip


def test_asread_makes_every_access_of_the_trace_a_read() -> None:
    text = "region 6144 anon\ntrace uniform_15\n{}replay 0 500\nsettle\nstat s"
    written, read = (machine(text.format(m)).log.snapshots[0] for m in ("", "asread\n"))
    assert written.counters["anon"] > 0 == read.counters["anon"]  # reads map the zero page
    assert written.counters["anon"] % PAGE == 0
