"""Where model and recording differ: the spread of the kernel's own repeats, and the model in it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mglru_lab.lab.truth.match import Match

NEAR = 0.01
"""Of the nearest repeat's count: as near as that is near enough."""


@dataclass(frozen=True)
class Place:
    """A run among the repeats of its scenario on the same kernel, itself included."""

    repeats: int
    outside: dict[str, float]
    """Counters at the end that lie outside of what the repeats span, and by what share of the
    nearest repeat's."""

    @property
    def near(self) -> bool:
        """Every counter is within the spread, or within 1 % of the nearest repeat."""
        return all(share <= NEAR for share in self.outside.values())


def case_of(match: Match) -> tuple[str, str, str]:
    """What repeats have in common: kernel, option, and the scenario's name but for its number."""
    recording = match.recording
    option = recording.file if recording.is_switched else ""
    return recording.rules, option, re.sub(r"_r\d+$", "", recording.scenario)


def places(matches: Iterable[Match]) -> list[tuple[Match, Place]]:
    """Every match that is not equal, with its place among those of the same case."""
    compared = [match for match in matches if not match.not_modelled]
    cases: dict[tuple[str, str, str], list[Match]] = {}
    for match in compared:
        cases.setdefault(case_of(match), []).append(match)
    return [(c, _place(c, cases[case_of(c)])) for c in compared if not c.equal]


def _place(match: Match, repeats: list[Match]) -> Place:
    outside = {}
    for name, (ours, _) in match.ends.items():
        kernels = [repeat.ends[name][1] for repeat in repeats]
        if not min(kernels) <= ours <= max(kernels):
            outside[name] = min(abs(ours - k) / k if k else float("inf") for k in kernels)
    return Place(len(repeats), outside)
