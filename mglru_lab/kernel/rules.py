"""In what the recorded kernels differ, whoever asks the secondary MMU: the *rules*, as data.

Everything that both kernels do alike stands in the code; a fair comparison of two policies
(variants.py) runs both on the same rules. Sources: mm/vmscan.c, mm/workingset.c, mm/swap.c and
include/linux/mm_inline.h of Linux 6.1.192 and 6.12.117.
"""

from typing import NamedTuple


class Rules(NamedTuple):
    """One kernel's way to keep its lists; every field differs between the recorded kernels."""

    batch: int
    """Pages in a per-CPU folio batch (PAGEVEC_SIZE)."""
    adding_clears_refs: bool
    """lru_gen_add_folio clears PG_referenced and the refs field of a PG_active folio."""
    forced_aging_walks: bool
    """A forced aging walks page tables even if 0x2 is off."""
    nowalk_forgets_mm: bool
    """An aging without walk makes the mm's next walk a first one, hence forced."""
    forced_walk_skips_nonleaf: bool
    """A forced walk, too, skips page tables whose PMD is old."""
    least_mm_pages: int
    """An mm with fewer resident pages is not walked (should_skip_mm)."""
    aging_ends_round: bool
    """A round of reclaim that had to age ends there; else it goes on to evict."""
    abort_when_reclaimed: bool
    """A round stops once 32 pages are reclaimed, anonymous ones among them, or max_seq grew by two
    (should_abort_scan)."""
    slab_is_reclaimed: bool
    """Slab pages that are freed amid a round count as reclaimed by it, for a memcg, too; an
    interrupt's (RCU's callbacks) among them."""
    reclaim_attempts: int
    """How often priorities 12..0 are gone through while nothing at all is reclaimed. With two, the
    first time a walk over several memcgs goes on where the last one left off (memcg_full_walk)."""
    proactive_parts: int
    """memory.reclaim asks for its pages in parts of 1/proactive_parts of what is left."""
    proactive_has_walk: bool
    """Reclaim for memory.reclaim has an lru_gen_mm_walk from the start."""
    io_cost: int
    """Classic LRU: what a page written or read back counts in the cost of reclaiming its type,"""
    rotation_cost: int
    """and what a page scanned in vain does (lru_note_cost)."""
    flushes_before_reclaim: bool
    """Classic LRU: a round first flushes the statistics that it decides with, if enough updates are
    pending (rstat.py); else they are as of the last time that somebody read memory.stat, or of a
    timer."""
    refault_counts_always: bool
    """workingset_refault counts every refault and workingset_activate the recent ones; else
    refault counts the recent ones and activate the pages protected by their tier."""
    look_around_own_page: bool
    """Look-around counts the page at hand as one of its window: isolated, it is PG_referenced."""
    look_around_defers: bool
    """Neighbours are promoted after the window, by the activate batch only if fewer than 15."""
    look_around_needs_can_swap: bool
    """Nothing is promoted while the walk at hand says that it cannot swap (a fresh one does)."""
    read_swapin_writable: bool
    """A page swapped in by a read can be written without another fault."""
    zeromap: bool
    """Zero-filled pages are neither written to swap nor read: not in pswpout, pswpin."""


RULES = {
    "6.1": Rules(
        batch=15,
        adding_clears_refs=False,
        forced_aging_walks=True,
        nowalk_forgets_mm=False,
        forced_walk_skips_nonleaf=True,
        least_mm_pages=64,
        aging_ends_round=False,
        abort_when_reclaimed=True,
        slab_is_reclaimed=True,
        reclaim_attempts=1,
        proactive_parts=1,
        proactive_has_walk=False,
        io_cost=1,
        rotation_cost=0,
        flushes_before_reclaim=True,
        refault_counts_always=False,
        look_around_own_page=True,
        look_around_defers=True,
        look_around_needs_can_swap=True,
        read_swapin_writable=False,
        zeromap=False,
    ),
    "6.12": Rules(
        batch=31,
        adding_clears_refs=True,
        forced_aging_walks=False,
        nowalk_forgets_mm=True,
        forced_walk_skips_nonleaf=False,
        least_mm_pages=0,
        aging_ends_round=True,
        abort_when_reclaimed=False,
        slab_is_reclaimed=False,
        reclaim_attempts=2,
        proactive_parts=4,
        proactive_has_walk=True,
        io_cost=32,
        rotation_cost=1,
        flushes_before_reclaim=False,
        refault_counts_always=True,
        look_around_own_page=False,
        look_around_defers=False,
        look_around_needs_can_swap=False,
        read_swapin_writable=True,
        zeromap=True,
    ),
}
