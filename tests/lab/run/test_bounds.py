from pathlib import Path

import numpy as np
import pytest

import mglru_lab as ml
from mglru_lab.lab.run import bounds
from mglru_lab.lab.run.bounds import Pages
from mglru_lab.scenario.generators import cyclic, hotscan, uniform, zipf
from mglru_lab.scenario.workloads import workload

TRACES = {
    "zipf": zipf(400, 6000, 1, 0.8),
    "uniform": uniform(300, 4000, 2),
    "cyclic": cyclic(150, 2000),
    "hotscan": hotscan(300, 4000, 3, 60),
    "one": np.zeros(5, np.int64),
}
THEIRS = {"Belady's optimum": "Belady", "LRU": "LRU", "Clock": "Clock", "FIFO": "FIFO"}


def following(pages: Pages) -> list[int]:
    """When each access's page is used next; libCacheSim's largest number if never."""
    then: dict[int, int] = {}
    found = []
    for now in range(pages.size - 1, -1, -1):
        found.append(then.get(int(pages[now]), np.iinfo(np.int64).max))
        then[int(pages[now])] = now
    return found[::-1]


def misses_of_libcachesim(name: str, pages: Pages, frames: int) -> int:
    """Belady needs each request's next use; without it libCacheSim's curve means nothing."""
    libcachesim = pytest.importorskip("libcachesim", reason="no wheel for this machine")
    cache = getattr(libcachesim, name)(cache_size=frames)
    misses = 0
    for now, (page, then) in enumerate(zip(pages.tolist(), following(pages), strict=True)):
        request = libcachesim.Request()
        request.obj_id, request.obj_size = page + 1, 1
        request.next_access_vtime = then
        request.clock_time = now
        misses += not cache.get(request)
    return misses


@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("policy", THEIRS)
def test_misses_are_those_of_libcachesim(policy: str, trace: str) -> None:
    pages = TRACES[trace]
    for frames in (1, 7, 60, 140, 500):
        ours = bounds.POLICIES[policy](pages, frames)
        assert ours == misses_of_libcachesim(THEIRS[policy], pages, frames), frames


def test_belady_is_below_all_and_all_miss_first_uses() -> None:
    pages = TRACES["zipf"]
    misses = {name: policy(pages, 100) for name, policy in bounds.POLICIES.items()}
    assert min(misses.values()) == misses["Belady's optimum"] > np.unique(pages).size
    assert all(p(pages, 400) == np.unique(pages).size for p in bounds.POLICIES.values())


def test_the_accesses_of_a_scenario_are_heard_in_order() -> None:
    text = (
        "region 4 anon\nregion 600 kvm\nlimit 8\ntouch 0 3\ngtouch 0 2\n"
        "proactive 1 age\ntouch 1 2\nage\nstat e\n"
    )
    pages, frames = bounds.accesses(ml.Scenario(text))
    assert frames == 8 + 59  # charged in advance: 64 less three tables, a program, its page
    first = int(pages[3])
    assert pages.tolist() == [0, 1, 2, first, first + 1, 1]
    assert first % 512 == 0


def test_bounds_lie_below_the_kernels_that_they_bound(tmp_path: Path) -> None:
    scenario = workload("mix", 1024, 16384).scenario(tmp_path, 0.5)
    found = dict(bounds.bounds(scenario).iter_rows())
    refaults = ml.run(scenario, ml.Kernel(variant="existing")).end["pgmajfault"]
    assert found["Belady's optimum"] < found["LRU"] < found["FIFO"]
    assert found["Belady's optimum"] < refaults
    assert found["perfect aging"] > found["Belady's optimum"]


def test_where_asking_is_free_and_complete_it_is_nearly_perfect(tmp_path: Path) -> None:
    """A guest whose every access is known costs what the same accesses of userspace do."""
    scenario = workload("mix", 2048, 32768).scenario(tmp_path, 0.5)
    perfect = bounds.perfect_aging(scenario)
    asked = ml.run(scenario, ml.Kernel(variant="6.12")).end["pgmajfault"]
    assert asked == pytest.approx(perfect, rel=0.02)


def test_a_scenario_without_limit_has_no_bound() -> None:
    with pytest.raises(ValueError, match="needs a limit line and accesses"):
        bounds.bounds(ml.Scenario("region 8 kvm\ntouch 0 8\nstat e\n", "x.scn"))
