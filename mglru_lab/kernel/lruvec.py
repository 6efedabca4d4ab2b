"""The state of one memcg's anonymous memory: struct lruvec, its folios' flags, their page tables.

One array element a page, in page table order: page i is PTE i % 512 of page table i // 512. Every
region starts at a page table of its own (include/linux/mmzone.h, include/linux/mm_inline.h).
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mglru_lab.kernel.mmu import Where
from mglru_lab.kernel.policy import IN_VAIN

MIN_NR_GENS = 2
MAX_NR_GENS = 4
MAX_NR_TIERS = 4
MIN_LRU_BATCH = 64
MAX_LRU_BATCH = 4096
PTRS_PER_PTE = 512

PG_REFERENCED = 1
PG_ACTIVE = 2
PG_WORKINGSET = 4
LRU_REFS_MAX = 3

PTE_NONE = 0
PTE_PRESENT = 1
PTE_SWAP = 2
PTE_ZERO = 3  # the shared zero page: read, but never written

SPTE_NONE = 0
SPTE_READ_ONLY = 1
SPTE_WRITABLE = 2

NO_GEN = -1

NO_WALK = 0
"""The task has no lru_gen_mm_walk: it reclaims for a limit and has not aged in this round."""
FRESH_WALK = 1
"""It has one that no aging has used: a debugfs command."""
AGED_WALK = 2

FOLIO = np.dtype(
    [
        ("gen", "i1"),  # seq % 4, or NO_GEN: isolated, in a per-CPU batch, not in memory
        ("pg", "u1"),  # page flags, PG_*
        ("refs", "u1"),
        ("held", "u1"),  # references by per-CPU batches
        ("pte", "u1"),
        ("young", "?"),
        ("writable", "?"),
        ("spte", "u1"),  # the secondary MMU's entry: SPTE_*
        ("spte_young", "?"),
        ("guest", "?"),  # inside a KVM memslot
        ("nested", "?"),  # and mapped for a nested guest
        ("swapcache", "?"),
        ("zero_filled", "?"),
        ("shadow_refs", "u1"),
        ("shadow_seq", "i8"),
    ],
    align=True,
)

TABLE = np.dtype(
    [
        ("vma_ptes", "i8"),  # PTEs inside the region
        ("pmd_young", "?"),
    ],
    align=True,
)

MAX_BATCH = 31

LRU_GEN = np.dtype(
    [
        ("enabled", "i8"),
        ("max_seq", "i8"),
        ("min_seq", "i8"),
        ("nr_pages", "i8", (MAX_NR_GENS,)),
        ("birth", "i8", (MAX_NR_GENS,)),  # in accesses: the model has no clock
        ("avg_refaulted", "i8", (MAX_NR_TIERS,)),
        ("avg_total", "i8", (MAX_NR_TIERS,)),
        ("evicted", "i8", (MAX_NR_TIERS,)),
        ("refaulted", "i8", (MAX_NR_TIERS,)),
        ("protected", "i8", (MAX_NR_TIERS,)),
        ("mm_seq", "i8"),  # lru_gen_mm_state.seq
        ("mm_walked", "i8"),  # the mm list has a tail: its first iteration is over
        ("mm_used", "i8"),  # a context switch has entered the mm since its last walk
        ("mm_walk", "i8"),  # of the reclaiming task: NO_WALK, FRESH_WALK or AGED_WALK
        ("nr_to_reclaim", "i8"),  # of the reclaiming task: its scan_control
        ("proactive", "i8"),
        ("has_notifiers", "i8"),
        ("invalidate_seq", "i8"),  # of KVM: how often guest memory was unmapped
        ("code_page", "i8"),  # the guest's code, -1 without a guest
        ("code_shares_table", "i8"),  # its page table holds other memory of the process, too
        ("own_page", "i8"),  # written between two stretches of accesses, -1 if there is none
        ("usage", "i8"),  # pages charged, those in the stock included
        ("stock", "i8"),
        ("limit", "i8"),  # memory.max, pages
        ("lru_add", "i8", (MAX_BATCH,)),  # per-CPU batch; -1 is a page of another memcg
        ("add_count", "i8"),
        ("activate", "i8", (MAX_BATCH,)),
        ("activate_count", "i8"),
        ("scratch", "i8", (2 * MIN_LRU_BATCH,)),  # isolated pages, then neighbours to promote
        ("asks", "i8", (len(Where), IN_VAIN + 1)),  # pages asked about, by lock or in vain
        ("calls", "i8", (len(Where), IN_VAIN + 1)),  # of the notifiers, for these pages
        ("agings", "i8"),  # unforced agings that could have walked
    ],
    align=True,
)

_COUNTERS = """
accesses pgfault pgmajfault pswpin pswpout pgscan pgsteal pgrefill pgactivate
workingset_refault_anon workingset_activate_anon workingset_restore_anon
agings walks walks_forced tables_walked ptes_walked rmap_walks rescues
lookarounds lookaround_ptes promoted_aging promoted_lookaround found_aging
reclaims host_accesses guest_accesses host_majflt guest_majflt retouches
"""

STAT = np.dtype([(name, "i8") for name in _COUNTERS.split()])
"""Event counters: the kernel's under its names, then what costs time."""

UNLIMITED = 1 << 62


class Lruvec(NamedTuple):
    """The whole state; a page with a generation is on exactly one list, others are on none.

    A list is circular through its head, element `pages + gen` of `next` and `prev`. `folio` and
    `table` are structured arrays, one element a page and one a page table.
    """

    folio: Any
    table: Any
    next: npt.NDArray[np.int64]
    prev: npt.NDArray[np.int64]
    bloom: npt.NDArray[np.bool_]  # [seq % 2, page table]; exact, the kernel's may say yes too often
    bloom_exists: npt.NDArray[np.bool_]
    extra_walks: npt.NDArray[np.int64]
    chosen: npt.NDArray[np.bool_]  # a page: a policy of one's own wants it asked about
    lru: Any
    stat: Any


def new_lruvec(
    regions: list[tuple[int, bool]], enabled: int, extra_walks: tuple[int, ...] = ()
) -> Lruvec:
    """A fresh memcg: `regions` are (pages, inside a memslot), each starting at a page table.

    Shapes: 512 folios a page table. Four generations exist, all empty (lru_gen_init_lruvec).
    """
    vma_ptes: list[int] = []
    guest: list[bool] = []
    for pages, is_guest in regions:
        whole, rest = divmod(pages, PTRS_PER_PTE)
        parts = [PTRS_PER_PTE] * whole + ([rest] if rest else [])
        vma_ptes += parts
        guest += [is_guest] * len(parts)
    tables = len(vma_ptes)
    folio = np.zeros(tables * PTRS_PER_PTE, FOLIO).view(np.recarray)
    folio.gen = NO_GEN
    folio.shadow_seq = -1
    folio.guest = np.repeat(guest, PTRS_PER_PTE)
    table = np.zeros(tables, TABLE).view(np.recarray)
    table.vma_ptes = vma_ptes
    table.pmd_young = True
    lru = np.zeros(1, LRU_GEN).view(np.recarray)[0]
    lru.enabled = enabled
    lru.max_seq = MIN_NR_GENS + 1
    lru.mm_seq = MIN_NR_GENS
    lru.code_page = -1
    lru.own_page = -1
    lru.limit = UNLIMITED
    links = np.arange(folio.size + MAX_NR_GENS)
    return Lruvec(
        folio=folio,
        table=table,
        next=links,
        prev=links.copy(),
        bloom=np.zeros((2, tables), np.bool_),
        bloom_exists=np.zeros(2, np.bool_),
        extra_walks=np.array(sorted(extra_walks), np.int64),
        lru=lru,
        chosen=np.zeros(folio.size, np.bool_),
        stat=np.zeros(1, STAT).view(np.recarray)[0],
    )
