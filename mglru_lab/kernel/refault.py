"""Refault distances, by which the classic LRU judges a page that is back (mm/workingset.c)."""

from mglru_lab.kernel.jit import leaf
from mglru_lab.kernel.lruvec import (
    ANON_AND_FILE,
    LRU_GEN_ANON,
    LRU_GEN_FILE,
    PG_ACTIVE,
    PG_WORKINGSET,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import folio_is_file_lru, lru_gen_enabled
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.workingset import count_refault, leave_shadow, lru_gen_refault, take_shadow


@leaf
def workingset_eviction(v: Lruvec, page: int) -> None:
    """Leave a shadow entry: evictions and activations so far, and whether it was active before."""
    was_active = int(v.flags[page] & PG_WORKINGSET != 0)
    leave_shadow(v, page, v.lru.nonresident_age, was_active)
    v.lru.nonresident_age += 1


@leaf
def lru_note_cost(v: Lruvec, rules: Rules, kind: int, nr_io: int, nr_rotated: int) -> None:
    """What reclaiming a type costs: I/O and pages scanned in vain, old costs fading."""
    v.lru.cost[kind] += nr_io * rules.io_cost + nr_rotated * rules.rotation_cost
    size = 0
    for each in range(ANON_AND_FILE):
        size += v.lru.flushed_inactive[each] + v.lru.flushed_active[each]
    if v.lru.cost[LRU_GEN_ANON] + v.lru.cost[LRU_GEN_FILE] > size // 4:
        for each in range(ANON_AND_FILE):
            v.lru.cost[each] //= 2


@leaf
def workingset_size(v: Lruvec, kind: int) -> int:
    """Pages that a refaulting page competes with: all lists but the inactive one of its type."""
    size = v.lru.flushed_active[LRU_GEN_ANON] + v.lru.flushed_active[LRU_GEN_FILE]
    other = LRU_GEN_ANON if kind == LRU_GEN_FILE else LRU_GEN_FILE
    return int(size + v.lru.flushed_inactive[other])


@leaf
def workingset_refault(v: Lruvec, rules: Rules, page: int, in_fault: bool) -> None:
    """A page is back; on the classic LRU it is active if it would have stayed, had it been so."""
    if lru_gen_enabled(v):
        lru_gen_refault(v, rules, page, in_fault)
        return
    kind = folio_is_file_lru(v, page)
    age, was_active = take_shadow(v, page)
    recent = v.lru.nonresident_age - age <= workingset_size(v, kind)
    restored = recent and was_active != 0
    count_refault(v, kind, True, recent, restored)
    if recent:
        v.flags[page] |= PG_ACTIVE
        v.lru.nonresident_age += 1
        v.lru.activated[kind] += 1
    if restored:
        v.flags[page] |= PG_WORKINGSET
        lru_note_cost(v, rules, kind, 1, 0)
