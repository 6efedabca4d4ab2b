"""`run`: a scenario on a kernel, and what came out of it as frames."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from mglru_lab.choose import choose
from mglru_lab.kernel import invariants
from mglru_lab.lab.run.commands import play
from mglru_lab.lab.run.machine import Machine
from mglru_lab.lab.run.snapshot import Snapshot
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.mmu import Lock
from mglru_lab.policy.policy import IN_VAIN, Where
from mglru_lab.scenario.language import Scenario
from mglru_lab.scenario.traces.entries import Entries

SWAPPED = -1
ABSENT = -2
NO_GENERATION = -3
"""In memory, but in a per-CPU batch or the shared zero page."""

_CODES = np.full(256, NO_GENERATION, np.int8)
_CODES[ord("0") : ord("9") + 1] = range(10)
_CODES[ord("s")] = SWAPPED
_CODES[ord(".")] = ABSENT


@dataclass(frozen=True)
class Run:
    """What came out; a label is the name that a dump, stat or mark gave to a moment."""

    kernel: Kernel
    scenario: Scenario
    enabled: int
    """The feature bits that were set when the run ended; `reads_back` says which had an effect."""
    snapshots: dict[str, Snapshot]
    events: pl.DataFrame
    """Counts of what costs time, over the whole run: event, where, lock, count."""
    debugfs: pl.DataFrame
    """What the debugfs commands answered: line, command, result (ok, ERANGE, EINVAL)."""
    proactive: pl.DataFrame
    """What each proactive pass did, one row per pass."""
    pages: str
    """A checksum of where every page is at the end, and of all counters of pages at each label."""
    limit: int | None
    """Pages that the last `limit` command gave on top of what was charged; None without one."""
    capacity: int | None
    """Pages that regions could have after it: what lay in the charge stock is theirs, too."""
    by_chance: int
    """Agings that walked, or did not, against the rules, as a recording's trace says."""
    misses: npt.NDArray[np.uint8] | None
    """With `misslog`: 0 (in memory) or 1 (not) for each replayed access."""

    def _snapshot(self, label: str) -> Snapshot:
        choose("label", label, list(self.snapshots))
        return self.snapshots[label]

    def counters(self, label: str) -> dict[str, int]:
        """The counters at `label` under the kernel's names; memory in bytes, the others events."""
        return dict(self._snapshot(label).counters)

    @property
    def end(self) -> dict[str, int]:
        """The counters at the last label; empty if there is none."""
        return next((dict(last.counters) for last in reversed(self.snapshots.values())), {})

    def page_generations(self, label: str, region: int = 0) -> npt.NDArray[np.int8]:
        """One value per page at a dump: distance from max_seq, SWAPPED, ABSENT or NO_GENERATION."""
        return _CODES[self.page_map(label, region)]

    def page_map(self, label: str, region: int = 0) -> npt.NDArray[np.uint8]:
        """One ASCII letter per page at a dump, as the recorder of real kernels writes it."""
        choose("dump", label, [name for name, snapshot in self.snapshots.items() if snapshot.maps])
        maps = self.snapshots[label].maps
        choose("region", region, list(range(len(maps))))
        return maps[region]

    def lru_gen(self, label: str) -> str:
        """What `cat /sys/kernel/debug/lru_gen` printed at `label`; ages are in accesses."""
        return self._snapshot(label).lru_gen

    @property
    def generations(self) -> pl.DataFrame:
        """Sizes: dump (the label), seq, distance from max_seq, type, pages."""
        rows = [
            (label, seq, snapshot.max_seq - seq, kind, pages)
            for label, snapshot in self.snapshots.items()
            for seq, both in enumerate(
                zip(snapshot.anon_sizes, snapshot.file_sizes, strict=True), start=snapshot.min_seq
            )
            for kind, pages in zip(("anon", "file"), both, strict=True)
        ]
        schema = {
            "dump": pl.String,
            "seq": pl.Int64,
            "distance": pl.Int64,
            "type": pl.String,
            "pages": pl.Int64,
        }
        return pl.DataFrame(rows, schema, orient="row")

    @property
    def limit_note(self) -> str:
        """What is to be said where regions could have over 2 % more pages than `limit` says."""
        if self.limit is None or self.capacity is None or self.limit < 1:
            return ""
        if self.capacity - self.limit <= 0.02 * self.limit:
            return ""
        return (
            f"limit {self.limit} left room for {self.capacity} pages: {self.capacity - self.limit} "
            "were charged in advance when it was set, as on a real kernel (MEMCG_CHARGE_BATCH)"
        )

    @property
    def timeline(self) -> pl.DataFrame:
        """Every counter at every label, in order: one row per label, cumulative."""
        rows = [{"label": label} | snapshot.counters for label, snapshot in self.snapshots.items()]
        return pl.DataFrame(rows)


EVENTS = {
    "agings": ("aging", "aging"),
    "walks": ("page table walk", "aging"),
    "tables_walked": ("page table walked", "aging"),
    "ptes_walked": ("PTE walked", "aging"),
    "promoted_aging": ("page promoted by the walk", "aging"),
    "found_aging": ("page young in the secondary MMU only", "aging"),
    "rmap_walks": ("rmap walk", "eviction"),
    "rescues": ("page rescued", "eviction"),
    "pswpout": ("page swapped out", "eviction"),
    "lookarounds": ("look-around", "look-around"),
    "lookaround_ptes": ("PTE looked at", "look-around"),
    "promoted_lookaround": ("page promoted by look-around", "look-around"),
    "pgfault": ("page fault", "fault"),
    "pswpin": ("page swapped in", "fault"),
    "reclaims": ("reclaim", "fault"),
    "retouches": ("accessed bit set again", "guest"),
}
"""Counters that cost time, without a lock: event, where."""


OF_CALLS = ("asks_", "calls_")
"""Counters of questions and calls begin so; all others are of pages, walks and accesses."""


def _pages(machine: Machine) -> str:
    """See `Run.pages`."""
    digest = hashlib.sha256()
    for letters in machine.page_maps():
        digest.update(letters.tobytes())
    for snapshot in machine.log.snapshots:
        of_pages = {k: n for k, n in snapshot.counters.items() if not k.startswith(OF_CALLS)}
        digest.update(repr((snapshot.label, snapshot.sizes, of_pages)).encode())
        for letters in snapshot.maps:
            digest.update(letters.tobytes())
    return digest.hexdigest()[:16]


def lock_text(kind: int) -> str:
    """A lock as frames name it; "in vain" if a call took none and learned nothing."""
    return "in vain" if kind == IN_VAIN else Lock(kind).text


def _events(machine: Machine) -> pl.DataFrame:
    stat, asks, calls = machine.v.stat, machine.v.cpu.asks, machine.v.cpu.calls
    rows = [(*event, "none", int(stat[counter])) for counter, event in EVENTS.items()]
    rows += [
        (event, where.text, lock_text(kind), int(counts[where, kind]))
        for event, counts in (("secondary MMU asked", asks), ("notifier call", calls))
        for where in Where
        for kind in range(IN_VAIN + 1)
        if counts[where, kind]
    ]
    schema = {"event": pl.String, "where": pl.String, "lock": pl.String, "count": pl.Int64}
    return pl.DataFrame(rows, schema, orient="row")


def run(
    scenario: Scenario,
    kernel: Kernel | None = None,
    *,
    traces: Iterable[Path | str] = (),
    unrecorded: Unrecorded | None = None,
    entries: Mapping[str, Entries] | None = None,
) -> Run:
    """Run `scenario` on `kernel` and check at the end that the state agrees with itself.

    `traces`: folders in which a `trace` command's file is looked up first. `entries`: traces that
    are no files, by the name that the scenario gives them. Raises ScenarioError for
    a scenario that cannot be run and OutOfMemory where the kernel would kill the process.
    """
    kernel = kernel or Kernel()
    machine = Machine(scenario, kernel, [Path(folder) for folder in traces], unrecorded, entries)
    return run_of(play(machine), scenario)


def run_of(machine: Machine, scenario: Scenario) -> Run:
    """What came out of a machine that has run all commands; its state is checked."""
    if machine.layout.pages:
        invariants.check(machine.v, machine.rules)
    log = machine.log
    misses = np.concatenate(log.misses) if log.misses else None
    snapshots = {snapshot.label: snapshot for snapshot in log.snapshots}
    return Run(
        kernel=machine.kernel,
        scenario=scenario,
        enabled=machine.enabled,
        snapshots=snapshots,
        events=_events(machine),
        debugfs=pl.DataFrame(log.debugfs, ["line", "command", "result"], orient="row"),
        proactive=pl.DataFrame(machine.passes.rows),
        pages=_pages(machine),
        limit=machine.limit,
        capacity=machine.capacity,
        by_chance=int(machine.v.cpu.walks_by_chance),
        misses=misses,
    )
