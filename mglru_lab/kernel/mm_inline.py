"""Lists, and how a folio gets and changes its generation (include/linux/mm_inline.h)."""

import numpy as np

from mglru_lab.kernel.features import Enabled
from mglru_lab.kernel.jit import entry, inlined, leaf
from mglru_lab.kernel.lruvec import (
    ANON_AND_FILE,
    LRU_GEN_ANON,
    LRU_GEN_FILE,
    LRU_GEN_MASK,
    LRU_GEN_UNIT,
    LRU_REFS_MASK,
    LRU_REFS_MAX,
    LRU_REFS_UNIT,
    MAX_NR_GENS,
    MAX_NR_TIERS,
    MEMORY_CACHED,
    MEMORY_FILE,
    MEMORY_GUEST,
    MEMORY_NESTED,
    MIN_NR_GENS,
    NO_GEN,
    PG_ACTIVE,
    PG_REFERENCED,
    PG_WORKINGSET,
    PTRS_PER_PTE,
    Lruvec,
)
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.state_type import with_lru

CORE = int(Enabled.CORE)
LRU_INACTIVE = 0
PG_FLAGS = 0xFF ^ LRU_GEN_MASK
ALL_BUT_REFS = 0xFF ^ LRU_REFS_MASK
SEEN = PG_REFERENCED | PG_WORKINGSET
LRU_ACTIVE = 1


@leaf
def index(number: int) -> int:
    """A number that is not negative, read so that the compiler knows it and looks only once."""
    return int(np.int64(np.uint32(number)))


@leaf
def folio_is_file_lru(v: Lruvec, page: int) -> int:
    """LRU_GEN_FILE or LRU_GEN_ANON: which lists the page belongs to."""
    return int(v.memory[page] & MEMORY_FILE != 0)


@leaf
def memory_of(v: Lruvec, page: int) -> int:
    """What the page, which has been in memory, is to KVM: policy.Memory."""
    memory = v.memory[page]
    return int(memory & MEMORY_GUEST != 0) + int(memory & MEMORY_NESTED != 0)


@leaf
def lru_gen_from_seq(seq: int) -> int:
    """Which of the four places a generation has."""
    return int(seq) & (MAX_NR_GENS - 1)


@leaf
def folio_lru_gen(v: Lruvec, page: int) -> int:
    """The generation of a page that is on a list, else NO_GEN."""
    return int(v.flags[page]) // LRU_GEN_UNIT - 1


@leaf
def set_gen(v: Lruvec, page: int, gen: int) -> None:
    """Write the gen field: a generation, or NO_GEN."""
    v.flags[page] = v.flags[page] & PG_FLAGS | (gen + 1) * LRU_GEN_UNIT


@entry
def list_head(v: Lruvec, gen: int, kind: int) -> int:
    """Where the list of a generation's pages of one type begins and ends."""
    lists = ANON_AND_FILE * (MAX_NR_GENS * v.lru.memcg + gen) + kind
    return index(v.pte.size + lists)


@inlined
def of_memcg(v: Lruvec, memcg: int) -> Lruvec:
    """The same state as another memcg sees it."""
    return with_lru(v, v.lrus[memcg])


@inlined
def folio_lruvec(v: Lruvec, page: int) -> Lruvec:
    """The state as the page's memcg sees it."""
    return of_memcg(v, index(v.table[page // PTRS_PER_PTE].memcg))


@leaf
def list_del(v: Lruvec, page: int) -> None:
    """Take `page` off its list."""
    before, after = np.int64(v.folio[page].prev), np.int64(v.folio[page].next)
    v.folio[before].next = after
    v.folio[after].prev = before


@leaf
def list_add(v: Lruvec, page: int, gen: int, kind: int) -> None:
    """Put `page`, of this type, at the head of the list of `gen`."""
    head = list_head(v, gen, kind)
    first = np.int64(v.folio[head].next)
    v.folio[head].next = page
    v.folio[page].prev = head
    v.folio[page].next = first
    v.folio[first].prev = page


@leaf
def list_add_tail(v: Lruvec, page: int, gen: int) -> None:
    """Put `page` at the tail of the list of `gen`, where eviction starts."""
    head = list_head(v, gen, folio_is_file_lru(v, page))
    last = np.int64(v.folio[head].prev)
    v.folio[head].prev = page
    v.folio[page].next = head
    v.folio[page].prev = last
    v.folio[last].next = page


@leaf
def list_last(v: Lruvec, head: int) -> int:
    """The page at the tail of a list; its head if it is empty."""
    return int(np.int64(v.folio[head].prev))


@leaf
def clear_lru_refs(v: Lruvec, page: int) -> None:
    """Clear PG_referenced, PG_workingset and the refs field."""
    v.flags[page] &= PG_ACTIVE | LRU_GEN_MASK


@leaf
def lru_gen_enabled(v: Lruvec) -> bool:
    """Whether MGLRU is on; else there are an active and an inactive list (classic.py)."""
    return bool(v.lru.enabled & CORE != 0)


@leaf
def evictable_min_seq(v: Lruvec) -> int:
    """The oldest generation of either type."""
    return min(int(v.lru.min_seq[LRU_GEN_ANON]), int(v.lru.min_seq[LRU_GEN_FILE]))


@leaf
def seq_by_flags(v: Lruvec, rules: Rules, page: int) -> int:
    """The generation that a page belongs to, counted from the youngest.

    PG_active pages come first, then anonymous ones that are in no swap cache, then all others.
    """
    flags, memory = v.flags[page], v.memory[page]
    workingset = int(flags & PG_WORKINGSET != 0)
    if flags & PG_ACTIVE:
        behind = 1 - workingset
    elif not memory & (MEMORY_FILE | MEMORY_CACHED):
        behind = 1
    else:
        lifted = int(rules.reference_lifts and flags & PG_REFERENCED != 0)
        behind = MAX_NR_GENS - 1 - max(workingset, lifted)
    return max(int(v.lru.max_seq) - behind, int(v.lru.min_seq[folio_is_file_lru(v, page)]))


@leaf
def lru_gen_folio_seq(v: Lruvec, rules: Rules, page: int) -> int:
    """The generation that a page belongs to when it enters a list.

    Up to 6.12 a PG_active page goes to the youngest generation, a file's page that was read to an
    old one: the second oldest where more than three exist. (Other cases, of pages under writeback
    and of inactive anonymous ones, do not come up here.)
    """
    if rules.counts_from_youngest:
        return seq_by_flags(v, rules, page)
    if v.flags[page] & PG_ACTIVE:
        return int(v.lru.max_seq)
    oldest = v.lru.min_seq[folio_is_file_lru(v, page)]
    return int(oldest) if oldest + MIN_NR_GENS >= v.lru.max_seq else int(oldest) + 1


@leaf
def lru_gen_add_folio(v: Lruvec, rules: Rules, page: int) -> None:
    """Put the page at the head of the list of the generation that it belongs to.

    On the classic LRU, of the active list or the inactive one.
    """
    if not lru_gen_enabled(v):
        gen = LRU_ACTIVE if v.flags[page] & PG_ACTIVE else LRU_INACTIVE
    else:
        gen = lru_gen_from_seq(lru_gen_folio_seq(v, rules, page))
        if rules.adding_clears_refs and v.flags[page] & PG_ACTIVE:
            v.flags[page] &= PG_WORKINGSET | LRU_GEN_MASK
        v.flags[page] &= PG_REFERENCED | PG_WORKINGSET | LRU_REFS_MASK | LRU_GEN_MASK
    set_gen(v, page, gen)
    kind = folio_is_file_lru(v, page)
    v.lru.nr_pages[gen, kind] += 1
    list_add(v, page, gen, kind)


@leaf
def lru_gen_del(v: Lruvec, page: int) -> None:
    """lru_gen_del_folio: off its list, out of its generation's size."""
    gen = lru_gen_from_seq(folio_lru_gen(v, page))
    v.lru.nr_pages[gen, folio_is_file_lru(v, page)] -= 1
    set_gen(v, page, NO_GEN)
    list_del(v, page)


@leaf
def mark_first(v: Lruvec, page: int) -> None:
    """PG_referenced, nothing counted beyond it."""
    v.flags[page] = v.flags[page] & ALL_BUT_REFS | PG_REFERENCED


@leaf
def folio_update_gen(v: Lruvec, rules: Rules, page: int, gen: int) -> bool:
    """Promote by an accessed bit: change the generation, not the list; false if already there.

    A page without generation (isolated, or in a per-CPU batch) only gets PG_referenced; so does one
    that has to be seen twice, the first time.
    """
    old = folio_lru_gen(v, page)
    if rules.seen_twice and (old == NO_GEN or not v.flags[page] & SEEN):
        mark_first(v, page)
        return False
    if old == NO_GEN:
        v.flags[page] |= PG_REFERENCED
        return False
    clear_lru_refs(v, page)
    v.flags[page] |= PG_WORKINGSET if rules.seen_twice else 0
    if old == gen:
        return False
    set_gen(v, page, gen)
    kind = int(v.table[page // PTRS_PER_PTE].memory & MEMORY_FILE != 0)  # a walk's is at hand
    v.lru.nr_pages[lru_gen_from_seq(old), kind] -= 1
    v.lru.nr_pages[gen, kind] += 1
    return True


@leaf
def folio_inc_gen(v: Lruvec, rules: Rules, page: int) -> int:
    """From the oldest generation to the next, unless promoted before; returns its generation."""
    kind = folio_is_file_lru(v, page)
    oldest = lru_gen_from_seq(v.lru.min_seq[kind])
    if folio_lru_gen(v, page) != oldest:
        return folio_lru_gen(v, page)
    gen = lru_gen_from_seq(oldest + 1)
    v.flags[page] &= PG_ACTIVE | LRU_GEN_MASK | (PG_WORKINGSET if rules.keeps_flags else 0)
    set_gen(v, page, gen)
    v.lru.nr_pages[oldest, kind] -= 1
    v.lru.nr_pages[gen, kind] += 1
    return gen


@leaf
def folio_lru_refs(v: Lruvec, rules: Rules, page: int) -> int:
    """Accesses counted in the flags, 0 to 4."""
    flags = int(v.flags[page])
    counted = (flags & LRU_REFS_MASK) // LRU_REFS_UNIT
    if rules.seen_twice:
        return counted + 1 if flags & PG_REFERENCED else 0
    return counted + int(flags & PG_WORKINGSET != 0)


@leaf
def lru_tier_from_refs(rules: Rules, refs: int, workingset: bool) -> int:
    """The tier of a page with 0 to 4 refs: ceil(log2(refs + 1)).

    Where promotion makes a page PG_workingset, ceil(log2(refs)), and the last one for such a page.
    """
    if rules.seen_twice:
        if workingset:
            return MAX_NR_TIERS - 1
        refs = max(refs - 1, 0)
    if refs > 3:
        return 3
    return refs if refs < 2 else 2


@leaf
def is_lazily_promoted(v: Lruvec, rules: Rules, page: int, refs: int) -> bool:
    """Whether the flags have counted as many accesses as they can."""
    return bool(
        refs > LRU_REFS_MAX and (not rules.seen_twice or v.flags[page] & PG_WORKINGSET != 0)
    )
