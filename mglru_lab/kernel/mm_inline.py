"""Lists, and how a folio gets and changes its generation (include/linux/mm_inline.h)."""

from mglru_lab.kernel.jit import jit
from mglru_lab.kernel.lruvec import (
    MAX_NR_GENS,
    NO_GEN,
    PG_ACTIVE,
    PG_REFERENCED,
    PG_WORKINGSET,
    Lruvec,
)


@jit
def list_del(v: Lruvec, page: int) -> None:
    """Take `page` off its list."""
    before, after = v.prev[page], v.next[page]
    v.next[before] = after
    v.prev[after] = before


@jit
def list_add(v: Lruvec, page: int, gen: int) -> None:
    """Put `page` at the head of the list of `gen`."""
    head = v.folio.size + gen
    first = v.next[head]
    v.next[head] = page
    v.prev[page] = head
    v.next[page] = first
    v.prev[first] = page


@jit
def list_add_tail(v: Lruvec, page: int, gen: int) -> None:
    """Put `page` at the tail of the list of `gen`, where eviction starts."""
    head = v.folio.size + gen
    last = v.prev[head]
    v.prev[head] = page
    v.next[page] = head
    v.prev[page] = last
    v.next[last] = page


@jit
def clear_lru_refs(v: Lruvec, page: int) -> None:
    """Clear PG_referenced, PG_workingset and the refs field."""
    v.folio[page].pg &= PG_ACTIVE
    v.folio[page].refs = 0


@jit
def lru_gen_add_active(v: Lruvec, page: int, clears_refs: bool) -> None:
    """lru_gen_add_folio for a PG_active folio: the head of the youngest generation."""
    gen = v.lru.max_seq % MAX_NR_GENS
    folio = v.folio[page]
    folio.pg &= PG_REFERENCED | PG_WORKINGSET
    if clears_refs:
        folio.pg &= PG_WORKINGSET
        folio.refs = 0
    folio.gen = gen
    v.lru.nr_pages[gen] += 1
    list_add(v, page, gen)


@jit
def lru_gen_del(v: Lruvec, page: int) -> None:
    """lru_gen_del_folio: off its list, out of its generation's size."""
    v.lru.nr_pages[v.folio[page].gen] -= 1
    v.folio[page].gen = NO_GEN
    list_del(v, page)


@jit
def folio_update_gen(v: Lruvec, page: int, gen: int) -> bool:
    """Promote by an accessed bit: change the generation, not the list; false if already there.

    A page without generation (isolated, or in a per-CPU batch) only gets PG_referenced.
    """
    old = v.folio[page].gen
    if old == NO_GEN:
        v.folio[page].pg |= PG_REFERENCED
        return False
    clear_lru_refs(v, page)
    if old == gen:
        return False
    v.folio[page].gen = gen
    v.lru.nr_pages[old] -= 1
    v.lru.nr_pages[gen] += 1
    return True


@jit
def folio_inc_gen(v: Lruvec, page: int) -> int:
    """From the oldest generation to the next, unless promoted before; returns its generation."""
    oldest = v.lru.min_seq % MAX_NR_GENS
    if v.folio[page].gen != oldest:
        return int(v.folio[page].gen)
    gen = (oldest + 1) % MAX_NR_GENS
    clear_lru_refs(v, page)
    v.folio[page].gen = gen
    v.lru.nr_pages[oldest] -= 1
    v.lru.nr_pages[gen] += 1
    return int(gen)


@jit
def folio_lru_refs(v: Lruvec, page: int) -> int:
    """Accesses counted in the flags, 0 to 4."""
    return int(v.folio[page].refs) + int(v.folio[page].pg & PG_WORKINGSET != 0)


@jit
def lru_tier_from_refs(refs: int) -> int:
    """ceil(log2(refs + 1)) for 0 <= refs <= 4."""
    if refs > 3:
        return 3
    return refs if refs < 2 else 2
