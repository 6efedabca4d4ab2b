"""A run that is not equal, among the kernel's repeats of the same case."""

import pytest

from mglru_lab.lab.truth.groups import group_of
from mglru_lab.lab.truth.match import Match
from mglru_lab.lab.truth.recordings import Recording
from mglru_lab.lab.truth.spread import places


def _run(name: str, ours: int, kernels: int, *, equal: bool = False, file: str = "x") -> Match:
    recording = Recording(file, name, "6.12.117", "", True)
    pages = {"end": int(not equal)}
    ends = {"pgmajfault": (ours, kernels)}
    return Match(recording, group_of(recording), pages=pages, ends=ends)


@pytest.mark.parametrize(
    ("ours", "outside"),
    [(1000, {}), (1050, {}), (1100, {}), (990, {"pgmajfault": 0.01}), (1210, {"pgmajfault": 0.1})],
)
def test_within_what_repeats_span_or_how_far_from_the_nearest(
    ours: int, outside: dict[str, float]
) -> None:
    repeats = [
        _run("c_hotscan_15_en7_f0_r1", ours, 1000),
        _run("c_hotscan_15_en7_f0_r2", 1100, 1100, equal=True, file="another"),
        _run("c_hotscan_20_en7_f0_r1", 5, 5, equal=True),
    ]
    ((match, place),) = places(repeats)
    assert match is repeats[0]
    assert place.repeats == 2
    assert place.outside == pytest.approx(outside)
    assert place.near == (outside.get("pgmajfault", 0) <= 0.01)


def test_a_counter_that_the_kernel_left_at_nothing_is_far() -> None:
    ((_, place),) = places([_run("c_cyclic_15_en7_f0_r1", 1, 0)])
    assert place.outside == {"pgmajfault": float("inf")}


def test_ends_are_taken_from_a_match(matches: list[Match]) -> None:
    mixed = next(c for c in matches if c.recording.scenario == "m_idleguest_split_en7_y0_r1")
    assert set(mixed.ends) > {"host_majflt", "guest_majflt", "pgscan_anon"}
    assert all(ours == kernels for c in matches if c.equal for ours, kernels in c.ends.values())
