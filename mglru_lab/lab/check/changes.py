"""What differs between two kernels that ran the same scenarios: refaults, scanning, page maps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mglru_lab.lab.check.standard import Standard
from mglru_lab.lab.run.run import Run
from mglru_lab.lab.truth.match import ENDS, EXACT_COUNTERS
from mglru_lab.lab.truth.recordings import Recording, contract_map, expand_map

COUNTERS = {
    "pages brought in": ("vm.pgmajfault", "misslog_misses"),
    "brought in by the host": ("host_majflt",),
    "brought in by the guest": ("guest_majflt",),
    "pages scanned": ("vm.pgscan_anon", "vm.pgscan_file"),
    "pages evicted": ("vm.pgsteal_anon", "vm.pgsteal_file"),
    "agings (max_seq)": ("max_seq",),
}
"""What the end of a scenario is judged by: the recorder's counters of it, summed.

Pages brought in are major faults; of a file that is read, the reads that missed.
"""


@dataclass(frozen=True)
class Change:
    """One scenario on two kernels: what of it differs."""

    scenario: Standard
    ends: dict[str, tuple[int, int]]
    """Per line of COUNTERS that both have: at the last label, first kernel and second."""
    pages: dict[tuple[str, int], tuple[int, int]]
    """Per dump and region: pages in another place, of how many."""
    first_access: int | None
    """The first logged access of another outcome; -1 if none, None without a log."""
    maps: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    """Per dump and region that differs, one letter per page: the first kernel's, the second's."""

    @property
    def equal(self) -> bool:
        """Nothing of it differs."""
        return not (
            any(first != second for first, second in self.ends.values())
            or self.maps
            or self.first_access not in (None, -1)
        )

    @property
    def differing(self) -> tuple[int, int]:
        """Places of pages that differ, of all that its dumps show."""
        return sum(n for n, _ in self.pages.values()), sum(n for _, n in self.pages.values())


def change(scenario: Standard, first: Recording, second: Recording) -> Change:
    """What differs between two recordings of `scenario`."""
    pages, maps = {}, {}
    for key, runs in first.maps.items():
        if key not in second.maps:
            continue
        ours, theirs = expand_map(runs), expand_map(second.maps[key])
        differing = sum(a != b for a, b in zip(ours, theirs, strict=False))
        pages[key] = differing + abs(len(ours) - len(theirs)), max(len(ours), len(theirs))
        if pages[key][0]:
            maps[key] = ours, theirs
    return Change(scenario, _ends(scenario, first, second), pages, _first(first, second), maps)


def _ends(scenario: Standard, first: Recording, second: Recording) -> dict[str, tuple[int, int]]:
    ends = [next(reversed(recording.stats.values()), {}) for recording in (first, second)]
    found = {}
    for name, counters in COUNTERS.items():
        if name == "pages brought in":  # a read brings a page in without a fault
            counters = counters[1:] if " rfile " in scenario.text else counters[:1]
        known = [counter for counter in counters if all(counter in end for end in ends)]
        if known:
            ours, theirs = (sum(end[counter] for counter in known) for end in ends)
            found[name] = ours, theirs
    return found


def _first(first: Recording, second: Recording) -> int | None:
    logs = first.missed(), second.missed()
    if logs[0] is None or logs[1] is None:
        return None
    length = min(log.size for log in logs if log is not None)
    differing = np.flatnonzero(logs[0][:length] != logs[1][:length])
    return int(differing[0]) if differing.size else -1


def changes(
    scenarios: Sequence[Standard], first: Mapping[str, Recording], second: Mapping[str, Recording]
) -> list[Change]:
    """What differs, scenario by scenario, where both kernels have a recording."""
    both = [s for s in scenarios if s.name in first and s.name in second]
    return [change(s, first[s.name], second[s.name]) for s in both]


def as_recorded(run: Run, name: str) -> Recording:
    """The model's run in the form of a recording, to be compared as one."""
    recording = Recording("model", name, run.kernel.rules, run.scenario.text, finished=True)
    if run.misses is not None:
        recording.misses = np.packbits(run.misses, bitorder="little").tobytes()
    names = EXACT_COUNTERS | ENDS
    for label, snapshot in run.snapshots.items():
        recording.stats[label] = {
            theirs: snapshot.counters[ours]
            for ours, theirs in names.items()
            if ours in snapshot.counters
        }
        recording.stats[label]["misslog_misses"] = snapshot.counters.get("misslog_misses", 0)
        for region, letters in enumerate(snapshot.maps):
            recording.maps[label, region] = contract_map(letters.tobytes().decode())
    return recording
