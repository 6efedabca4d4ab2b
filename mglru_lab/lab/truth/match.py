"""How the model's run of a recorded scenario matches the recording: every page, counter, miss."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import numpy as np

from mglru_lab.kernel.rules import RULES
from mglru_lab.lab.run.run import Run
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.lab.truth import walked
from mglru_lab.lab.truth.groups import Group, group_of
from mglru_lab.lab.truth.recordings import Recording, expand_map
from mglru_lab.lab.truth.walked import Walked

EXACT_COUNTERS = {
    "pgmajfault": "vm.pgmajfault",
    "pswpin": "vm.pswpin",
    "pswpout": "vm.pswpout",
    "pgscan_anon": "vm.pgscan_anon",
    "pgsteal_anon": "vm.pgsteal_anon",
    "pgscan_file": "vm.pgscan_file",
    "pgsteal_file": "vm.pgsteal_file",
    "max_seq": "max_seq",
    "memory.current": "memory.current",
}
"""The model's name and the recorder's; memory.stat lags behind by up to its last flush."""

FLUSHED_COUNTERS = (
    *("pgscan", "pgsteal", "pgrefill", "pgactivate", "pgmajfault"),
    *(
        f"workingset_{what}_{kind}"
        for what in ("refault", "activate", "restore")
        for kind in ("anon", "file")
    ),
)
"""Of memory.stat, which is as of its last flush: reading it flushes only if enough is pending, or a
timer does."""

ENDS = {
    "pgmajfault": "vm.pgmajfault",
    "host_majflt": "host_majflt",
    "guest_majflt": "guest_majflt",
    "pgscan_anon": "vm.pgscan_anon",
    "pgscan_file": "vm.pgscan_file",
}
"""What is compared at the end with other recordings of the same, where the model is not equal."""

LOGGED = "misslog_misses"
"""Where nothing is faulted in: pages of a file that is read."""

ASKED = {
    "asks_aging": "ask_walk",
    "asks_eviction": "ask_evict",
    "asks_lookaround": "ask_window",
}
"""Questions to the secondary MMU, as the kernel with a switch counted them."""

WALKS_TOLD_APART = "6.12"
"""6.1's forced walks skip tables whose PMD is old, so what they visit of the recorder's varies."""
SMALL = "[abko]_"
"""Scenarios whose agings are commands; under pressure the recorder's tables come and go."""


UNDISTURBED = Unrecorded()


@dataclass(repr=False)
class Match:
    """One recording beside the model's run of the same scenario."""

    recording: Recording
    group: Group
    unrecorded: Unrecorded = field(default_factory=Unrecorded)
    not_modelled: str = ""
    pages: dict[str, int] = field(default_factory=dict)
    """Per dump (and region): pages in another generation."""
    first_miss: int | None = None
    """The first access whose hit or miss differs; -1 if none does, None without a log."""
    counters: dict[str, list[tuple[str, object, object]]] = field(default_factory=dict)
    """Per counter that differs: (label, model, kernel)."""
    misses: tuple[int, int] = (0, 0)
    """Pages that had to be brought in again, at the end: the model's, the kernel's."""
    ends: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Counters at the end: the model's, the kernel's; those of ENDS that the recording has."""
    walked: Walked | None = None
    """PTEs and page tables that walks visited, where that can be told apart from the recorder's."""
    behind: list[str] = field(default_factory=list)
    """Labels at which memory.stat was flushed some faults before: its counters lie between."""
    by_chance: int = 0
    """Agings that walked, or did not, against the rules, where a trace of the kernel tells."""
    undrained: list[str] = field(default_factory=list)
    """Labels before the first reclaim at which fewer pages than a batch differ in one generation's
    size: pages that waited in a per-CPU batch, shared with other tasks."""

    def said(self) -> dict[str, str]:
        """What was compared, and whether it is equal, in words: a line each."""
        recording = self.recording
        lines = {
            "scenario": f"{recording.scenario} on {recording.release}, "
            f"beside the model by the rules of {recording.rules}"
        }
        if self.not_modelled:
            return lines | {"not compared": self.not_modelled}
        if self.pages:
            differing = ", ".join(f"{n:,} at {at}" for at, n in self.pages.items() if n)
            lines["pages"] = (
                f"differ: {differing}" if differing else f"equal at {len(self.pages)} dumps"
            )
        if self.first_miss is not None:
            at = self.first_miss
            lines["accesses"] = "equal" if at < 0 else f"the first other outcome is that of {at:,}"
        lines["counters"] = "; ".join(
            f"{name} at {rows[0][0]}: model {rows[0][1]}, kernel {rows[0][2]}"
            + f" and at {len(rows) - 1} more" * (len(rows) > 1)
            for name, rows in self.counters.items()
        )
        lines["counters"] = lines["counters"] or f"equal at {len(recording.stats)} labels"
        if self.walked is not None:
            lines["walks"] = "equal" if self.walked.equal else "differ"
        return lines

    def __repr__(self) -> str:
        return "\n".join(f"{what}: {text}" for what, text in self.said().items())

    def _repr_html_(self) -> str:
        rows = (
            f'<tr><td style="text-align:left">{escape(what)}</td>'
            f'<td style="text-align:left">{escape(text)}</td></tr>'
            for what, text in self.said().items()
        )
        return f"<table>{''.join(rows)}</table>"

    @property
    def equal(self) -> bool:
        """Nothing differs but what waited in a batch."""
        return not (
            self.not_modelled
            or any(self.pages.values())
            or self.counters
            or self.first_miss not in (None, -1)
            or (self.walked is not None and not self.walked.equal)
        )

    @property
    def distance(self) -> tuple[int, int, int]:
        """Pages (a miss log and walks count as one), counters and sizes that differ."""
        differing = sum(self.pages.values()) + (self.first_miss not in (None, -1))
        differing += self.walked is not None and not self.walked.equal
        return differing, sum(map(len, self.counters.values())), len(self.undrained)

    @property
    def apart(self) -> float:
        """By what share of the kernel's misses the model's differ."""
        ours, kernels = self.misses
        return abs(ours - kernels) / kernels if kernels else float(ours > 0)

    @property
    def failed(self) -> bool:
        """Something differs where nothing may."""
        return self.group.must_equal and not self.equal and not self.not_modelled


def match_run(recording: Recording, model: Run, unrecorded: Unrecorded = UNDISTURBED) -> Match:
    """What differs between a recording and a run of its scenario."""
    result = Match(recording, group_of(recording), unrecorded, by_chance=model.by_chance)
    for (label, region), runs in recording.maps.items():
        kernel = np.frombuffer(expand_map(runs).encode(), np.uint8)
        differing = int(np.count_nonzero(kernel != model.page_map(label, region)))
        result.pages[label + "@guest" * region] = differing
    log = recording.missed()
    if log is not None and model.misses is not None:
        differing_at = np.flatnonzero(log[: model.misses.size] != model.misses)
        result.first_miss = int(differing_at[0]) if differing_at.size else -1
    if model.snapshots:
        label, end = next(reversed(model.snapshots.items()))
        stats = recording.stats[label]
        counted = ("pgmajfault", "vm.pgmajfault") if end.counters["pgmajfault"] else (LOGGED,) * 2
        result.misses = end.counters[counted[0]], stats.get(counted[1], 0)
        result.ends = {
            name: (end.counters[name], stats.get(theirs, 0))
            for name, theirs in ENDS.items()
            if theirs.startswith("vm.") or theirs in stats
        }
    if recording.rules == WALKS_TOLD_APART and re.match(SMALL, recording.scenario):
        result.walked = walked.compare(recording, model)
    before = dict.fromkeys(FLUSHED_COUNTERS, 0)
    for label, snapshot in model.snapshots.items():
        stats = recording.stats[label]
        now = {name: snapshot.counters[name] for name in FLUSHED_COUNTERS}
        kernel_stat = {name: stats.get(name, 0) for name in FLUSHED_COUNTERS}
        split = "split 1" in recording.text  # two memcgs, each with a memory.stat of its own
        if not split and kernel_stat not in (now, before):
            if all(before[name] <= kernel_stat[name] <= now[name] for name in now):
                result.behind.append(label)
            else:
                apart = _of_those_that_differ(now, kernel_stat)
                result.counters.setdefault("memory.stat", []).append((label, *apart))
        before = kernel_stat
        pairs: list[tuple[str, object, object]] = [
            (name, snapshot.counters[name], stats.get(theirs, 0))
            for name, theirs in EXACT_COUNTERS.items()
        ]
        if recording.is_switched:
            pairs += [
                (name, snapshot.counters[name], stats[theirs]) for name, theirs in ASKED.items()
            ]
        sizes = list(recording.gens[label].values())
        if (
            _waiting_in_batch(snapshot.sizes, sizes, RULES[recording.rules].batch)
            and not (snapshot.counters["reclaims"])
        ):
            result.undrained.append(label)
        else:
            pairs.append(("sizes", snapshot.sizes, sizes))
        for name, ours, kernels in pairs:
            if ours != kernels:
                result.counters.setdefault(name, []).append((label, ours, kernels))
    return result


def _of_those_that_differ(
    ours: Mapping[str, int], kernels: Mapping[str, int]
) -> tuple[dict[str, int], dict[str, int]]:
    names = [name for name in ours if ours[name] != kernels[name]]
    return {name: ours[name] for name in names}, {name: kernels[name] for name in names}


def _waiting_in_batch(ours: list[int], kernels: list[int], batch: int) -> bool:
    """One generation differs, by little: the youngest, or an old one of a file that is read."""
    if len(ours) != len(kernels):
        return False
    apart = [abs(a - b) for a, b in zip(ours, kernels, strict=True) if a != b]
    return len(apart) == 1 and apart[0] < batch
