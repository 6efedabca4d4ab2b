"""What a check found, as frames and numbers: families, scenarios, calls, host and guest."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from mglru_lab.lab.check.calls import Calls
from mglru_lab.lab.check.changes import Change
from mglru_lab.lab.check.check import Checked
from mglru_lab.lab.check.families import Family, compare_families
from mglru_lab.lab.check.standard import CALLS
from mglru_lab.lab.truth.first_difference import describe
from mglru_lab.lab.truth.match import Match
from mglru_lab.lab.truth.recordings import Recording

SHARED = "m_share50_kvm_en7_y1_r6", "m_share50_user_en7_y1_r6"
"""Host and guest under one limit, and the control without KVM."""


@dataclass(frozen=True)
class Question:
    """How often KVM was asked while `pages` pages of a guest were aged, or evicted."""

    doing: str
    pages: int
    calls: Calls


@dataclass(frozen=True)
class Report:
    """A checked kernel beside the model, and beside a second kernel if one was named."""

    checked: Checked
    families: list[Family]
    """The nearest first."""
    against: str = ""
    """The second kernel's title."""
    changes: list[Change] | None = None

    @classmethod
    def of(
        cls,
        checked: Checked,
        against: str = "",
        changes: list[Change] | None = None,
        done: Callable[[], None] = lambda: None,
    ) -> "Report":
        """Compare the recordings with every family; `done` is called after each run."""
        recordings = [result.recording for result in checked.results.values()]
        return cls(checked, compare_families(recordings, done), against, changes)

    @property
    def nearest(self) -> Family:
        """The family that the kernel follows most nearly."""
        return self.families[0]

    @property
    def by_family(self) -> pl.DataFrame:
        """One row per family: how much of the recordings is equal to the model by its rules."""
        rows = []
        for family in self.families:
            differing, pages = family.pages
            agreed = "-" if family.agreed is None else f"{family.agreed:.1%}"
            equal = f"{family.equal} of {len(family.matches)}"
            rows.append(
                (family.rules, equal, f"{differing:,} of {pages:,}", family.counters, agreed)
            )
        names = ["rules", "scenarios equal", "places of pages that differ", "counters that differ"]
        return pl.DataFrame(rows, [*names, "accesses before the first other outcome"], orient="row")

    @property
    def by_scenario(self) -> pl.DataFrame:
        """One row per scenario: what of it is equal to the model by the nearest family's rules."""
        rows = []
        for scenario in self.checked.scenarios:
            match = self.nearest.matches.get(scenario.name)
            if scenario.name in self.checked.failed:
                cells = ("not run", "", "")
            elif match is None:
                cells = ("not modelled", "", "")
            else:
                cells = _cells(match)
            rows.append((scenario.name, scenario.title, *cells))
        names = ["scenario", "what happens", "pages", "counters", "accesses"]
        return pl.DataFrame(rows, names, orient="row")

    def first_differences(self) -> dict[str, str]:
        """Per scenario that is not equal: the first difference from the nearest family, as text."""
        return {
            name: describe(match) for name, match in self.nearest.matches.items() if not match.equal
        }

    @property
    def questions(self) -> list[Question]:
        """Who asked KVM: while the calls were counted; empty where they could not be."""
        result = self.checked.results.get(CALLS)
        if result is None:
            return []
        region = re.search(r"(?m)^region (\d+) kvm", result.recording.text)
        pages = {"aging": int(region[1]) if region else 0, "eviction": _evicted(result.recording)}
        return [Question(doing, pages.get(doing, 0), c) for doing, c in result.calls.items()]

    @property
    def swaps_to_disk(self) -> bool:
        """Whether it had no zram: a disk writes and reads ahead while reclaim goes on."""
        ran = (result.recording.ran.get("swaps", "") for result in self.checked.results.values())
        return any(swaps.startswith("/dev/nvme") for swaps in ran)

    @property
    def lacks(self) -> list[str]:
        """Why scenarios did not run: symbols of what the kernel lacks, or the reason, each once."""
        found: dict[str, None] = {}
        for reason in self.checked.failed.values():
            said = reason.splitlines()[0].removeprefix(f"{self.checked.release}: ")
            found |= dict.fromkeys(re.findall(r"CONFIG_\w+", said) or [said])
        return sorted(found)

    @property
    def shared(self) -> dict[str, tuple[int, int]] | None:
        """Pages that host and guest had to bring in: with a guest, and in the control without."""
        found = {}
        for which, name in zip(("kvm", "control"), SHARED, strict=True):
            if name not in self.checked.results:
                return None
            end = last(self.checked.results[name].recording)
            found[which] = end.get("host_majflt", 0), end.get("guest_majflt", 0)
        return found

    @property
    def labels(self) -> tuple[str, str]:
        """The second kernel and the first in a word or two, for tables and pictures."""
        second, first = map(_short, (self.against, self.checked.title))
        return (second, first) if second != first else ("against", "checked")

    @property
    def by_change(self) -> pl.DataFrame:
        """One row per number at a scenario's end that differs: the second kernel's, the first's."""
        rows = []
        for change in self.changes or []:
            for name, (ours, theirs) in change.ends.items():
                if ours != theirs:
                    rows.append((change.scenario.name, name, theirs, ours, share(ours, theirs)))
        names = ["scenario", "at its end", *self.labels, "change"]
        return pl.DataFrame(rows, names, orient="row")

    @property
    def by_map(self) -> pl.DataFrame:
        """One row per scenario on both kernels: pages and outcomes of accesses that differ."""
        rows = []
        for change in self.changes or []:
            differing, pages = change.differing
            at = change.first_access
            access = "-" if at is None else "equal" if at < 0 else f"differ from {at:,} on"
            place = f"{differing:,} of {pages:,}" if differing else "equal"
            rows.append((change.scenario.name, change.scenario.title, place, access))
        names = ["scenario", "what happens", "places of pages that differ", "accesses"]
        return pl.DataFrame(rows, names, orient="row")


def last(recording: Recording) -> Mapping[str, int]:
    """The counters at a recording's last label."""
    return next(reversed(recording.stats.values()), {})


def share(value: int, base: int) -> str:
    """By what share `value` is more than `base`, as text."""
    if value == base:
        return "0"
    if not base:
        return "from 0"
    exact = (value - base) / base
    return f"{exact:+.1%}" if abs(exact) >= 0.001 else f"{exact:+.3%}"


def _short(title: str) -> str:
    """A release without its distribution's part; what is no release as it is."""
    found = re.match(r"\d[\d.]*(-\w+)?", title)
    return found[0] if found else title


def _evicted(recording: Recording) -> int:
    stolen = [stats.get("vm.pgsteal_anon", 0) for stats in recording.stats.values()]
    return stolen[-1] - stolen[0] if stolen else 0


def _cells(match: Match) -> tuple[str, str, str]:
    wrong, log = sum(match.pages.values()), match.recording.missed()
    pages = f"{wrong:,} differ" if wrong else "equal"
    differing = sum(map(len, match.counters.values()))
    counters = f"{differing} differ" if differing else "equal"
    at = match.first_miss
    if at is None or log is None:
        return pages, counters, "-"
    return pages, counters, "equal" if at < 0 else f"differ from {at:,} of {log.size:,} on"
