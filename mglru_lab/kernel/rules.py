"""The *rules*: one table of what each family of kernels does differently when it reclaims.

It does not matter here who asks the secondary MMU. What all kernels do alike is in the code; a fair
comparison of two policies (policy/variants.py) runs both on the same rules. Sources: mm/vmscan.c,
mm/workingset.c, mm/swap.c (mm/folio.c), mm/memory.c and include/linux/mm_inline.h of Linux 6.1.192,
6.12.117, 7.2.12 and 7.3.4, and recordings of 6.16 to 7.3.
"""

from typing import NamedTuple


class Rules(NamedTuple):
    """One family's way to keep its lists; every field differs between two families at least."""

    batch: int
    """Pages in a per-CPU folio batch (PAGEVEC_SIZE, FOLIO_BATCH_SIZE)."""
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
    """A round stops once 32 pages are reclaimed (should_abort_scan),"""
    abort_needs_anon: bool
    """anonymous ones among them, or max_seq grew by two."""
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
    costs_as_flushed: bool
    """Classic LRU: costs are what the statistics say at the start of a round, halved until they are
    small; else what each event said as it came, halved once."""
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
    seen_twice: bool
    """An access found by its bit first marks the page PG_referenced, and promotes it the second
    time: it then is PG_workingset, of the last tier, for good. Refs are PG_referenced and
    the refs field; else the refs field and PG_workingset, and each access promotes."""
    keeps_flags: bool
    """A page keeps its flags when it is isolated, judged and put back, or moved to the next
    generation, except what promotes it; else it loses them and goes to the youngest generation."""
    skips_unlisted: bool
    """A page without generation (isolated, in the LRU-add batch) keeps its accessed bit."""
    counts_from_youngest: bool
    """A page's place is counted from the youngest generation, by its flags and whether it is
    cached; a PG_active one without PG_workingset comes second. Else by the oldest generations."""
    reference_lifts: bool
    """PG_referenced places a cached page one generation higher, as PG_workingset does."""
    fault_marks: bool
    """A fault makes a page PG_referenced, and PG_active only one that is PG_workingset; else
    always PG_active."""
    third_sight: bool
    """A page whose refs are one takes one sight more by eviction until it is PG_workingset."""
    protected_head: bool
    """A page that its tier protects goes to the head of the next generation's list, else its
    tail."""
    merge_counts: bool
    """Pages of merged generations count as protected."""
    tier_gain: int
    """A tier is protected if it refaults as often as tier 0 by tier_gain to tier_margin."""
    tier_margin: int
    """See tier_gain."""
    type_by_sums: bool
    """The type to scan is decided by the refaults of all its tiers; else by those of tier 0, once
    the older generation's type has been scanned."""
    types_apart: bool
    """Each type's oldest generation retires by itself; else anonymous memory's with that of files,
    and a call that leaves two generations, or retires one, says so."""
    scans_what_is_left: bool
    """An eviction call looks at no more pages than reclaim still wants to scan; else at 4096."""
    returns_all_scanned: bool
    """An eviction call that isolated nothing still tells how many pages it looked at, and tries the
    same type again; else none, and the other one."""
    budget: bool
    """A round's pages to scan are fixed at its start, at most 64 per call, and aging is no end of
    it; else they are counted anew before each call."""
    aging_by_generations: bool
    """Aging is due whenever three generations are left; else by the sizes of young and old."""
    recent_by_youngest: bool
    """A refault is recent while fewer than four generations lie between its eviction's oldest and
    the youngest; else while the oldest is the same."""
    only_workingset_returns: bool
    """Only a page that was PG_workingset is restored on refault; else each recent fault's."""
    activate_counts_restored: bool
    """workingset_activate counts restored pages only."""
    unforced_merges: bool
    """debugfs: an unforced aging merges generations where four exist; else it is refused."""
    swapin_in_cache: bool
    """A page that is swapped in is in the swap cache until it is mapped."""
    swapin_write_drains: bool
    """One that is swapped in by a write has the batches emptied before it is mapped."""
    any_fault_frees_slot: bool
    """Any fault takes a page out of the swap cache; else one that writes, if no batch holds it."""
    release_marks_unused: bool
    """A guest's fault marks the page though its secondary entry was not made."""
    unmapping_drains: bool
    """Giving memory back empties the batches first; else what waits in one stays charged."""
    vmpressure_wakes: bool
    """Enough pages scanned wake vmpressure's kworker, so that a task is switched in."""
    stock_slots: int
    """Memcgs for which a CPU keeps pages charged in advance."""


FAMILIES = ("6.1", "6.12", "6.14", "6.17", "7.2", "7.3")
"""By the first kernel that follows them: 6.14 up to 6.16, 6.17 up to 7.1."""

_NO, _YES = False, True
_TABLE: dict[str, tuple[int, int, int, int, int, int]] = {
    "batch": (15, 31, 31, 31, 31, 31),
    "adding_clears_refs": (_NO, _YES, _NO, _NO, _NO, _NO),
    "forced_aging_walks": (_YES, _NO, _NO, _NO, _NO, _NO),
    "nowalk_forgets_mm": (_NO, _YES, _YES, _YES, _YES, _YES),
    "forced_walk_skips_nonleaf": (_YES, _NO, _NO, _NO, _NO, _NO),
    "least_mm_pages": (64, 0, 0, 0, 0, 0),
    "aging_ends_round": (_NO, _YES, _YES, _YES, _NO, _NO),
    "abort_when_reclaimed": (_YES, _NO, _NO, _NO, _YES, _YES),
    "abort_needs_anon": (_YES, _NO, _NO, _NO, _NO, _NO),
    "slab_is_reclaimed": (_YES, _NO, _NO, _NO, _NO, _NO),
    "reclaim_attempts": (1, 2, 2, 2, 2, 2),
    "proactive_parts": (1, 4, 4, 4, 4, 4),
    "proactive_has_walk": (_NO, _YES, _YES, _YES, _YES, _YES),
    "io_cost": (1, 32, 32, 32, 32, 32),
    "rotation_cost": (0, 1, 1, 1, 1, 1),
    "flushes_before_reclaim": (_YES, _NO, _NO, _NO, _NO, _NO),
    "costs_as_flushed": (_NO, _NO, _NO, _NO, _NO, _YES),
    "refault_counts_always": (_NO, _YES, _YES, _YES, _YES, _YES),
    "look_around_own_page": (_YES, _NO, _NO, _NO, _NO, _NO),
    "look_around_defers": (_YES, _NO, _NO, _NO, _NO, _NO),
    "look_around_needs_can_swap": (_YES, _NO, _NO, _NO, _NO, _NO),
    "read_swapin_writable": (_NO, _YES, _YES, _YES, _YES, _YES),
    "zeromap": (_NO, _YES, _YES, _YES, _YES, _YES),
    "seen_twice": (_NO, _NO, _YES, _YES, _YES, _YES),
    "keeps_flags": (_NO, _NO, _YES, _YES, _YES, _YES),
    "skips_unlisted": (_NO, _NO, _YES, _YES, _YES, _YES),
    "counts_from_youngest": (_NO, _NO, _YES, _YES, _YES, _YES),
    "reference_lifts": (_NO, _NO, _NO, _NO, _YES, _YES),
    "fault_marks": (_NO, _NO, _NO, _NO, _YES, _YES),
    "third_sight": (_NO, _NO, _NO, _NO, _YES, _YES),
    "protected_head": (_NO, _NO, _YES, _YES, _YES, _YES),
    "merge_counts": (_NO, _NO, _YES, _YES, _YES, _YES),
    "tier_gain": (1, 1, 2, 2, 2, 2),
    "tier_margin": (2, 2, 3, 3, 3, 3),
    "type_by_sums": (_NO, _NO, _YES, _YES, _YES, _YES),
    "types_apart": (_NO, _NO, _YES, _YES, _YES, _YES),
    "scans_what_is_left": (_NO, _NO, _NO, _YES, _YES, _YES),
    "returns_all_scanned": (_NO, _NO, _NO, _NO, _YES, _YES),
    "budget": (_NO, _NO, _NO, _NO, _YES, _YES),
    "aging_by_generations": (_NO, _NO, _YES, _YES, _YES, _YES),
    "recent_by_youngest": (_NO, _NO, _YES, _YES, _YES, _YES),
    "only_workingset_returns": (_NO, _NO, _YES, _YES, _YES, _YES),
    "activate_counts_restored": (_NO, _NO, _NO, _NO, _YES, _YES),
    "unforced_merges": (_NO, _NO, _YES, _YES, _YES, _YES),
    "swapin_in_cache": (_NO, _NO, _NO, _NO, _YES, _YES),
    "swapin_write_drains": (_NO, _NO, _NO, _NO, _YES, _NO),
    "any_fault_frees_slot": (_NO, _NO, _NO, _NO, _YES, _YES),
    "release_marks_unused": (_YES, _YES, _NO, _NO, _NO, _NO),
    "unmapping_drains": (_YES, _YES, _NO, _NO, _NO, _NO),
    "vmpressure_wakes": (_YES, _YES, _YES, _YES, _YES, _NO),
    "stock_slots": (1, 1, 7, 7, 7, 7),
}
"""What each family does, field by field."""

RULES = {
    family: Rules._make(_TABLE[field][column] for field in Rules._fields)
    for column, family in enumerate(FAMILIES)
}
"""By family."""
