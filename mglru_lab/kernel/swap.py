"""Per-CPU folio batches and mark_page_accessed (mm/swap.c).

A batch holds a reference on its pages. A page waiting to be added has no generation; a page
waiting to be activated stays on its old list with its old generation.
"""

import numpy as np

from mglru_lab.kernel.jit import entry, jit, leaf, leaf_entry
from mglru_lab.kernel.lruvec import (
    LRU_GEN_MASK,
    LRU_REFS_MASK,
    LRU_REFS_UNIT,
    MEMORY_HELD,
    NO_GEN,
    PG_ACTIVE,
    PG_REFERENCED,
    PG_WORKINGSET,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import (
    ALL_BUT_REFS,
    folio_lru_gen,
    folio_lruvec,
    index,
    lru_gen_add_folio,
    lru_gen_del,
    lru_gen_enabled,
    mark_first,
    of_memcg,
)
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.stock import uncharge

HELD_NO_MORE = 0xFF ^ MEMORY_HELD
FOREIGN = -1
"""A page of another memcg: it fills the batch and concerns us no further."""
GIVEN_BACK = FOREIGN - 1
"""A page that was given back while it waited, of memcg 0; GIVEN_BACK - n is one of memcg n. It
stays charged until the batch lets go of it."""


@jit
def drain_lru_add(v: Lruvec, rules: Rules) -> None:
    """Put the waiting pages, in order, at the head of the generation that each belongs to."""
    for i in range(v.cpu.add_count):
        waiting = v.cpu.lru_add[i]
        if waiting > FOREIGN:
            page = index(waiting)
            lru_gen_add_folio(folio_lruvec(v, page), rules, page)
            v.memory[page] &= HELD_NO_MORE
        elif waiting < FOREIGN:
            uncharge(of_memcg(v, GIVEN_BACK - waiting), 1)
    v.cpu.add_count = 0


@jit
def drain_activate(v: Lruvec, rules: Rules) -> None:
    """Move the waiting pages to the youngest generation, but those isolated meanwhile."""
    for i in range(v.cpu.activate_count):
        page = int(np.int64(v.cpu.activate[i]))
        v.memory[page] &= HELD_NO_MORE
        if folio_lru_gen(v, page) == NO_GEN or v.flags[page] & PG_ACTIVE:
            continue
        its = folio_lruvec(v, page)
        lru_gen_del(its, page)
        v.flags[page] |= PG_ACTIVE
        lru_gen_add_folio(its, rules, page)
        v.stat.pgactivate += 1
    v.cpu.activate_count = 0


@entry
def lru_add_drain(v: Lruvec, rules: Rules) -> None:
    """Empty this CPU's batches."""
    drain_lru_add(v, rules)
    drain_activate(v, rules)


@leaf_entry
def folio_add_lru(v: Lruvec, rules: Rules, page: int, in_fault: bool) -> None:
    """A new page waits for its place, with what a fault makes of its flags: PG_active.

    Where a fault marks a page, only one that has come back as PG_workingset is PG_active.
    """
    if page > FOREIGN:
        if in_fault and lru_gen_enabled(v):
            if not rules.fault_marks or v.flags[page] & PG_WORKINGSET:
                v.flags[page] |= PG_ACTIVE
            elif not v.flags[page] & PG_REFERENCED:
                mark_first(v, page)
        v.memory[page] |= MEMORY_HELD
    v.cpu.lru_add[np.uint32(v.cpu.add_count)] = page
    v.cpu.add_count += 1
    if v.cpu.add_count == rules.batch:
        drain_lru_add(v, rules)


@jit
def folio_activate(v: Lruvec, rules: Rules, page: int) -> None:
    """A page that is on a list waits to be moved to the youngest generation."""
    v.memory[page] |= MEMORY_HELD
    v.cpu.activate[v.cpu.activate_count] = page
    v.cpu.activate_count += 1
    if v.cpu.activate_count == rules.batch:
        drain_activate(v, rules)


@leaf
def mark_page_accessed(v: Lruvec, rules: Rules, page: int) -> None:
    """Count an access in the flags: PG_referenced, then PG_workingset, then the refs field.

    PG_workingset comes last where an access has to be seen twice. On the classic LRU the second
    access makes the page active.
    """
    if not v.flags[page] & PG_REFERENCED:
        v.flags[page] |= PG_REFERENCED
        if rules.seen_twice and lru_gen_enabled(v):
            v.flags[page] &= ALL_BUT_REFS
    elif not lru_gen_enabled(v):
        if v.flags[page] & PG_ACTIVE:
            return
        if folio_lru_gen(v, page) != NO_GEN:
            folio_activate(v, rules, page)
        else:  # it waits in the LRU-add batch
            v.flags[page] |= PG_ACTIVE
        v.flags[page] &= PG_ACTIVE | PG_WORKINGSET | LRU_REFS_MASK | LRU_GEN_MASK
        v.lru.nonresident_age += 1
    elif not v.flags[page] & PG_WORKINGSET and not rules.seen_twice:
        v.flags[page] |= PG_WORKINGSET
    elif v.flags[page] & LRU_REFS_MASK != LRU_REFS_MASK:
        v.flags[page] += LRU_REFS_UNIT
    else:
        v.flags[page] |= PG_WORKINGSET
