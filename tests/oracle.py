"""A slow model of the Multi-Gen LRU, one access at a time, for comparison.

It replays a scenario (the recorder's language) against one memory control group with one
process on one CPU: anonymous memory, optionally mapped by a KVM guest as well. Everything is a
list, a dict or a small object, nothing is clever: a reference that can be checked by
reading. Names of things are the kernel's. Two independent choices make a kernel: `Rules` (batch
sizes, when to age, what is counted) and `Policy` (who asks the secondary MMU, and when).

A page's generation number and the list it is on are different things: page table walks change
the first and leave the second to be sorted out by the eviction. In an OrderedDict used
as a list the first key is the tail (where eviction takes pages), the last key the head.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from mglru_lab.scenario.nested import Nested

MIN_NR_GENS, MAX_NR_GENS = 2, 4
MIN_LRU_BATCH, MAX_LRU_BATCH = 64, 4096  # window and isolation; pages looked at in a call
PTRS_PER_PTE = 512
CHARGE_BATCH, MAX_RECLAIM_RETRIES = 64, 16
SWAP_CLUSTER_MAX, DEF_PRIORITY = 32, 12
VMPRESSURE_WIN, CRITICAL_PRIORITY = 512, 3
READ, GUEST = 1 << 31, 1 << 30  # bits of a trace entry

# what a page table entry holds: nothing, the shared zero page, a page, a swap entry whose page
# is still in the swap cache, a swap entry
ABSENT, ZERO, MAPPED, CACHED, SWAPPED = range(5)

COUNTERS = [
    "accesses", "pgfault", "pgmajfault", "pswpin", "pswpout", "pgscan", "pgsteal", "pgrefill",
    "pgactivate", "workingset_refault_anon", "workingset_activate_anon",
    "workingset_restore_anon", "ptes_walked", "tables_walked", "walks", "asks_aging",
    "asks_eviction", "asks_lookaround", "rmap_walks", "lookarounds", "lookaround_ptes",
]  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """What differs between the kernels apart from the secondary MMU."""

    batch: int  # pages in a full per-CPU batch
    adding_clears_refs: bool  # entering a list by PG_active clears PG_referenced and refs
    reclaim_twice: bool  # nothing reclaimed at all: all priorities once more
    round_ends_by_aging: bool  # else the same round goes on and evicts
    round_may_stop_early: bool
    forced_walks_anyway: bool  # a forced aging walks even without the walk bit in `enabled`
    nowalk_forgets_tail: bool  # after an aging without walks the next walk is forced
    min_mm_pages: int  # a smaller mm is not walked
    nonleaf_if_forced: bool  # clear page table bits skip tables in forced walks too
    counts_old_refaults: bool  # refaults that are not recent; activate counts the recent ones
    own_page_in_window: bool  # look-around meets the page it started from among the others
    window_activates_below: int  # more candidates than that get the generation at once; 0: never
    debugfs_evict_blind: bool  # no look-around in a debugfs eviction
    zeromap: bool  # zero-filled pages are swapped without I/O
    read_swapin_writable: bool  # a page swapped in by a read can be written without a fault
    # since 6.14: promoted at the second sight, which makes PG_workingset, for good; flags stay
    twice: bool = False
    looks_at_few: bool = False  # since 6.17: at no more pages than are still to be scanned
    budget: bool = False  # since 7.2: fixed at a round's start; faults mark; swap-in in the cache
    write_drains: bool = False  # 7.2 only: swap-in by a write empties the batches
    wakes: bool = True  # up to 7.2: reclaim wakes kworkers


@dataclass(frozen=True)
class Ask:
    """Questions about (an ordinary guest page, one that a nested guest has mapped)."""

    made: tuple[bool, bool]
    answered: tuple[bool, bool]  # else the call fails, or looks at the wrong entry


NOBODY = Ask((False, False), (False, False))
EVERYBODY = Ask((True, True), (True, True))


@dataclass(frozen=True)
class Policy:
    """Who asks the secondary MMU; eviction always does, about the page at hand."""

    walk: Ask
    window: Ask
    entry: tuple[bool, bool]  # look-around if young in the secondary MMU only
    nonleaf_for_all: bool  # clear page table bits skip tables also in an mm with notifiers
    nonleaf_for_none: bool = False  # they skip none anywhere
    never_around_vm: bool = False  # no look-around in an mm with notifiers
    never_around: bool = False  # nor in any other
    vm_is_walked: bool = True


RULES = {
    "6.1": Rules(15, False, False, False, True, True, False, 64, True, False, True, 15, True,
                 False, False),
    "6.12": Rules(31, True, True, True, False, False, True, 0, False, True, False, 0, False,
                  True, True),
}  # fmt: skip
RULES["6.14"] = replace(RULES["6.12"], adding_clears_refs=False, twice=True)
RULES["6.17"] = replace(RULES["6.14"], looks_at_few=True)
RULES["7.2"] = replace(RULES["6.17"], round_ends_by_aging=False, budget=True, write_drains=True)
RULES["7.3"] = replace(RULES["7.2"], write_drains=False, wakes=False)
POLICIES = {
    "6.1": Policy(NOBODY, NOBODY, (False, False), True),
    "6.12": Policy(EVERYBODY, EVERYBODY, (True, True), False),
}


class Page:
    """A page of a region: its page table entry, the page behind it, its flags."""

    def __init__(self, region: Region, table: Table, pos: int) -> None:
        self.region, self.table, self.pos = region, table, pos
        self.state = ABSENT
        self.young = self.writable = False
        self.secondary = 0  # entry in the secondary MMU: 0 none, 1 read only, 2 writable
        self.secondary_young = False
        self.nested = False  # mapped for a nested guest
        self.zeros = False  # the content is all zero
        # of a swapped page: min_seq, refs and PG_workingset at its eviction
        self.shadow = (0, 0, False)
        self.active = False  # PG_active, which only a page without generation has
        self.in_cache = False  # the swap cache
        self.held = 0  # references from per-CPU batches
        self.gen: int | None = None  # None: isolated, waiting in the LRU-add batch, not in memory
        self.on: int | None = None  # the generation whose list it is on
        self.twice = region.twice
        self.clear_flags()

    def clear_flags(self) -> None:
        self.referenced = self.workingset = False
        self.refs_field = 0

    @property
    def refs(self) -> int:
        if self.twice:
            return self.referenced * (self.refs_field + 1)
        return self.refs_field + self.workingset

    @property
    def tier(self) -> int:
        return tier_of(self.refs, self.workingset, self.twice)

    @property
    def saturated(self) -> bool:
        """As many accesses as can be counted."""
        return self.refs == 4 and (self.workingset or not self.twice)

    def mark_first(self) -> None:
        self.referenced, self.refs_field = True, 0

    def promote(self) -> None:
        """What is left of the flags once an access is known to be the second, or is enough."""
        self.clear_flags()
        self.workingset = self.twice

    def mark_accessed(self) -> None:
        if self.twice:
            if not self.referenced:
                self.mark_first()
            elif self.refs_field < 3:
                self.refs_field += 1
            else:
                self.workingset = True
        elif not self.referenced:
            self.referenced = True
        elif not self.workingset:
            self.workingset = True
        else:
            self.refs_field = min(self.refs_field + 1, 3)


class Table:
    """A page table: the part of it that belongs to the region, and its PMD accessed bit."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.young = True


class Region:
    def __init__(self, npages: int, guest: bool, twice: bool = False) -> None:
        self.twice = twice  # its pages have to be seen twice
        self.guest = guest  # part of the guest's memory: unmapping a page is an invalidation
        self.tables = [Table() for _ in range(-(-npages // PTRS_PER_PTE))]
        self.pages: list[Page] = []
        for p in range(npages):
            table = self.tables[p // PTRS_PER_PTE]
            page = Page(self, table, p % PTRS_PER_PTE)
            table.pages.append(page)
            self.pages.append(page)


def tier_of(refs: int, workingset: bool, twice: bool) -> int:
    if twice:
        return 3 if workingset else max(refs - 1, 0).bit_length()  # ceil(log2(refs))
    return refs.bit_length()  # the same as ceil(log2(refs + 1))


GIVEN_BACK = "given back"  # a page in the LRU-add batch that nobody has any more


@dataclass
class Dump:
    map: str
    mapg: str | None
    generations: dict[int, int]
    # of the pages with a generation: (seq, PG_referenced, PG_workingset, refs field) -> pages
    flags: Counter[tuple[int, bool, bool, int]]


@dataclass
class Result:
    dumps: dict[str, Dump] = field(default_factory=dict)
    stats: dict[str, dict[str, int]] = field(default_factory=dict)
    misses: list[int] | None = None


class Machine:
    def __init__(
        self,
        rules: Rules,
        policy: Policy,
        skipped_walks: Collection[int],
        extra_walks: Collection[int],
    ) -> None:
        self.rules, self.policy = rules, policy
        self.skipped_walks, self.extra_walks = skipped_walks, extra_walks
        self.enabled = 7
        self.stats = Counter(dict.fromkeys(COUNTERS, 0))
        self.regions: list[Region] = []
        self.code: Page | None = None  # the page with the guest's program
        self.own: Page | None = None  # the worker's, with mixed memory
        self.invalidations = 0
        # the memory control group
        self.usage, self.stock, self.max = 0, 0, 1 << 62
        self.reclaimed = 0
        self.took_anon = False
        # the lruvec; file pages do not exist, so their min_seq follows the one of anon
        self.min_seq, self.max_seq = 0, 3
        self.file_seq = 0  # since 6.14: of the empty file pages
        self.lists: dict[int, OrderedDict[Page, None]] = {s: OrderedDict() for s in range(4)}
        self.size: Counter[int] = Counter()  # nr_pages; here never negative, walks are atomic
        self.avg_refaulted, self.avg_total = [0] * 4, [0] * 4
        self.refaulted, self.evicted, self.protected = [0] * 4, [0] * 4, [0] * 4
        # per-CPU batches; None is a page of somebody else
        self.lru_add: list[Page | str | None] = []
        self.lru_activate: list[Page] = []
        # page table walks
        self.used = False  # a context switch has entered the mm since its last walk
        self.preemptible = False  # by kworkers that reclaim wakes
        self.pressure = 0  # pages scanned since one was woken
        self.no_tail = True  # the mm is new to the list: the next walk is forced
        self.agings = 0  # not forced, with walks enabled
        self.filters: list[set[Table] | None] = [None, None]
        self.walk: str | None = None  # of the current task: None, "sees" or "blind" (to anon)

    @property
    def notifiers(self) -> bool:
        return self.code is not None

    @property
    def total(self) -> int:
        return sum(self.size.values())

    # ---------------------------------------------------------------- charging and reclaim

    def charge(self) -> None:
        # from the CPU's stock, else 64 at once, else one, else reclaim and start over
        batch, drained, retries = CHARGE_BATCH, False, MAX_RECLAIM_RETRIES
        while True:
            if self.stock:
                self.stock -= 1
                return
            if self.usage + batch <= self.max:
                self.usage += batch
                self.stock += batch - 1  # was 0: more than 64 never come together
                return
            if batch > 1:
                batch = 1
                continue
            freed = self.reclaim()
            if self.usage < self.max:
                continue
            if not drained:
                drained = True
                self.usage -= self.stock
                self.stock = 0
            elif not freed:
                if not retries:
                    raise MemoryError("the scenario runs out of memory")
                retries -= 1

    def reclaim(self) -> int:
        # 32 pages are wanted; each priority is one round
        self.reclaimed = 0
        for _ in range(1 + self.rules.reclaim_twice):
            for priority in range(DEF_PRIORITY, -1, -1):
                self.vmpressure(VMPRESSURE_WIN if priority <= CRITICAL_PRIORITY else 0)
                scanned = self.stats["pgscan"]
                self.shrink_lruvec(priority)
                self.vmpressure(self.stats["pgscan"] - scanned)
                if self.reclaimed >= SWAP_CLUSTER_MAX:
                    return self.reclaimed
            if self.reclaimed:
                break
        return self.reclaimed

    def vmpressure(self, scanned: int) -> None:
        # a kworker is woken, preempts the task, and the task's mm is used once more
        if not self.rules.wakes:
            return
        self.pressure += scanned
        if self.pressure >= VMPRESSURE_WIN:
            self.pressure = 0
            self.used = self.used or self.preemptible

    def shrink_lruvec(self, priority: int) -> None:
        # a round starts with empty batches and without a walk
        self.drain()
        self.walk, self.took_anon = None, False
        scanned, first_seq = 0, self.max_seq
        if self.rules.budget:
            self.shrink_by_budget(priority)
        while not self.rules.budget:
            nr_to_scan = self.get_nr_to_scan(priority)
            delta = self.evict_folios(nr_to_scan) if nr_to_scan else 0
            scanned += delta
            if not delta or scanned >= nr_to_scan:
                break
            # a limit's round does not stop at 32 reclaimed pages, but for 6.1's abort rule
            enough = self.reclaimed >= SWAP_CLUSTER_MAX and self.took_anon
            if self.rules.round_may_stop_early and (self.max_seq - first_seq > 1 or enough):
                break
        self.walk = None

    def shrink_by_budget(self, priority: int) -> None:
        left = self.total >> priority
        while left > 0:
            generations = self.max_seq - self.min_seq + 1
            if generations < 3 or (generations == 3 and priority < DEF_PRIORITY):
                self.try_to_inc_max_seq(False)
            looked = self.evict_folios(min(left, MIN_LRU_BATCH))
            if not looked or self.reclaimed >= SWAP_CLUSTER_MAX:
                break
            left -= looked

    def should_run_aging(self) -> bool:
        if self.rules.twice:
            return self.min_seq + MIN_NR_GENS >= self.max_seq
        if self.min_seq + MIN_NR_GENS != self.max_seq:
            return self.min_seq + MIN_NR_GENS > self.max_seq
        # three generations: too many pages in the youngest or too few in the oldest
        total, young, old = self.total, self.size[self.max_seq], self.size[self.min_seq]
        return young * MIN_NR_GENS > total or old * (MIN_NR_GENS + 2) < total

    def get_nr_to_scan(self, priority: int) -> int:
        wanted, nr_to_scan = self.should_run_aging(), self.total >> priority
        evictable = self.min_seq + MIN_NR_GENS <= self.max_seq
        if wanted and priority < DEF_PRIORITY:  # try to get away without at the default one
            self.try_to_inc_max_seq(False)
            return 0 if self.rules.round_ends_by_aging else nr_to_scan
        return nr_to_scan if evictable else 0

    # ---------------------------------------------------------------- lists and batches

    def set_gen(self, page: Page, gen: int | None) -> None:
        if page.gen is not None:
            self.size[page.gen] -= 1
        if gen is not None:
            self.size[gen] += 1
        page.gen = gen

    def put_on(self, page: Page, seq: int | None, head: bool = True) -> None:
        if page.on is not None:
            del self.lists[page.on][page]
        page.on = seq
        if seq is not None:
            self.lists[seq][page] = None
            self.lists[seq].move_to_end(page, last=head)

    def place_of(self, page: Page) -> int:
        """Where a page belongs, counted from the youngest generation."""
        if page.active:
            behind = 0 if page.workingset else 1
        elif not page.in_cache:
            behind = 1
        elif page.workingset or (page.referenced and self.rules.budget):
            behind = 2
        else:
            behind = 3
        return max(self.max_seq - behind, self.min_seq)

    def add(self, page: Page) -> None:
        """Add a page: up to 6.12 all have PG_active and go to the youngest generation."""
        seq = self.place_of(page) if self.rules.twice else self.max_seq
        self.set_gen(page, seq)
        self.put_on(page, seq)
        page.active = False
        if self.rules.adding_clears_refs:  # but not PG_workingset
            page.referenced = False
            page.refs_field = 0

    def folio_add_lru(self, page: Page | str | None) -> None:
        # a faulted page waits in the batch until that is full
        self.lru_add.append(page)
        if isinstance(page, Page):
            page.held += 1
            if not self.rules.budget or page.workingset:
                page.active = True
            elif not page.referenced:
                page.mark_first()
        if len(self.lru_add) == self.rules.batch:
            self.drain_lru_add()

    def drain_lru_add(self) -> None:
        pages, self.lru_add = self.lru_add, []
        for page in pages:
            if isinstance(page, Page):
                self.add(page)
                page.held -= 1
            elif page == GIVEN_BACK:
                self.usage -= 1

    def folio_activate(self, page: Page) -> None:
        # until the batch is emptied the page stays where it is
        self.lru_activate.append(page)
        page.held += 1
        if len(self.lru_activate) == self.rules.batch:
            self.drain_lru_activate()

    def drain_lru_activate(self) -> None:
        pages, self.lru_activate = self.lru_activate, []
        for page in pages:
            if page.gen is not None:  # not isolated meanwhile
                page.active = True
                self.add(page)
                self.stats["pgactivate"] += 1
            page.held -= 1

    def drain(self) -> None:
        self.drain_lru_add()
        self.drain_lru_activate()

    # ---------------------------------------------------------------- faults and accesses

    def fault(self, page: Page, write: bool) -> None:
        self.stats["pgfault"] += 1
        if page.state == ABSENT and not write:
            page.state = ZERO  # no charge, on no list
        elif page.state in (ABSENT, ZERO):
            self.charge()  # before the page is put on any list
            if page.state == ZERO:
                self.drop_secondary(page)
            page.clear_flags()
            page.zeros = page.writable = True
            self.folio_add_lru(page)
            page.state = MAPPED
        elif page.state == SWAPPED:
            self.charge()  # and before the refault is judged
            page.clear_flags()
            self.refault(page)
            page.in_cache = self.rules.budget
            self.folio_add_lru(page)
            if self.rules.write_drains and write and page.gen is None:
                self.drain()
            page.in_cache = False
            self.stats["pgmajfault"] += 1
            self.stats["pswpin"] += not (page.zeros and self.rules.zeromap)
            page.writable = write or self.rules.read_swapin_writable
            page.state = MAPPED
        elif page.state == CACHED:  # it has been on its list all the time
            page.writable = write or self.rules.read_swapin_writable
            page.state, page.in_cache = MAPPED, False
        else:
            page.writable = True
        page.young = True

    def refault(self, page: Page) -> None:
        min_seq, refs, workingset = page.shadow
        recent = min_seq == self.min_seq
        if self.rules.twice:
            recent = abs(self.max_seq - min_seq) < MAX_NR_GENS
            self.stats["workingset_refault_anon"] += 1
            if recent:
                refs = max(refs - 1, 0) + 1
                self.refaulted[tier_of(refs, workingset, True)] += 1
                self.stats["workingset_restore_anon"] += workingset
                self.stats["workingset_activate_anon"] += workingset or not self.rules.budget
                page.workingset = workingset
            return
        if recent or self.rules.counts_old_refaults:
            self.stats["workingset_refault_anon"] += 1
        if recent:
            self.refaulted[tier_of(refs, workingset, False)] += 1
            if self.rules.counts_old_refaults:
                self.stats["workingset_activate_anon"] += 1
            page.refs_field, page.workingset = 3, True
            self.stats["workingset_restore_anon"] += 1

    def drop_secondary(self, page: Page) -> None:
        page.secondary, page.secondary_young = 0, False
        if page.region.guest:
            self.invalidations += 1

    def user_access(self, page: Page, write: bool) -> None:
        if page.state in (ABSENT, CACHED, SWAPPED) or (write and not page.writable):
            self.fault(page, write)
        page.young = page.table.young = True
        if write:
            page.zeros = False

    def guest_access(self, page: Page, write: bool, value: int) -> None:
        # the guest also runs its program, whose page is in the same memory control group
        code = self.code
        assert code is not None
        while True:
            if not code.secondary:
                self.guest_fault(code, False)
                continue
            code.secondary_young = True
            if page.secondary > write:
                break
            self.guest_fault(page, write)
        page.secondary_young = True  # neither the primary bit nor the table's
        if write:
            page.zeros = value == 0

    def guest_fault(self, page: Page, write: bool) -> None:
        before = self.invalidations
        if page.state == MAPPED and page.writable:
            page.referenced = True  # fast GUP
        else:
            if page.state in (ABSENT, CACHED, SWAPPED) or write:
                self.fault(page, write)
            if page.state == MAPPED:
                page.mark_accessed()  # GUP with FOLL_TOUCH
        fast = self.invalidations == before
        if page.state == MAPPED and (fast or not self.rules.twice):
            page.mark_accessed()  # release of the pfn
        if self.invalidations == before:  # else stale: no entry, the guest faults again
            page.secondary = 2 if page.state == MAPPED and page.writable else 1
            page.secondary_young = True

    def clear_young(self, page: Page, ask: Ask, counter: str) -> bool:
        """Test and clear the accessed bit, and as far as `ask` goes that of the secondary MMU."""
        young, page.young = page.young, False
        if not self.notifiers:
            return young
        if not page.region.guest:  # a call finds no memslot
            self.stats[counter] += any(ask.made)
        elif ask.answered[page.nested]:
            self.stats[counter] += 1
            young, page.secondary_young = young or page.secondary_young, False
        return young

    # ---------------------------------------------------------------- aging

    def try_to_inc_max_seq(self, forced: bool) -> None:
        if self.enabled & 2 or (forced and self.rules.forced_walks_anyway):
            self.walk = "sees"
            if not forced:
                if self.agings in self.skipped_walks:
                    self.used = False
                elif self.agings in self.extra_walks:
                    self.used = True
                self.agings += 1
            # the first walk of an mm is forced; later only if it was used since the last
            forced, self.no_tail = forced or self.no_tail, False
            if forced or self.used:
                self.used = False
                if self.mm_pages() >= self.rules.min_mm_pages:
                    self.walk_mm(forced)
        elif self.rules.nowalk_forgets_tail:
            self.no_tail = True
        if self.max_seq - self.file_seq + 1 == MAX_NR_GENS:
            self.file_seq += 1
        if self.max_seq - self.min_seq + 1 == MAX_NR_GENS:
            self.inc_min_seq()
        self.max_seq += 1
        self.lists[self.max_seq] = OrderedDict()

    def tables(self) -> Iterable[Table]:
        for region in self.regions:
            yield from region.tables
        for page in (self.code, self.own):
            if page:
                yield page.table

    def mm_pages(self) -> int:
        return sum(page.state == MAPPED for table in self.tables() for page in table.pages)

    def walk_mm(self, forced: bool) -> None:
        if self.notifiers and not self.policy.vm_is_walked:
            # the filter for the next walk has been made empty all the same
            self.filters[(self.max_seq + 1) % 2] = set()
            return
        self.stats["walks"] += 1
        ask = self.policy.walk if self.enabled & 2 else NOBODY  # a forced walk of 6.1 needs no 2
        nonleaf = (
            self.enabled & 4
            and (self.rules.nonleaf_if_forced or not forced)
            and (self.policy.nonleaf_for_all or not self.notifiers)
            and not self.policy.nonleaf_for_none
        )
        # two Bloom filters take turns; one that was never made passes everything
        passes = self.filters[self.max_seq % 2]
        carry: set[Table] = set()
        self.filters[(self.max_seq + 1) % 2] = carry
        for table in self.tables():
            if nonleaf:
                if not table.young:
                    continue
                table.young = False
            if not forced and passes is not None and table not in passes:
                continue
            self.stats["tables_walked"] += 1
            self.stats["ptes_walked"] += len(table.pages)
            young = 0
            for page in table.pages:
                if self.passes_over(page):
                    continue
                if page.state == MAPPED and self.clear_young(page, ask, "asks_aging"):
                    young += 1
                    self.update_gen(page)
            if 8 * young >= len(table.pages):
                carry.add(table)

    def passes_over(self, page: Page) -> bool:
        """Since 6.14 a page without generation keeps its bit."""
        return self.rules.twice and page.gen is None

    def update_gen(self, page: Page) -> None:
        """A young page becomes one of the youngest generation, but is not moved."""
        if page.gen is None:
            page.referenced = True  # isolated, or in the LRU-add batch
        elif self.rules.twice and not page.referenced and not page.workingset:
            page.mark_first()
        else:
            self.set_gen(page, self.max_seq)
            page.promote()

    def set_refs(self, page: Page) -> bool:
        """Eviction has seen the page young; whether it is to be activated."""
        if not page.referenced and not page.workingset:
            page.mark_first()
            return False
        if page.refs < 2 and self.rules.budget:
            page.mark_accessed()
        else:
            page.promote()
        return True

    def inc_gen(self, page: Page) -> None:
        self.set_gen(page, self.min_seq + 1)
        workingset = page.workingset
        page.clear_flags()
        page.workingset = workingset and self.rules.twice

    def inc_min_seq(self) -> None:
        # four generations: the oldest is merged into the next one
        oldest = self.lists[self.min_seq]
        while oldest:
            page = next(iter(oldest))
            if self.rules.twice and not page.saturated:
                self.protected[page.tier] += 1
            if page.gen == self.min_seq:
                self.inc_gen(page)
            self.put_on(page, page.gen, head=False)
        self.set_min_seq(self.min_seq + 1)

    def set_min_seq(self, seq: int) -> None:
        # once, however far: averages of the tiers' counts, rounded down
        for tier in range(4):
            refaulted, total = self.read_ctrl_pos(tier)
            self.avg_refaulted[tier], self.avg_total[tier] = refaulted // 2, total // 2
        self.refaulted, self.evicted, self.protected = [0] * 4, [0] * 4, [0] * 4
        for old in range(self.min_seq, seq):
            del self.lists[old]
        self.min_seq = seq

    # ---------------------------------------------------------------- eviction

    def retire(self) -> bool:
        """Empty oldest generations go; since 6.14 those of files, all empty, by themselves."""
        seq, file_seq = self.min_seq, self.max_seq - 1
        while seq + MIN_NR_GENS <= self.max_seq and not self.lists[seq]:
            seq += 1
        if seq < self.max_seq - 2:
            file_seq = self.max_seq - 2
        moved = seq != self.min_seq
        if self.rules.twice:
            moved = moved or file_seq > self.file_seq
            self.file_seq = max(self.file_seq, file_seq)
        if seq != self.min_seq:
            self.set_min_seq(seq)
        return moved

    def evict_folios(self, nr_to_scan: int, anon_first: bool = False) -> int:
        if self.rules.budget:
            self.retire()
        isolated, scanned = self.scan_folios(nr_to_scan)
        if self.rules.budget and anon_first and scanned and not isolated:
            isolated, more = self.scan_folios(nr_to_scan)
            scanned += more
        # empty oldest generations go before the isolated pages are judged
        if self.rules.budget:
            if scanned:
                self.retire()
        else:
            scanned += self.retire()
            if self.max_seq - self.min_seq + 1 == MIN_NR_GENS:
                scanned = 0
        if isolated:
            kept = [page for page in isolated if not self.shrink_folio(page)]
            for page in kept:
                if not self.rules.twice:
                    page.clear_flags()
                elif self.place_of(page) == self.min_seq:
                    page.active, page.referenced, page.refs_field = True, False, 0
                self.add(page)
            self.took_anon = True
        return scanned

    def scan_folios(self, nr_to_scan: int) -> tuple[list[Page], int]:
        isolated: list[Page] = []
        most = min(nr_to_scan, MAX_LRU_BATCH) if self.rules.looks_at_few else MAX_LRU_BATCH
        if self.max_seq - self.min_seq + 1 == MIN_NR_GENS:
            return isolated, 0
        tier_idx, looked = self.get_tier_idx(), 0
        oldest = self.lists[self.min_seq]
        while oldest and looked < most and len(isolated) < MIN_LRU_BATCH:
            page = next(iter(oldest))
            looked += 1
            tier, saturated = page.tier, page.saturated
            if page.gen != self.min_seq:  # promoted: sort it
                self.put_on(page, page.gen)
                self.stats["pgrefill"] += 1
            elif tier > tier_idx or saturated:  # protected
                self.inc_gen(page)
                self.put_on(page, page.gen, head=self.rules.twice)
                self.protected[tier] += not (saturated and self.rules.twice)
                self.stats["pgrefill"] += 1
                if not self.rules.counts_old_refaults:
                    self.stats["workingset_activate_anon"] += 1
            else:
                if self.rules.twice:
                    page.refs_field *= page.referenced
                else:
                    if not page.referenced:
                        page.clear_flags()
                    page.referenced = False
                self.set_gen(page, None)
                self.put_on(page, None)
                isolated.append(page)
                self.stats["pgscan"] += 1
        return isolated, looked if isolated or looked == most or self.rules.budget else 0

    def read_ctrl_pos(self, tier: int) -> tuple[int, int]:
        total = self.avg_total[tier] + self.evicted[tier] + self.protected[tier]
        return self.avg_refaulted[tier] + self.refaulted[tier], total

    def get_tier_idx(self) -> int:
        # the first tier that refaults more than twice as often as tier 0 is protected; since 6.14
        # one and a half times
        gain, margin = (2, 3) if self.rules.twice else (1, 2)
        refaulted0, total0 = self.read_ctrl_pos(0)
        for tier in range(1, 4):
            refaulted, total = self.read_ctrl_pos(tier)
            if refaulted >= MIN_LRU_BATCH and (
                refaulted * (total0 + MIN_LRU_BATCH) * gain > margin * (refaulted0 + 1) * total
            ):
                return tier - 1
        return 3

    def shrink_folio(self, page: Page) -> bool:
        """Judge an isolated page: True if it has been reclaimed, False to keep it."""
        if page.state == MAPPED:
            if page.referenced and not self.rules.twice:
                return False  # a look-around has seen it young meanwhile
            if self.folio_referenced(page):
                return False
            self.drop_secondary(page)
            page.state, page.in_cache = CACHED, True
        if page.held:
            return False  # a batch still has a reference: it stays in the swap cache
        self.stats["pswpout"] += not (page.zeros and self.rules.zeromap)
        page.state, page.shadow = SWAPPED, (self.min_seq, page.refs, page.workingset)
        page.in_cache = False
        self.evicted[page.tier] += 1
        self.usage -= 1
        self.reclaimed += 1
        self.stats["pgsteal"] += 1
        return True

    def folio_referenced(self, page: Page) -> bool:
        self.stats["rmap_walks"] += 1
        primary = page.young
        young = self.clear_young(page, EVERYBODY, "asks_eviction")
        entered = primary or (young and self.policy.entry[page.nested])
        never = self.policy.never_around or (self.policy.never_around_vm and self.notifiers)
        if entered and not never:
            self.look_around(page)
        # young pages are kept; it counts as an activation if the page is marked already, which
        # only a look-around that includes its own page does
        if self.rules.twice:
            page.active = young and self.set_refs(page)
            self.stats["pgactivate"] += page.active
        else:
            self.stats["pgactivate"] += young and page.referenced
        return young

    def look_around(self, page: Page) -> None:
        # 64 entries around the page, inside page table and region
        part, pos = page.table.pages, page.pos
        start, end = 0, len(part)
        if end > MIN_LRU_BATCH:
            if pos < MIN_LRU_BATCH // 2:
                end = MIN_LRU_BATCH
            elif end - pos < MIN_LRU_BATCH // 2:
                start = end - MIN_LRU_BATCH
            else:
                start, end = pos - MIN_LRU_BATCH // 2, pos + MIN_LRU_BATCH // 2
        if end == 1 and not self.rules.own_page_in_window:
            return
        self.stats["lookarounds"] += 1
        self.stats["lookaround_ptes"] += end - start
        if self.walk == "blind":
            return
        if self.rules.own_page_in_window:
            page.referenced = True
        young, candidates = 1, []
        for other in part[start:end]:
            if self.passes_over(other):
                continue
            if other.state != MAPPED or not self.clear_young(
                other, self.policy.window, "asks_lookaround"
            ):
                continue
            young += 1
            if other.gen is None:
                other.referenced = True
            elif self.rules.window_activates_below:
                if other.gen != self.max_seq:
                    candidates.append(other)  # dealt with together, below
            elif self.walk:
                self.update_gen(other)
            elif self.rules.twice:
                if self.set_refs(other) and other.gen != self.max_seq:
                    self.folio_activate(other)
            elif other.gen != self.max_seq:
                other.clear_flags()
                self.folio_activate(other)
        bloom = self.filters[self.max_seq % 2]
        if bloom is not None and 8 * young >= end - start:
            bloom.add(page.table)
        by_batch = not self.walk and len(candidates) < self.rules.window_activates_below
        for other in candidates:
            if by_batch:
                self.folio_activate(other)
            else:
                self.update_gen(other)


@dataclass
class Scenario:
    """Runs the commands of a scenario on a machine."""

    machine: Machine
    traces: Callable[[str], Sequence[int]] | None
    phase: int
    first_dump: tuple[int, int]
    result: Result = field(default_factory=Result)
    trace: list[int] = field(default_factory=list)
    ntrace: int = 0
    yields: int = 0
    misslog: bool = False
    byuser: bool = False
    fifo: bool = False

    def command(self, name: str, args: list[str]) -> None:
        m = self.machine
        if name in ("flush", "sysctl", "echo"):
            pass
        elif name == "yield":
            self.yields = int(args[0])
        elif name == "misslog":
            self.misslog = args[0] != "0"
        elif name == "byuser":
            self.byuser = args[0] != "0"
        elif name == "fifo":
            if not m.regions:  # later it comes too late for the worker
                self.fifo = args[0] != "0"
        elif name in ("split", "proactive"):
            if int(args[0]):
                raise ValueError(f"not modelled: {name}")
        elif name == "knob":  # a kernel with a switch
            walk, window, either, v4, v4_nonleaf = (
                int(args[1]) >> bit & 1 == 1 for bit in range(5)
            )
            m.policy = Policy(
                EVERYBODY if walk else NOBODY,
                EVERYBODY if window else NOBODY,
                (either, either),
                not walk,
                walk and v4_nonleaf,
                v4,
            )
        elif name == "enabled":
            m.enabled = int(args[0], 0)
            if not m.enabled & 1:
                raise ValueError("the classic LRU is not modelled")
        elif name == "region":
            self.region(int(args[0]), args[1], args[2] if len(args) > 2 else "")
        elif name == "limit":
            m.max = m.usage + int(args[0])
        elif name == "trace":
            if self.traces is None:
                raise ValueError("trace command without traces")
            self.trace = list(self.traces(args[0]))
            self.ntrace = len(self.trace)
        elif name == "asread":
            self.trace = [e | READ for e in self.trace]
        elif name in ("touch", "utouch", "rtouch", "gtouch"):
            step = int(args[2]) if len(args) > 2 else 1
            bits = {"rtouch": READ, "gtouch": GUEST}.get(name, 0)
            entries = [p | bits for p in range(int(args[0]), int(args[1]), step)]
            self.trace[: len(entries)] = entries  # the loaded trace is overwritten
            byuser = name == "utouch" or (len(m.regions) > 1 and self.byuser)
            self.run_part(entries, byuser, False)
        elif name in ("replay", "replaymarks"):
            start, end = int(args[0]), min(int(args[1]), self.ntrace)
            parts = int(args[2]) if name == "replaymarks" else 1
            cuts = [start + (end - start) * i // parts for i in range(parts + 1)]
            for i in range(parts):
                part = self.trace[cuts[i] : cuts[i + 1]]
                self.run_part(part, self.byuser, self.misslog)
                if parts > 1:
                    self.stat(f"mark{i + 1}")
        elif name == "settle":
            m.used = True
            m.drain()
        elif name == "age":
            if args and int(args[0]) == 0:
                raise ValueError("aging without anon memory is not modelled")
            self.age(len(args) < 2 or int(args[1]) != 0)
        elif name == "evict":
            if len(args) > 1 and int(args[1]) == 0:
                raise ValueError("eviction of file pages is not modelled")
            gen = {"old": m.min_seq, "all": m.max_seq - 2}.get(args[0])
            self.evict(
                int(args[0]) if gen is None else gen,
                int(args[2]) if len(args) > 2 else 1000000,
                len(args) < 2 or int(args[1]) >= 200,
            )
        elif name == "dump":
            self.dump(args[0])
        elif name == "stat":
            self.stat(args[0])
        else:
            raise ValueError(f"unknown command {name}")

    def region(self, npages: int, kind: str, nested: str) -> None:
        m = self.machine
        if kind not in ("anon", "kvm") or len(m.regions) > 1 or (m.regions and kind != "kvm"):
            raise ValueError(f"region {kind} is not modelled here")
        twice = m.rules.twice
        region, pgfault = Region(npages, kind == "kvm", twice), m.stats["pgfault"]
        for page, of_nested in zip(region.pages, Nested.parse(nested).pages(npages), strict=True):
            page.nested = bool(of_nested)
        m.used = True
        if m.regions:  # with mixed memory the worker keeps accounts on a page of its own
            m.own = Region(PTRS_PER_PTE, False, twice).pages[PTRS_PER_PTE // 2]
            m.user_access(m.own, True)
        # one page a page table was touched and given back, which empties the batches
        for _ in range(self.phase if twice else 0):
            m.folio_add_lru(None)
        for _ in region.tables:
            m.charge()
            if twice:  # which since then does not empty them
                m.folio_add_lru(GIVEN_BACK)
        if not twice:
            m.usage -= len(region.tables)
            m.drain()
            m.lru_add = [None] * (self.phase % m.rules.batch)
        m.regions.append(region)
        if kind == "kvm":
            m.code = Region(4, True, twice).pages[1]
            m.code.nested = all(page.nested for page in region.pages)
            m.user_access(m.code, True)
        m.stats["pgfault"] = pgfault  # these are not counted

    def run_part(self, entries: Sequence[int], byuser: bool, log: bool) -> None:
        m = self.machine
        m.used, m.preemptible = True, not self.fifo
        if log and self.result.misses is None:
            self.result.misses = []
        pure_guest = m.regions[0].guest and not byuser  # runs without looking left or right
        left = every = 0 if pure_guest else self.yields
        stretch: bool | None = None
        for entry in entries:
            in_guest = pure_guest or bool(entry & GUEST)
            if m.own and in_guest != stretch:
                m.user_access(m.own, True)
                stretch = in_guest
            region = m.regions[1 if in_guest and not pure_guest else 0]
            page, write = region.pages[entry & (GUEST - 1)], not entry & READ
            if log and self.result.misses is not None:
                self.result.misses.append(int(page.state in (ABSENT, SWAPPED)))
            if not self.fifo:
                m.used = True
            if in_guest and not byuser:
                m.guest_access(page, write, entry)
            else:
                m.user_access(page, write)
            m.stats["accesses"] += 1
            left -= 1
            if every and not left:
                left, m.used = every, True
        if m.own:
            m.user_access(m.own, True)

    def age(self, forced: bool) -> None:
        m = self.machine
        if not forced and m.min_seq + MAX_NR_GENS - 1 <= m.max_seq and not m.rules.twice:
            return  # refused
        m.try_to_inc_max_seq(forced)
        m.walk = None

    def evict(self, gen: int, nr: int, anon_first: bool) -> None:
        m = self.machine
        if gen + MIN_NR_GENS > m.max_seq:
            return  # refused
        m.walk = "blind" if m.rules.debugfs_evict_blind else "sees"
        m.reclaimed = 0
        while (
            gen >= m.min_seq and m.reclaimed < nr and m.evict_folios(nr - m.reclaimed, anon_first)
        ):
            pass
        m.walk = None

    def stat(self, label: str) -> None:
        m = self.machine
        self.result.stats[label] = dict(
            m.stats, min_seq=m.min_seq, max_seq=m.max_seq, memory_current=m.usage
        )

    def dump(self, label: str) -> None:
        m = self.machine
        generations = {s: m.size[s] for s in range(m.min_seq, m.max_seq + 1)}
        self.stat(label)
        before, after = self.first_dump
        self.first_dump = (0, 0)
        # the recorder's own pages push others out of the batch
        for _ in range(before):
            m.folio_add_lru(None)
        maps = ["".join(map(self.letter, region.pages)) for region in m.regions]
        flags = Counter(
            (page.gen, page.referenced, page.workingset, page.refs_field)
            for region in m.regions
            for page in region.pages
            if page.state == MAPPED and page.gen is not None
        )
        mapg = maps[1] if len(maps) > 1 else None
        self.result.dumps[label] = Dump(maps[0], mapg, generations, flags)
        for _ in range(after):
            m.folio_add_lru(None)

    def letter(self, page: Page) -> str:
        if page.state == MAPPED:
            if page.gen is None:
                return "A" if page.active else "r" if page.referenced else "n"
            return str(self.machine.max_seq - page.gen)
        return {ABSENT: ".", ZERO: "n", CACHED: "s", SWAPPED: "s"}[page.state]


def run(
    text: str,
    *,
    rules: str = "6.12",
    policy: str | Policy | None = None,
    traces: Callable[[str], Sequence[int]] | None = None,
    phase: int = 0,
    first_dump: tuple[int, int] = (0, 0),
    skipped_walks: Collection[int] = (),
    extra_walks: Collection[int] = (),
) -> Result:
    """Run a scenario. `traces` returns the entries for the path of a `trace` command.

    What a recording does not tell: `phase`, how many pages of other tasks are in the CPU's
    LRU-add batch when a region has been made; `first_dump`, how many the recorder adds at
    the first dump after the sizes were read, before and after it reads the flags;
    `skipped_walks`, which of the unforced agings (0, 1, ..) find the mm unused and do not walk;
    `extra_walks`, which do walk, because a context switch came between two agings of one fault.
    """
    chosen = policy if isinstance(policy, Policy) else POLICIES[policy or rules]
    machine = Machine(RULES[rules], chosen, skipped_walks, extra_walks)
    scenario = Scenario(machine, traces, phase, first_dump)
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words:
            scenario.command(words[0], words[1:])
    return scenario.result
