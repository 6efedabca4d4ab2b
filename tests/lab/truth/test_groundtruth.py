"""The model against the real kernels: what must be equal is."""

import re
from dataclasses import replace

import pytest

from mglru_lab.kernel.rules import RULES
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.lab.truth import groundtruth
from mglru_lab.lab.truth.match import Match
from mglru_lab.lab.truth.recordings import Recording
from tests.recorded import RECORDED


def _of(matches: list[Match], *titles: str) -> list[Match]:
    found = [c for c in matches if c.group.title in titles and not c.not_modelled]
    assert found
    return found


def _is_arm64(match: Match) -> bool:
    return match.recording.release.endswith("arm64")


@pytest.mark.parametrize("rules", ["6.12", "7.3"])
def test_arm64_kernels_follow_the_same_rules(matches: list[Match], rules: str) -> None:
    small = [c for c in matches if _is_arm64(c) and c.recording.rules == rules]
    assert len(small) == 9
    assert {c.recording.ran["arch"] for c in small} == {"aarch64"}
    apart = [c for c in small if not c.equal]
    assert [c.recording.scenario for c in apart] == ["b_lookaround_en7"] * (rules == "7.3")
    settled = next(c for c in small if c.recording.scenario == "b_lookaround_en7_r6")
    assert settled.equal


@pytest.mark.parametrize("rules", RECORDED)
def test_small_scenarios_equal_at_every_page_of_every_dump(
    matches: list[Match], rules: str
) -> None:
    titles = ("aging, eviction, look-around", "a KVM guest", "host and guest, in one memcg or two")
    small = [c for c in _of(matches, *titles) if c.recording.rules == rules and not _is_arm64(c)]
    assert len(small) == 19
    assert sum(len(c.pages) for c in small) == 74 + 37 + 24
    assert [c.recording.scenario for c in small if any(c.pages.values()) or c.counters] == []


def test_exact_mode_equals_access_by_access(matches: list[Match]) -> None:
    exact = _of(matches, "pressure, exact mode")
    logged = [c for c in exact if c.first_miss is not None]
    assert len(exact) == 85
    assert len(logged) == 75
    assert [c.first_miss for c in logged] == [-1] * 75
    assert all(c.equal for c in exact)


@pytest.mark.parametrize("title", ["page cache, exact mode", "classic LRU, exact mode"])
def test_files_and_the_classic_lru_equal_in_every_access(matches: list[Match], title: str) -> None:
    exact = _of(matches, title)
    assert len(exact) >= 40
    assert [c.first_miss for c in exact] == [-1] * len(exact)
    assert all(c.equal for c in exact)


def test_what_the_classic_lru_of_6_1_takes_is_the_phase_of_the_batch_or_freed_slab(
    matches: list[Match],
) -> None:
    """Of one case the first label tells pages in the batch; three runs in 80 are of slab pages."""
    exact = [c for c in _of(matches, "classic LRU, exact mode") if c.recording.rules == "6.1"]
    found = [c.unrecorded for c in exact if c.unrecorded != Unrecorded()]
    assert len(exact) == 80
    assert sorted(len(unrecorded.freed_slab) for unrecorded in found) == [0, 0, 0, 0, 1, 1, 2]
    assert sum(unrecorded.phase > 0 for unrecorded in found) == 4


def test_with_tlb_flushes_too_the_classic_lru_is_equal_once_the_timer_is_known(
    matches: list[Match],
) -> None:
    pattern = r"c_hotscan_15_en0_f64_r1[123]"
    logged = [c for c in matches if re.fullmatch(pattern, c.recording.scenario)]
    assert [(c.equal, len(c.unrecorded.flushes)) for c in logged] == [(True, 4)] * 3


def test_memory_stat_is_as_of_its_last_flush(matches: list[Match]) -> None:
    exact = _of(matches, "pressure, exact mode")
    assert sum(len(c.behind) for c in exact) == 8
    assert not any("memory.stat" in c.counters for c in exact)


@pytest.mark.parametrize("rules", RECORDED)
def test_a_guest_under_pressure_is_equal_with_nothing_fitted(
    matches: list[Match], rules: str
) -> None:
    """Five repeats of five traces; only what the batch held before the first reclaim varies."""
    title = "a guest under pressure, exact mode"
    runs = [c for c in _of(matches, title) if c.recording.rules == rules]
    assert len(runs) == 25
    assert all(c.equal and c.unrecorded == Unrecorded(phase=c.unrecorded.phase) for c in runs)
    ends = {(c.recording.scenario[:-1], tuple(c.ends.values())) for c in runs}
    assert len(ends) == 5  # the kernel repeats itself


def test_what_chance_did_to_a_guest_is_found(matches: list[Match]) -> None:
    """The watchdog's switches are where `nivcsw` counted one."""
    left = _of(matches, "the same with chance left")
    assert sum(c.equal for c in left) == len(left) - 1 == 39
    walks = {c.recording.scenario: len(c.unrecorded.flipped_walks) for c in left if c.equal}
    assert max(walks.values()) == 3


def test_scans_are_equal_once_a_switch_or_two_of_the_timer_are_known(
    matches: list[Match],
) -> None:
    runs = _of(matches, "pressure, scans with walks")
    assert [c.recording.scenario for c in runs if not c.equal] == []
    assert max(len(c.unrecorded.flipped_walks) for c in runs) == 2
    ours = [c for c in matches if c.recording.scenario == "kc_cyclic_20_en7_f0_r1"]
    assert [(c.recording.rules, c.equal) for c in ours] == [("6.12", True), ("6.1", True)]


def test_ordinary_runs_are_equal_when_a_trace_tells_what_chance_did(
    matches: list[Match],
) -> None:
    """Nothing is searched for; 6.12's walks and 6.1's slab pages decide."""
    traced = _of(matches, "pressure, not in exact mode, reclaim traced")
    assert all(c.equal and c.unrecorded == Unrecorded() for c in traced)
    new = [c for c in traced if c.recording.rules == "6.12"]
    assert (len(new), len(traced)) == (24, 33)
    assert (sum(c.by_chance for c in new), sum(len(c.recording.walks) for c in new)) == (93, 2172)
    assert sum(c.by_chance for c in traced) == 93


@pytest.mark.parametrize(
    ("rules", "scenario"),
    [("6.12", "c_hotscan_20_en7_f0t1_r1"), ("6.1", "kc_cyclic_20_en7_f0t1_r2")],
)
def test_without_what_the_trace_tells_such_a_run_differs(
    recorded: list[Recording], rules: str, scenario: str
) -> None:
    traced = next(run for run in recorded if (run.rules, run.scenario) == (rules, scenario))
    untold = replace(traced, walks="", slab="")
    assert groundtruth.attempt(traced, Unrecorded())[0].equal
    assert not groundtruth.attempt(untold, Unrecorded())[0].equal


def test_one_reclaim_that_slab_pages_ended_sooner_explains_what_repeats_of_6_1_differ_in(
    matches: list[Match],
) -> None:
    guests = [c for c in matches if "kvm" in c.recording.text]
    found = {c.recording.scenario: c for c in guests if c.unrecorded.freed_slab}
    assert {name: c.unrecorded.freed_slab for name, c in found.items()} == {
        "kc_cyclic_20_en7_f0_r1": ((66, 1, 8),),
        "m_share50_kvm_en7_y0_r2": ((5, 1, 4),),
        "m_share50_kvm_en7_y1_r1": ((5, 1, 4),),
    }
    assert all(c.equal and c.recording.rules == "6.1" for c in found.values())
    assert found["m_share50_kvm_en7_y1_r1"].first_miss == -1


def test_a_stale_tlb_explains_two_memcgs(matches: list[Match]) -> None:
    """Without flushes the idle guest's host misses a sixth more than the model; else alike."""
    assert all(c.equal for c in _of(matches, "host and guest, the TLB flushed at each access"))
    stale = [c for c in matches if c.recording.scenario.startswith("m_idleguest_split_en7_y0_")]
    assert [c.apart > 0.16 for c in stale if c.recording.rules == "6.12"] == [True] * 3


def test_whatever_must_be_equal_is(matches: list[Match]) -> None:
    assert [c.recording.scenario for c in matches if c.failed] == []
    assert sum(c.group.must_equal and not c.not_modelled for c in matches) == 602


def test_every_recording_is_compared_or_says_why_not(
    recorded: list[Recording], matches: list[Match]
) -> None:
    assert len(matches) == len(recorded)
    reasons = {c.not_modelled for c in matches} - {""}
    assert all("the recording ends in an OOM kill" in reason for reason in reasons)


def test_the_options_of_the_thread_equal_a_kernel_with_a_switch(
    matches: list[Match],
) -> None:
    """Page maps, miss logs, counters, and every question to the secondary MMU."""
    switched = [c for c in matches if c.recording.is_switched and not c.not_modelled]
    assert len({c.recording.file for c in switched}) == 8
    maps = [pages for c in switched for pages in c.pages.values()]
    assert maps.count(0) >= len(maps) - 12
    assert all(c.first_miss in (None, -1) for c in switched)
    assert sum(c.equal for c in switched) >= len(switched) - 11


def test_phases_found_are_those_of_a_batch_that_had_not_drained(
    matches: list[Match],
) -> None:
    basic = [c for c in matches if c.recording.scenario.startswith("a_basic")]
    phases = {c.recording.rules: c.unrecorded.phase for c in basic if c.recording.rules in RECORDED}
    assert phases == {"6.1": 11, "6.12": 11}
    assert all(c.unrecorded.phase < RULES[c.recording.rules].batch for c in basic)
    assert all(c.equal and not c.undrained for c in basic)


def test_rules_and_policies_are_told_apart(recorded: list[Recording]) -> None:
    """The 6.1 recordings are not equal to the 6.12 model: the match can fail."""
    old = next(r for r in recorded if r.scenario == "k_guestonly_en7" and r.rules == "6.1")
    as_new = groundtruth.compare(replace(old, release="6.12.117"))
    assert as_new.failed
    assert sum(as_new.pages.values()) > 1000


def test_inputs_that_are_not_needed_are_not_used(recorded: list[Recording]) -> None:
    small = next(r for r in recorded if r.scenario == "b_evict_en7" and r.rules == "6.12")
    assert groundtruth.compare(small).unrecorded == Unrecorded()
