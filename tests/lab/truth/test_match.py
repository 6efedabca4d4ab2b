from dataclasses import replace

import pytest

from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.lab.truth import groundtruth
from mglru_lab.lab.truth.match import Match
from mglru_lab.lab.truth.recordings import Recording, contract_map, expand_map


@pytest.fixture
def small(recorded: list[Recording]) -> Recording:
    return next(r for r in recorded if r.scenario == "b_evict_en7" and r.rules == "6.12")


def test_a_page_in_another_generation_is_found(small: Recording) -> None:
    label = ("b1_oldest_evicted", 0)
    letters = list(expand_map(small.maps[label]))
    letters[7] = "1" if letters[7] != "1" else "2"
    wrong = replace(small, maps=small.maps | {label: contract_map("".join(letters))})
    found = groundtruth.compare(wrong)
    assert found.failed
    assert found.pages["b1_oldest_evicted"] == 1


def test_a_counter_off_by_one_is_found(small: Recording) -> None:
    stats = {label: dict(counters) for label, counters in small.stats.items()}
    stats["b8_all_read"]["vm.pswpin"] += 1
    found = groundtruth.compare(replace(small, stats=stats))
    assert found.failed
    ((label, ours, kernels),) = found.counters["pswpin"]
    assert label == "b8_all_read"
    assert kernels == ours + 1  # type: ignore[operator]


def test_a_counter_of_memory_stat_that_was_never_so_is_found(small: Recording) -> None:
    stats = {label: dict(counters) for label, counters in small.stats.items()}
    stats["b8_all_read"]["pgrefill"] = stats["b8_all_read"].get("pgrefill", 0) + 1
    found = groundtruth.compare(replace(small, stats=stats))
    ((label, _, kernels),) = found.counters["memory.stat"]
    assert (label, list(kernels)) == ("b8_all_read", ["pgrefill"])  # type: ignore[call-overload]


def test_a_single_flipped_miss_is_found(recorded: list[Recording]) -> None:
    run = next(r for r in recorded if r.scenario == "c_zipf10_15_en7_f0y1_r1")
    assert run.misses is not None
    flipped = bytearray(run.misses)
    flipped[1000] ^= 1 << 3
    assert groundtruth.compare(replace(run, misses=bytes(flipped))).first_miss == 8003


def test_the_nearer_of_two_matches_has_the_smaller_distance(recorded: list[Recording]) -> None:
    basic = next(r for r in recorded if r.scenario == "a_basic_en7" and r.rules == "6.12")
    equal, other = (groundtruth.attempt(basic, Unrecorded(phase=n))[0] for n in (11, 0))
    assert (equal.equal, other.equal) == (True, False)
    assert (0, 0, 0) == equal.distance < other.distance


@pytest.mark.parametrize(
    ("misses", "apart"), [((98, 100), 0.02), ((100, 100), 0.0), ((0, 0), 0.0), ((3, 0), 1.0)]
)
def test_what_is_apart_is_a_share_of_the_kernels_misses(
    small: Recording, misses: tuple[int, int], apart: float
) -> None:
    group = groundtruth.attempt(small, Unrecorded())[0].group
    assert Match(small, group, misses=misses).apart == pytest.approx(apart)
