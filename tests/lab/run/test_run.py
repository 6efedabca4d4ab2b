import numpy as np
import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.lab.run.run import ABSENT, NO_GENERATION, SWAPPED
from mglru_lab.scenario.generators import trace

EVICT = """
region 2048 kvm
touch 0 2048
settle
age
age
age
touch 0 512
utouch 512 1024
dump young
evict old
dump end
"""


@pytest.fixture(scope="module")
def runs() -> dict[str, ml.Run]:
    return {name: ml.run(ml.Scenario(EVICT), ml.Kernel(variant=name)) for name in ("6.1", "6.12")}


def test_page_generations_are_distances_or_states() -> None:
    scenario = ml.Scenario(
        "region 96 anon\ntouch 0 60\ndump d\nsettle\nage\nage\nage\nevict old\ndump e"
    )
    run = ml.run(scenario)
    first = run.page_generations("d")
    assert first[:31].tolist() == [0] * 31
    assert first[31:60].tolist() == [NO_GENERATION] * 29  # the batch holds 31 pages
    assert first[60:].tolist() == [ABSENT] * 36
    assert set(run.page_generations("e")[:60].tolist()) == {SWAPPED}


def test_the_existing_approach_rescues_at_the_end_of_the_list(runs: dict[str, ml.Run]) -> None:
    old, new = runs["6.1"], runs["6.12"]
    assert old.counters("end")["pgsteal"] == 0
    assert new.counters("end")["pgsteal"] == 1024
    assert np.all(new.page_generations("end")[:1024] == 0)
    assert np.all(new.page_generations("end")[1024:] == SWAPPED)


def test_events_name_what_who_and_by_which_lock(runs: dict[str, ml.Run]) -> None:
    asked = {
        name: {
            (row["where"], row["lock"]): row["count"]
            for row in run.events.filter(event="secondary MMU asked").to_dicts()
        }
        for name, run in runs.items()
    }
    # 2048 pages and the guest's code page, one walk each
    assert asked["6.12"]["aging", "write"] == 3 * 2049
    assert ("aging", "write") not in asked["6.1"]
    assert asked["6.1"]["eviction", "write+tlbflush"] == 2049
    assert runs["6.1"].events.filter(event="rmap walk")["count"].item() == 2049


def test_frames_have_the_promised_columns(runs: dict[str, ml.Run]) -> None:
    run = runs["6.12"]
    assert run.generations.columns == ["dump", "seq", "distance", "type", "pages"]
    assert run.events.columns == ["event", "where", "lock", "count"]
    anon = run.generations.filter(pl.col("dump") == "young", pl.col("type") == "anon")
    assert anon["pages"].sum() == 2049
    assert anon["distance"].to_list() == [3, 2, 1, 0]
    assert run.timeline["label"].to_list() == ["young", "end"]


def test_a_label_or_region_that_is_not_there_is_named(runs: dict[str, ml.Run]) -> None:
    with pytest.raises(ValueError, match=r"label 'ned' is unknown; did you mean end"):
        runs["6.12"].counters("ned")
    with pytest.raises(ValueError, match=r"region 1 is unknown. Allowed: 0"):
        runs["6.12"].page_map("end", 1)


def test_a_label_used_again_gets_a_number() -> None:
    run = ml.run(ml.Scenario("region 8 anon\nstat s\ntouch 0 8\nstat s"))
    assert list(run.snapshots) == ["s", "s#2"]
    assert run.counters("s#2")["pgfault"] == 8


def test_misses_are_logged_only_where_asked() -> None:
    body = "region 6144 anon\ntrace uniform_15\nreplay 0 100\n"
    assert ml.run(ml.Scenario(body)).misses is None
    logged = ml.run(ml.Scenario("misslog 1\n" + body)).misses
    assert logged is not None
    assert logged.size == 100
    assert logged.sum() == np.unique(trace("uniform_15")[:100]).size


def test_the_same_scenario_gives_the_same_run() -> None:
    scenario = ml.Scenario(
        "region 6144 kvm\nlimit 3000\ntrace zipf08_15@5\nreplay 0 30000\ndump end"
    )
    first, second = ml.run(scenario), ml.run(scenario)
    assert first.timeline.equals(second.timeline)
    assert np.array_equal(first.page_map("end"), second.page_map("end"))


def test_debugfs_commands_say_what_the_kernel_answers() -> None:
    run = ml.run(ml.Scenario("region 64 anon\nage 1 0\nage\nevict 99\nevict old\nstat s"))
    assert run.debugfs.rows() == [
        (2, "age", "ERANGE"),
        (3, "age", "ok"),
        (4, "evict", "EINVAL"),
        (5, "evict", "ok"),
    ]


def test_lru_gen_prints_the_kernels_columns(runs: dict[str, ml.Run]) -> None:
    lines = runs["6.12"].lru_gen("young").splitlines()
    assert lines[0] == "memcg     2 /lab"
    assert lines[1] == " node     0"
    assert [line.split()[0] for line in lines[2:]] == ["3", "4", "5", "6"]
    assert lines[2].split()[2:] == ["2049", "0"]


@pytest.mark.parametrize(
    ("text", "host", "guest"),
    [
        ("region 1024 kvm\ntouch 0 1024\ntouch 0 1024\n", 0, 2048),
        ("region 1024 kvm\nutouch 0 1024\n", 0, 1024),  # the region is the guest's
        ("region 1024 anon\ntouch 0 1024\n", 1024, 0),
        ("region 8 anon\nregion 8 kvm\ntouch 0 8\ngtouch 0 4\n", 8, 4),
        ("region 8 anon\nregion 8 kvm\nbyuser 1\ntouch 0 8\ngtouch 0 4\n", 8, 4),  # a control
    ],
)
def test_accesses_belong_to_the_region_that_they_are_made_to(
    text: str, host: int, guest: int
) -> None:
    end = ml.run(ml.Scenario(text)).end
    assert (end["host_accesses"], end["guest_accesses"]) == (host, guest)


def test_what_a_limit_leaves_room_for_is_said_where_it_is_not_the_limit() -> None:
    small = ml.run(ml.Scenario("region 256 kvm\nlimit 205\ntouch 0 256\nstat end\n"))
    assert (small.limit, small.capacity) == (205, 267)
    assert small.end["pswpout"] == 0  # all of it fits
    assert "left room for 267 pages" in small.limit_note
    large = ml.run(ml.Scenario("region 8192 kvm\nlimit 4096\ntouch 0 8192\nstat end\n"))
    assert large.limit_note == ""
    assert ml.run(ml.Scenario("region 8 kvm\nstat end\n")).limit is None


def test_the_checksum_of_pages_tells_runs_apart_by_pages_alone() -> None:
    text = "region 1024 kvm\ntouch 0 1024\nsettle\nage\nage\nage\ntouch 0 512\nevict old\nstat e\n"
    kernels = [ml.Kernel.parse(name) for name in ("existing", "existing~6.15", "6.12")]
    one, same, other = (ml.run(ml.Scenario(text), kernel) for kernel in kernels)
    assert one.pages == same.pages != other.pages
    assert not one.events.equals(same.events)  # other locks
