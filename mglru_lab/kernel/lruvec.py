"""The state of one memcg's memory: struct lruvec, its folios' flags, their page tables.

One array element a page, in page table order: page i is PTE i % 512 of page table i // 512. Every
region starts at a page table of its own (include/linux/mmzone.h, include/linux/mm_inline.h). What
is all zero has never been touched, and takes no memory; pages.py shows it all as plain arrays.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mglru_lab.kernel.chance import chance
from mglru_lab.policy.policy import IN_VAIN, Where

MIN_NR_GENS = 2
MAX_NR_GENS = 4
MAX_NR_TIERS = 4
MIN_LRU_BATCH = 64
MAX_LRU_BATCH = 4096
PTRS_PER_PTE = 512

LRU_GEN_ANON = 0
LRU_GEN_FILE = 1
ANON_AND_FILE = 2

PG_REFERENCED = 1
PG_ACTIVE = 2
PG_WORKINGSET = 4
LRU_REFS_UNIT = 8  # the refs field: 0 to LRU_REFS_MAX of these
LRU_REFS_MASK = 24
LRU_REFS_MAX = 3
LRU_GEN_UNIT = 32  # the gen field: 1 + seq % 4 (classic LRU: 1 inactive, 2 active) of these, or
LRU_GEN_MASK = 224  # nothing: the page is on no list

PTE_STATE = 3
PTE_NONE = 0
PTE_PRESENT = 1
PTE_SWAP = 2
PTE_ZERO = 3  # the shared zero page: read, but never written
PTE_MAPPED = 1  # present, or the zero page
PTE_WRITE = 4
PTE_YOUNG = 8
SPTE_STATE = 48  # of the secondary MMU's entry for the page
SPTE_NONE = 0
SPTE_READ_ONLY = 16
SPTE_WRITABLE = 32
SPTE_YOUNG = 64
ZERO_FILLED = 128  # what the page holds, in memory or in swap

MEMORY_GUEST = 1  # inside a KVM memslot
MEMORY_FILE = 2  # of a file's page cache, not anonymous
MEMORY_NESTED = 4  # a guest's page that is mapped for a nested guest
KIND = MEMORY_GUEST | MEMORY_FILE  # what all pages of a page table have in common
MEMORY_CACHED = 8  # in the swap cache, or a file's page in the page cache
MEMORY_HELD = 16  # a per-CPU batch refers to it

NO_GEN = -1

NO_WALK = 0
"""The task has no lru_gen_mm_walk: it reclaims for a limit and has not aged in this round."""
FRESH_WALK = 1
"""It has one that no aging has used: a debugfs command."""
AGED_WALK = 2

FOLIO = np.dtype(
    [
        ("next", "u4"),  # on its list; while it is not in memory, the shadow entry: its time + 1
        ("prev", "u4"),  # and its refs
    ],
    align=True,
)

TABLE = np.dtype(
    [
        ("vma_ptes", "i8"),  # PTEs inside the region
        ("other_ptes", "i8"),  # of other VMAs that a walk visits, too; none is young in this memcg
        ("memcg", "i8"),  # whose memory it maps
        ("memory", "u1"),  # MEMORY_* of all its pages, MEMORY_NESTED: of some
        ("pmd_young", "?"),
        ("bloom", "u1", (2,)),  # by seq % 2; exact, the kernel's filter may say yes too often
    ],
    align=True,
)

MAX_BATCH = 31

CPU = np.dtype(
    [
        ("lru_add", "i8", (MAX_BATCH,)),  # per-CPU batch; -1 is a page that concerns us no further
        ("hidden", "u1", (MAX_BATCH,)),  # during a walk, the PTEs of the pages in it
        ("add_count", "i8"),
        ("activate", "u4", (MAX_BATCH,)),
        ("activate_count", "i8"),
        ("usage", "i8"),  # of the memcg that has the limit: of all together
        ("limit", "i8"),  # memory.max, pages
        ("position", "i8"),  # where its reclaim goes on (mem_cgroup_reclaim_iter)
        ("swappiness", "i8"),
        ("last_read", "i8"),  # the page that the last read() read (file_ra_state.prev_pos)
        ("mm_walk", "i8"),  # of the reclaiming task: NO_WALK, FRESH_WALK or AGED_WALK
        ("nr_to_reclaim", "i8"),  # of the reclaiming task: its scan_control
        ("proactive", "i8"),
        ("force_deactivate", "i8"),
        ("stats_updates", "i8"),  # of memcg statistics, pending: fewer than a lot of them,
        ("stats_flush_threshold", "i8"),  # whole lots,
        ("stats_counted", "i8"),  # and how many of faults' are in these
        ("flush_in", "i8"),  # as many cond_resched points on, the timer flushes; 0: it does not
        ("skipped_deactivate", "i8"),  # classic LRU: an active list was left alone
        ("scratch", "u4", (2 * MIN_LRU_BATCH,)),  # isolated pages, then neighbours to promote
        ("young", "u4", (PTRS_PER_PTE,)),  # the pages that a look at a page table found young
        ("to_scan", "i8", (ANON_AND_FILE, 2)),  # classic LRU: pages to scan in this round, by list
        ("asks", "i8", (len(Where), IN_VAIN + 1)),  # pages asked about, by lock or in vain
        ("calls", "i8", (len(Where), IN_VAIN + 1)),  # of the notifiers, for these pages
        ("next_cold", "i8"),  # how far along a list, from its tail, memory has been prefetched
        ("agings", "i8"),  # unforced agings that could have walked
        ("walks_by_chance", "i8"),  # of these, seen to walk or not against the rules
        ("tree_scanned", "i8"),  # pages scanned that vmpressure's kworker has not been told of
        ("preemptible", "i8"),  # kworkers that it wakes preempt the task: it is not SCHED_FIFO
    ],
    align=True,
)
"""What there is once, however many memcgs: the CPU's, the running task's, the limit's."""

LRU_GEN = np.dtype(
    [
        ("enabled", "i8"),
        ("bloom_exists", "i8", (2,)),
        ("max_seq", "i8"),
        ("min_seq", "i8", (ANON_AND_FILE,)),
        ("nr_pages", "i8", (MAX_NR_GENS, ANON_AND_FILE)),
        ("birth", "i8", (MAX_NR_GENS,)),  # in accesses: the model has no clock
        ("avg_refaulted", "i8", (ANON_AND_FILE, MAX_NR_TIERS)),
        ("avg_total", "i8", (ANON_AND_FILE, MAX_NR_TIERS)),
        ("evicted", "i8", (ANON_AND_FILE, MAX_NR_TIERS)),
        ("refaulted", "i8", (ANON_AND_FILE, MAX_NR_TIERS)),
        ("protected", "i8", (ANON_AND_FILE, MAX_NR_TIERS)),
        ("mm_seq", "i8"),  # lru_gen_mm_state.seq
        ("mm_walked", "i8"),  # the mm list has a tail: its first iteration is over
        ("mm_used", "i8"),  # a context switch has entered the mm since its last walk
        ("has_notifiers", "i8"),
        ("nonresident_age", "i8"),  # classic LRU: evictions and activations so far
        ("cost", "i8", (ANON_AND_FILE,)),  # of reclaiming a type, decaying
        ("io", "i8", (ANON_AND_FILE,)),  # pages written by reclaim or back as they were,
        ("rotated", "i8", (ANON_AND_FILE,)),  # and scanned in vain,
        ("costed_io", "i8", (ANON_AND_FILE,)),  # of which so many are in its cost
        ("costed_rotated", "i8", (ANON_AND_FILE,)),
        ("activated", "i8", (ANON_AND_FILE,)),  # refaults that activated a page,
        ("refaults", "i8", (ANON_AND_FILE,)),  # as the last reclaim saw them
        ("flushed_inactive", "i8", (ANON_AND_FILE,)),  # statistics as of their last flush
        ("flushed_active", "i8", (ANON_AND_FILE,)),
        ("flushed_activated", "i8", (ANON_AND_FILE,)),
        ("flushed_io", "i8", (ANON_AND_FILE,)),
        ("flushed_rotated", "i8", (ANON_AND_FILE,)),
        ("invalidate_seq", "i8"),  # of KVM: how often guest memory was unmapped
        ("code_page", "i8"),  # the guest's code, -1 without a guest
        ("code_shares_table", "i8"),  # its page table holds other memory of the process, too
        ("own_page", "i8"),  # written between two stretches of accesses, -1 if there is none
        ("memcg", "i8"),  # which one this is
        ("first_table", "i8"),  # the page tables of its process, to
        ("end_table", "i8"),
        ("usage", "i8"),  # pages charged, those in the stock included
        ("stock", "i8"),  # pages that the CPU has charged in advance
    ],
    align=True,
)

_COUNTERS = """
accesses pgfault pgmajfault pswpin pswpout pgscan pgsteal pgrefill pgactivate
pgscan_anon pgscan_file pgsteal_anon pgsteal_file
workingset_refault_anon workingset_activate_anon workingset_restore_anon
workingset_refault_file workingset_activate_file workingset_restore_file
agings walks walks_forced tables_walked ptes_walked rmap_walks rescues
lookarounds lookaround_ptes promoted_aging promoted_lookaround found_aging
reclaims host_accesses guest_accesses host_majflt guest_majflt retouches
"""

STAT = np.dtype([(name, "i8") for name in _COUNTERS.split()])
"""Event counters: the kernel's under its names, then what costs time."""

UNLIMITED = 1 << 62
SWAPPINESS = 60


class Lruvec(NamedTuple):
    """The state as one memcg sees it; a page with a generation is on exactly one list of its memcg.

    A list is circular through its head, an element of `folio` behind those of the pages: see
    `list_head`.
    """

    pte: npt.NDArray[np.uint8]
    """The PTE, and the secondary MMU's, as bits: PTE_*, SPTE_*, ZERO_FILLED."""
    words: npt.NDArray[np.uint64]
    """The same memory: eight PTEs at a time."""
    flags: npt.NDArray[np.uint8]
    """Page flags as bits: PG_*, the refs field, the gen field."""
    flag_words: npt.NDArray[np.uint64]
    """The same memory: eight pages' flags at a time."""
    memory: npt.NDArray[np.uint8]
    """MEMORY_* as bits; those of its page table once a page is in memory."""
    folio: Any
    table: Any
    chosen: npt.NDArray[np.bool_]
    """A policy of one's own wants the page asked about."""
    chance: npt.NDArray[np.int64]
    """What a recording tells of what no rule decides (chance.py)."""
    cpu: Any
    stat: Any
    lrus: Any
    """Of all memcgs."""
    lru: Any
    """Of this one."""

    def of_memcg(self, memcg: int) -> "Lruvec":
        """The same state as another memcg sees it."""
        return self._replace(lru=self.lrus[memcg])


class Region(NamedTuple):
    """A run of pages that begins a page table."""

    pages: int
    guest: bool = False
    """Inside a memslot."""
    memcg: int = 0
    file: bool = False
    """A file's page cache."""


def new_lruvec(
    regions: list[Region], enabled: int, told: npt.NDArray[np.int64] | None = None
) -> Lruvec:
    """Fresh memcgs, seen from the first. Regions of one memcg stand side by side.

    `told`: what a recording tells of chance (chance.py).

    Shapes: 512 folios per page table. Four generations exist, all empty (lru_gen_init_lruvec).
    """
    sizes: list[int] = []
    owner: list[Region] = []
    for region in regions:
        whole, rest = divmod(region.pages, PTRS_PER_PTE)
        parts = [PTRS_PER_PTE] * whole + ([rest] if rest else [])
        sizes += parts
        owner += [region] * len(parts)
    tables = len(sizes)
    pages = tables * PTRS_PER_PTE
    table = np.zeros(tables, TABLE).view(np.recarray)
    table.vma_ptes = sizes
    table.memcg = [region.memcg for region in owner]
    table.memory = [MEMORY_GUEST * region.guest | MEMORY_FILE * region.file for region in owner]
    table.pmd_young = True
    memcgs = 1 + max((region.memcg for region in regions), default=0)
    lrus = np.zeros(memcgs, LRU_GEN).view(np.recarray)
    lrus.enabled = enabled
    lrus.max_seq = MIN_NR_GENS + 1
    lrus.mm_seq = MIN_NR_GENS
    lrus.code_page = -1
    lrus.own_page = -1
    lrus.memcg = np.arange(memcgs)
    lrus.first_table = np.searchsorted(table.memcg, lrus.memcg)
    lrus.end_table = np.searchsorted(table.memcg, lrus.memcg, side="right")
    cpu = np.zeros(1, CPU).view(np.recarray)[0]
    cpu.limit = UNLIMITED
    cpu.swappiness = SWAPPINESS
    cpu.last_read = -1
    folio = np.zeros(pages + memcgs * MAX_NR_GENS * ANON_AND_FILE, FOLIO).view(np.recarray)
    folio.next[pages:] = folio.prev[pages:] = np.arange(pages, folio.size)
    pte, flags = np.zeros(pages, np.uint8), np.zeros(pages, np.uint8)
    return Lruvec(
        pte=pte,
        words=pte.view(np.uint64),
        flags=flags,
        flag_words=flags.view(np.uint64),
        memory=np.zeros(pages, np.uint8),
        folio=folio,
        table=table,
        chosen=np.zeros(pages, np.bool_),
        chance=chance() if told is None else told,
        cpu=cpu,
        stat=np.zeros(1, STAT).view(np.recarray)[0],
        lrus=lrus,
        lru=lrus[0],
    )
