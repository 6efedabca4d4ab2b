"""Refault distances, by which the classic LRU judges a page that is back (mm/workingset.c)."""

from mglru_lab.kernel.jit import jit, leaf
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
def list_sizes(v: Lruvec) -> int:
    """Pages on all lists, as the statistics say."""
    size = 0
    for kind in range(ANON_AND_FILE):
        size += v.lru.flushed_inactive[kind] + v.lru.flushed_active[kind]
    return int(size)


@leaf
def halve_costs(v: Lruvec) -> bool:
    """Old costs fade once they exceed a quarter of the pages; false if they do not."""
    if v.lru.cost[LRU_GEN_ANON] + v.lru.cost[LRU_GEN_FILE] <= list_sizes(v) // 4:
        return False
    for kind in range(ANON_AND_FILE):
        v.lru.cost[kind] //= 2
    return True


@leaf
def lru_note_cost(v: Lruvec, rules: Rules, kind: int, nr_io: int, nr_rotated: int) -> None:
    """What reclaiming a type costs: I/O and pages scanned in vain; or these as statistics."""
    if rules.costs_as_flushed:
        v.lru.io[kind] += nr_io
        v.lru.rotated[kind] += nr_rotated
        return
    v.lru.cost[kind] += nr_io * rules.io_cost + nr_rotated * rules.rotation_cost
    halve_costs(v)


@jit
def cost_by_statistics(v: Lruvec, rules: Rules) -> None:
    """Add what the statistics count more than the last time, and halve until it is little."""
    lru = v.lru
    for kind in range(ANON_AND_FILE):
        nr_io = lru.flushed_io[kind] - lru.costed_io[kind]
        nr_rotated = lru.flushed_rotated[kind] - lru.costed_rotated[kind]
        lru.cost[kind] += nr_io * rules.io_cost + nr_rotated * rules.rotation_cost
        lru.costed_io[kind] += nr_io
        lru.costed_rotated[kind] += nr_rotated
    while halve_costs(v):
        pass


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
