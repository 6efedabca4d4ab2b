"""Which family of rules a kernel follows: its recordings beside the model by every family."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from mglru_lab.kernel.rules import RULES
from mglru_lab.lab.truth import groundtruth, search
from mglru_lab.lab.truth.match import Match
from mglru_lab.lab.truth.recordings import Recording, expand_map


@dataclass(frozen=True)
class Family:
    """How a kernel's recordings compare with the model by one family's rules."""

    rules: str
    matches: dict[str, Match]
    """By scenario; those that the model does not know are left out."""

    @property
    def equal(self) -> int:
        """Scenarios in which nothing differs."""
        return sum(match.equal for match in self.matches.values())

    @property
    def pages(self) -> tuple[int, int]:
        """Places of pages that differ, of all that dumps show."""
        differing = sum(sum(c.pages.values()) for c in self.matches.values())
        maps = [runs for c in self.matches.values() for runs in c.recording.maps.values()]
        return differing, sum(map(len, map(expand_map, maps)))

    @property
    def counters(self) -> int:
        """Values of counters that differ, at labels."""
        return sum(sum(map(len, c.counters.values())) for c in self.matches.values())

    @property
    def agreed(self) -> float | None:
        """The share of logged accesses before the first of another outcome, least of all logs."""
        shares = [
            1.0 if c.first_miss < 0 else c.first_miss / log.size
            for c in self.matches.values()
            if c.first_miss is not None and (log := c.recording.missed()) is not None
        ]
        return min(shares, default=None)

    @property
    def nearness(self) -> tuple[int, int, int]:
        """Greater is nearer: scenarios equal, then pages, then counters that do not differ."""
        return self.equal, -self.pages[0], -self.counters


def compare_families(
    recordings: Sequence[Recording], done: Callable[[], None] = lambda: None
) -> list[Family]:
    """Every family's runs of these recordings' scenarios, the nearest first.

    `done` is called after each run. For the nearest family what no recording tells is searched for.
    """
    found = []
    for rules in RULES:
        matches = {}
        for recording in recordings:
            matches[recording.scenario] = groundtruth.compare(replace(recording, family=rules))
            done()
        found.append(Family(rules, _modelled(matches.values())))
    found.sort(key=lambda family: family.nearness, reverse=True)
    nearest = found[0]
    searched = (
        match if match.equal else _searched(match.recording) for match in nearest.matches.values()
    )
    return [Family(nearest.rules, _modelled(searched)), *found[1:]]


def _searched(recording: Recording) -> Match:
    return groundtruth.compare(recording, improve=search.improve)


def _modelled(matches: Iterable[Match]) -> dict[str, Match]:
    return {c.recording.scenario: c for c in matches if not c.not_modelled}
