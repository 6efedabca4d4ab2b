"""The machine that a scenario runs on: one process in one memcg, and a recorder that looks at it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mglru_lab.kernel import debugfs
from mglru_lab.kernel.features import enabled_store
from mglru_lab.kernel.kernel import Kernel
from mglru_lab.kernel.lruvec import (
    MAX_NR_GENS,
    NO_GEN,
    PG_ACTIVE,
    PG_REFERENCED,
    PTE_NONE,
    PTE_PRESENT,
    PTE_SWAP,
    PTRS_PER_PTE,
    Lruvec,
    new_lruvec,
)
from mglru_lab.kernel.memcontrol import try_charge
from mglru_lab.kernel.memory import user_access
from mglru_lab.kernel.mmu import Where
from mglru_lab.kernel.replay import GUEST_BIT, PAGE_MASK, READ_BIT, replay
from mglru_lab.kernel.swap import FOREIGN, folio_add_lru, lru_add_drain
from mglru_lab.scenario.language import Command, Scenario
from mglru_lab.scenario.traces import Entries, TraceError, load_trace

PAGE_SIZE = 4096
GUEST_CODE_PAGES = 4
OWN_PAGES = 512
"""The static data of the recorder's worker; one of its pages is the memcg's, with mixed memory."""
MAXTRACE = 1 << 20


class OutOfMemory(RuntimeError):
    """The memcg's limit was reached and nothing could be reclaimed: the kernel's OOM killer comes."""


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """What the recording itself did to the machine; nothing, unless a recording is compared with.

    `phase`: pages of other tasks in the LRU-add batch at the first region. `first_dump`: pages that
    the recorder added to it at its first dump, before it read the pages' flags and after.
    `skipped_walks`: ordinals of unforced agings that found the mm not used since the last one.
    """

    phase: int = 0
    first_dump: tuple[int, int] = (0, 0)
    skipped_walks: tuple[int, ...] = ()


@dataclass
class Snapshot:
    """What one `dump`, `stat` or mark saw."""

    label: str
    counters: dict[str, int]
    min_seq: int
    max_seq: int
    sizes: list[int]
    """Pages per generation, from min_seq to max_seq, as debugfs prints them."""
    lru_gen: str
    maps: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    """Per region, for a dump: one ASCII letter a page, as the recorder writes them."""


class Machine:
    """Runs the commands of one scenario, in order, and keeps what dumps and stats saw."""

    def __init__(
        self,
        scenario: Scenario,
        kernel: Kernel,
        traces: Iterable[Path] = (),
        recorder: Recorder | None = None,
    ) -> None:
        self.kernel = kernel
        self.recorder = recorder or Recorder()
        self.rules, self.policy = kernel.engine()
        self.commands = scenario.commands()
        self.kinds = [str(c.args[1]) for c in self.commands if c.name == "region"]
        self.pages = [int(c.args[0]) for c in self.commands if c.name == "region"]
        self.loaded = self._load(scenario, list(traces))
        self.v = self._new_lruvec()
        self.trace: Entries = np.zeros(0, np.uint32)
        self.settings = {"byuser": 0, "yield": 0, "fifo": 0, "misslog": 0}
        self.misses: list[npt.NDArray[np.uint8]] = []
        self.missed = [0, 0]
        self.made = 0
        self.snapshots: list[Snapshot] = []

    def _load(self, scenario: Scenario, folders: list[Path]) -> dict[int, Entries]:
        """Every trace of the scenario, checked against its regions before anything runs."""
        loaded = {}
        for command in self.commands:
            if command.name != "trace":
                continue
            try:
                path, entries = load_trace(str(command.args[0]), [*folders, scenario.folder])
            except TraceError as error:
                raise command.error(str(error)) from None
            for region, entry_region in ((0, 0), (1, 1)):
                limit = self.pages[region] if region < len(self.pages) else 0
                mine = (entries >> np.uint32(GUEST_BIT)) & np.uint32(1) == entry_region
                wrong = np.flatnonzero(mine & (entries & np.uint32(PAGE_MASK) >= limit))
                if wrong.size:
                    page = int(entries[wrong[0]]) & PAGE_MASK
                    raise command.error(
                        f"{path}: entry {wrong[0]}: page {page} of the "
                        f"{'guest' if region and limit else 'second' if region else 'first'} region "
                        f"is not allowed; "
                        + (f"it has pages 0 to {limit - 1}" if limit else "there is no such region")
                    )
            loaded[command.line] = entries
        return loaded

    def _new_lruvec(self) -> Lruvec:
        regions = [(pages, kind == "kvm") for pages, kind in zip(self.pages, self.kinds, strict=True)]
        tables = [-(-pages // PTRS_PER_PTE) for pages in self.pages]
        self.first_table = np.cumsum([0, *tables])[:2] if len(tables) < 2 else np.cumsum([0, tables[0]])
        if "kvm" in self.kinds:
            regions.append((GUEST_CODE_PAGES, True))
        if len(self.kinds) > 1:
            regions.append((OWN_PAGES, False))
        v = new_lruvec(
            regions, int(self.kernel.enabled), self.recorder.skipped_walks
        )
        if "kvm" in self.kinds:
            v.lru.code_page = sum(tables) * PTRS_PER_PTE
        if len(self.kinds) > 1:
            v.lru.own_page = (sum(tables) + 1) * PTRS_PER_PTE + OWN_PAGES // 2
        return v

    def run(self) -> None:
        """Run all commands."""
        for command in self.commands:
            action: Callable[[Command], None] = getattr(self, f"_{command.name}", self._set)
            action(command)

    def _set(self, command: Command) -> None:
        if command.name in self.settings:
            self.settings[command.name] = int(command.args[0])

    def _enabled(self, command: Command) -> None:
        self.v.lru.enabled = int(enabled_store(str(command.args[0])))

    def _region(self, command: Command) -> None:
        """The recorder touches one page a page table and gives them back: their charges remain."""
        pages, kind = int(command.args[0]), command.args[1]
        tables = -(-pages // PTRS_PER_PTE)
        if self.made:
            user_access(self.v, self.rules, self.policy, int(self.v.lru.own_page), True)
        for _ in range(tables):
            try_charge(self.v, self.rules, self.policy)
        self.v.lru.usage -= tables
        if self.made == 0:
            for _ in range(self.recorder.phase):
                folio_add_lru(self.v, self.rules, FOREIGN)
        self.made += 1
        if kind == "kvm":
            self.v.lru.has_notifiers = True
            user_access(self.v, self.rules, self.policy, int(self.v.lru.code_page), True)

    def _limit(self, command: Command) -> None:
        self.v.lru.limit = self.v.lru.usage + int(command.args[0])

    def _trace(self, command: Command) -> None:
        self.trace = self.loaded[command.line].copy()

    def _asread(self, command: Command) -> None:
        self.trace |= np.uint32(1 << READ_BIT)

    def _touch(self, command: Command) -> None:
        first, end, step = map(int, command.args)
        entries = np.arange(first, end, step, dtype=np.uint32)
        if command.name == "rtouch":
            entries |= np.uint32(1 << READ_BIT)
        if command.name == "gtouch":
            entries |= np.uint32(1 << GUEST_BIT)
        # The recorder builds touches in the buffer of the trace, so they overwrite its beginning.
        overwritten = min(entries.size, self.trace.size)
        self.trace[:overwritten] = entries[:overwritten]
        by_user = command.name == "utouch" or (len(self.pages) > 1 and bool(self.settings["byuser"]))
        self._run(command, entries, by_user)

    _utouch = _rtouch = _gtouch = _touch

    def _replay(self, command: Command) -> None:
        marks = int(command.args[2]) if command.name == "replaymarks" else 1
        first, end = int(command.args[0]), min(int(command.args[1]), self.trace.size)
        for mark in range(marks):
            a = first + (end - first) * mark // marks
            b = first + (end - first) * (mark + 1) // marks
            log = np.zeros(max(b - a, 0) if self.settings["misslog"] else 0, np.uint8)
            entries = self.trace[a:b]
            self._run(command, entries, bool(self.settings["byuser"]), log)
            if self.settings["misslog"]:
                self.misses.append(log)
                of_guest = (entries >> np.uint32(GUEST_BIT)) & np.uint32(1) == 1
                self.missed[0] += int(log[~of_guest].sum())
                self.missed[1] += int(log[of_guest].sum())
            if marks > 1:
                self.snapshots.append(self.snapshot(f"mark{mark + 1}"))

    _replaymarks = _replay

    def _run(
        self, command: Command, entries: Entries, by_user: bool, log: npt.NDArray[np.uint8] | None = None
    ) -> None:
        guest = np.array([kind == "kvm" and not by_user for kind in [*self.kinds, "anon"][:2]])
        used_every = 1
        if self.settings["fifo"]:
            used_every = 0 if guest[0] else self.settings["yield"]
        done = replay(
            self.v,
            self.rules,
            self.policy,
            entries,
            self.first_table,
            guest,
            used_every,
            np.zeros(0, np.uint8) if log is None else log,
        )
        if done < entries.size:
            raise OutOfMemory(
                f"{command.source}:{command.line}: {command.name}: out of memory at access {done} of "
                f"{entries.size}: {self.v.lru.usage} of {self.v.lru.limit} pages are charged and none "
                "can be reclaimed"
            )

    def _settle(self, command: Command) -> None:
        self.v.lru.mm_used = True
        lru_add_drain(self.v, self.rules)

    def _age(self, command: Command) -> None:
        debugfs.run_aging(self.v, self.rules, self.policy, bool(command.args[1]))

    def _evict(self, command: Command) -> None:
        which = command.args[0]
        seq = {"old": int(self.v.lru.min_seq), "all": int(self.v.lru.max_seq) - 2}.get(str(which))
        debugfs.run_eviction(
            self.v, self.rules, self.policy, int(which) if seq is None else seq, int(command.args[2])
        )

    def _dump(self, command: Command) -> None:
        snapshot = self.snapshot(str(command.args[0]))
        first = not any(s.maps for s in self.snapshots)
        before, after = self.recorder.first_dump if first else (0, 0)
        for _ in range(before):
            folio_add_lru(self.v, self.rules, FOREIGN)
        snapshot.maps = [self.page_map(region) for region in range(len(self.pages))]
        for _ in range(after):
            folio_add_lru(self.v, self.rules, FOREIGN)
        self.snapshots.append(snapshot)

    def _stat(self, command: Command) -> None:
        self.snapshots.append(self.snapshot(str(command.args[0])))

    def region(self, region: int) -> slice:
        """Where a region's pages are in the arrays."""
        start = int(self.first_table[region]) * PTRS_PER_PTE
        return slice(start, start + self.pages[region])

    def page_map(self, region: int) -> npt.NDArray[np.uint8]:
        """One letter a page: distance from max_seq, s swapped, . absent; without generation A, r or n."""
        v, where = self.v, self.region(region)
        folio = v.folio[where]
        gen, flags, pte = folio.gen, folio.pg, folio.pte
        distance = (int(v.lru.max_seq) - gen.astype(np.int64)) % MAX_NR_GENS
        bare = np.where(flags & PG_ACTIVE, ord("A"), np.where(flags & PG_REFERENCED, ord("r"), ord("n")))
        letters = np.where((gen == NO_GEN) | (pte != PTE_PRESENT), bare, ord("0") + distance)
        letters = np.where(pte == PTE_NONE, ord("."), letters)
        return np.where(pte == PTE_SWAP, ord("s"), letters).astype(np.uint8)

    def snapshot(self, label: str) -> Snapshot:
        """Counters and sizes as they are now."""
        v = self.v
        counters = {name: int(v.stat[name]) for name in v.stat.dtype.names}
        resident = int(np.count_nonzero(v.folio.pte == PTE_PRESENT))
        swapped = int(np.count_nonzero((v.folio.pte == PTE_SWAP) | v.folio.swapcache))
        counters |= {
            "pgscan_anon": counters["pgscan"],
            "pgsteal_anon": counters["pgsteal"],
            "anon": resident * PAGE_SIZE,
            "memory.current": int(v.lru.usage) * PAGE_SIZE,
            "memory.swap.current": int(swapped) * PAGE_SIZE,
            "misslog_misses": sum(self.missed),
            "min_seq": int(v.lru.min_seq),
            "max_seq": int(v.lru.max_seq),
        }
        counters |= {f"asks_{where.name.lower().replace('_', '')}": int(v.lru.asks[where].sum()) for where in Where}
        for region, name in enumerate(("host", "guest")[: len(self.pages)] if len(self.pages) > 1 else ()):
            pte = v.folio.pte[self.region(region)]
            counters[f"{name}_acc"] = counters[f"{name}_accesses"]
            counters[f"{name}_misses"] = self.missed[region]
            counters[f"{name}_resident"] = int(np.count_nonzero(pte == PTE_PRESENT))
            counters[f"{name}_swapped"] = int(np.count_nonzero(pte == PTE_SWAP))
        again = sum(s.label.split("#")[0] == label for s in self.snapshots)
        label = f"{label}#{again + 1}" if again else label
        seqs = range(int(v.lru.min_seq), int(v.lru.max_seq) + 1)
        sizes = [max(int(v.lru.nr_pages[seq % MAX_NR_GENS]), 0) for seq in seqs]
        return Snapshot(
            label, counters, seqs[0], seqs[-1], sizes, debugfs.lru_gen_text(v)
        )
