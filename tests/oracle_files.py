"""The slow model's files: a memcg whose pages are a file's, mapped (`file`) or read (`rfile`).

Anonymous memory is the empty type here. Its oldest generation is always the file's: neither can
pass the other. It still decides: its first tier, which never refaults, is what the file's tiers are
weighed against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests import oracle
from tests.oracle import ABSENT, CACHED, MAPPED, MAX_NR_GENS, MIN_LRU_BATCH, MIN_NR_GENS, Page

COUNTERS = [
    *(name for name in oracle.COUNTERS if not name.endswith("_anon")),
    *("workingset_refault_file", "workingset_activate_file", "workingset_restore_file"),
]


class Machine(oracle.Machine):
    """The tiers are the file's."""

    swappiness = 60
    last_read: Page | None = None
    shadows: dict[Page, tuple[int, int]]
    """Of pages that were evicted: `min_seq` and refs."""
    active: dict[Page, bool]
    """Whether a page came by a fault, PG_active."""

    # ---------------------------------------------------------------- faults and reads

    def add_to_cache(self, page: Page, in_fault: bool) -> None:
        self.charge()
        page.clear_flags()
        page.state = CACHED
        if page in self.shadows:
            self.refault_file(page, *self.shadows.pop(page), in_fault)
        self.active[page] = in_fault
        self.folio_add_lru(page)

    def fault(self, page: Page, write: bool) -> None:
        assert not write
        self.stats["pgfault"] += 1
        if page.state == ABSENT:
            self.stats["pgmajfault"] += 1
            self.add_to_cache(page, True)
        page.state, page.young = MAPPED, True

    def read(self, page: Page) -> None:
        if page.state == ABSENT:
            self.add_to_cache(page, False)
        if page is not self.last_read:
            page.mark_accessed()
        self.last_read = page

    def refault_file(self, page: Page, min_seq: int, refs: int, in_fault: bool) -> None:
        recent = min_seq == self.min_seq
        always = self.rules.counts_old_refaults
        self.stats["workingset_refault_file"] += recent or always
        self.stats["workingset_activate_file"] += recent and always
        if recent:
            self.refaulted[oracle.tier_of(refs, False, False)] += 1
        if recent and (in_fault or refs >= 3):
            self.stats["workingset_restore_file"] += 1
            page.refs_field, page.workingset = 3, True

    def drain_lru_add(self) -> None:
        pages, self.lru_add = self.lru_add, []
        for page in pages:
            if page is None:
                continue
            if self.active[page]:
                self.add(page)
            else:  # the oldest generation, or the second oldest of four
                seq = self.min_seq + (self.min_seq + MIN_NR_GENS < self.max_seq)
                self.set_gen(page, seq)
                self.put_on(page, seq)
            page.held -= 1

    # ---------------------------------------------------------------- eviction

    def get_tier_idx(self) -> int:
        """Which tier is the last one to evict, by the way in which the file came to be scanned."""
        swappiness = self.swappiness
        refaulted, total = self.read_ctrl_pos(0)
        if swappiness in (1, 200) or not self.good(refaulted, total, swappiness):
            return super().get_tier_idx()
        tiers = (self.read_ctrl_pos(tier) for tier in range(1, 4))
        bad = (t for t, pos in enumerate(tiers, start=1) if not self.good(*pos, swappiness))
        return next(bad, 4) - 1

    @staticmethod
    def good(refaulted: int, total: int, swappiness: int) -> bool:
        few = refaulted < MIN_LRU_BATCH
        return few or refaulted * MIN_LRU_BATCH * swappiness <= total * (200 - swappiness)

    def evict_folios(self, nr_to_scan: int = 0, anon_first: bool = False) -> int:
        before = self.stats["workingset_activate_anon"]
        isolated, scanned = self.scan_folios(nr_to_scan)
        protected = self.stats["workingset_activate_anon"] - before
        self.stats["workingset_activate_file"] += protected
        file = self.min_seq
        while file + MIN_NR_GENS <= self.max_seq and not self.lists[file]:
            file += 1
        if file != self.min_seq:
            self.set_min_seq(file)
            scanned += 1
        if self.max_seq - self.min_seq + 1 == MIN_NR_GENS:
            scanned = 0
        kept = [page for page in isolated if not self.shrink_folio(page)]
        for page in (page for page in kept if page.state == MAPPED):
            page.clear_flags()
            self.add(page)
        for page in [page for page in kept if page.state != MAPPED]:
            if not self.shrink_folio(page):  # once more: a batch may have let go of it
                page.clear_flags()
                self.add(page)
        return scanned

    def shrink_folio(self, page: Page) -> bool:
        if page.state == MAPPED:
            if page.referenced or self.folio_referenced(page):
                return False
            page.state = CACHED
        if page.held:
            return False
        page.state = ABSENT
        self.shadows[page] = (self.min_seq, page.refs)
        self.evicted[page.tier] += 1
        self.usage -= 1
        self.reclaimed += 1
        self.stats["pgsteal"] += 1
        return True

    def look_around(self, page: Page) -> None:
        if self.walk == "blind":  # to anonymous pages only
            self.walk = "sees"
        super().look_around(page)


class Scenario(oracle.Scenario):
    """One region of a file."""

    by_read = False

    def region(self, npages: int, kind: str, nested: str) -> None:
        m = self.machine
        assert isinstance(m, Machine)
        m.shadows, m.active = {}, {}
        self.by_read = kind == "rfile"
        m.used = True
        m.lru_add = [None] * (self.phase % m.rules.batch)
        m.regions.append(oracle.Region(npages, False))

    def run_part(self, entries: Sequence[int], byuser: bool, log: bool) -> None:
        m = self.machine
        assert isinstance(m, Machine)
        m.used, m.preemptible = True, not self.fifo
        left = self.yields
        for entry in entries:
            page = m.regions[0].pages[entry & (oracle.GUEST - 1)]
            if not self.fifo:
                m.used = True
            if self.by_read:
                m.read(page)
            else:
                m.user_access(page, False)
            m.stats["accesses"] += 1
            left -= 1
            if self.yields and not left:
                left, m.used = self.yields, True

    def age(self, forced: bool) -> None:
        m = self.machine
        assert isinstance(m, Machine)
        if forced or m.min_seq + MAX_NR_GENS - 1 > m.max_seq:
            m.try_to_inc_max_seq(forced)
            m.walk = None

    def command(self, name: str, args: list[str]) -> None:
        m = self.machine
        assert isinstance(m, Machine)
        if name == "sysctl":
            m.swappiness = int(args[1])
        elif name == "evict":
            usual, m.swappiness = m.swappiness, int(args[1]) if len(args) > 1 else 200
            gen = {"old": m.min_seq, "all": m.max_seq - 2}[args[0]]
            most = int(args[2]) if len(args) > 2 else 10**6
            if gen + MIN_NR_GENS <= m.max_seq:
                m.reclaimed = 0
                while gen >= m.min_seq and m.reclaimed < most:
                    m.walk = "blind" if m.rules.debugfs_evict_blind else "sees"
                    if not m.evict_folios():
                        break
                m.walk = None
            m.swappiness = usual
        else:
            super().command(name, args)

    def letter(self, page: Page) -> str:
        if page.state == ABSENT:
            return "."
        if page.gen is not None:
            return str(self.machine.max_seq - page.gen)
        return "A" if self.active[page] else "r" if page.referenced else "n"

    @property
    def active(self) -> dict[Page, bool]:
        assert isinstance(self.machine, Machine)
        return self.machine.active


def run(
    text: str, *, rules: str, traces: Callable[[str], Sequence[int]] | None, phase: int = 0
) -> oracle.Result:
    """Run a scenario of one file; see `oracle.run`."""
    machine = Machine(oracle.RULES[rules], oracle.POLICIES[rules], (), ())
    machine.stats.update(dict.fromkeys(COUNTERS, 0))
    scenario = Scenario(machine, traces, phase, (0, 0))
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words:
            scenario.command(words[0], words[1:])
    return scenario.result
