"""Per-CPU folio batches and mark_page_accessed (mm/swap.c).

A batch holds a reference on its pages. A page waiting to be added has no generation; a page
waiting to be activated stays on its old list with its old generation.
"""

from mglru_lab.kernel.jit import entry, jit
from mglru_lab.kernel.lruvec import (
    LRU_REFS_MAX,
    NO_GEN,
    PG_ACTIVE,
    PG_REFERENCED,
    PG_WORKINGSET,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import (
    lru_gen_add_active,
    lru_gen_del,
)
from mglru_lab.kernel.rules import Rules

FOREIGN = -1
"""A page of another memcg: it fills the batch and concerns us no further."""


@jit
def drain_lru_add(v: Lruvec, rules: Rules) -> None:
    """Put the waiting pages, in order, at the head of the youngest generation."""
    for i in range(v.lru.add_count):
        page = v.lru.lru_add[i]
        if page != FOREIGN:
            lru_gen_add_active(v, page, rules.adding_clears_refs)
            v.folio[page].held -= 1
    v.lru.add_count = 0


@jit
def drain_activate(v: Lruvec, rules: Rules) -> None:
    """Move the waiting pages to the youngest generation, but those isolated meanwhile."""
    for i in range(v.lru.activate_count):
        page = v.lru.activate[i]
        v.folio[page].held -= 1
        if v.folio[page].gen == NO_GEN:
            continue
        lru_gen_del(v, page)
        v.folio[page].pg |= PG_ACTIVE
        lru_gen_add_active(v, page, rules.adding_clears_refs)
        v.stat.pgactivate += 1
    v.lru.activate_count = 0


@entry
def lru_add_drain(v: Lruvec, rules: Rules) -> None:
    """Empty this CPU's batches."""
    drain_lru_add(v, rules)
    drain_activate(v, rules)


@entry
def folio_add_lru(v: Lruvec, rules: Rules, page: int) -> None:
    """A faulted page waits, PG_active, for its place in the youngest generation."""
    if page != FOREIGN:
        v.folio[page].pg |= PG_ACTIVE
        v.folio[page].held += 1
    v.lru.lru_add[v.lru.add_count] = page
    v.lru.add_count += 1
    if v.lru.add_count == rules.batch:
        drain_lru_add(v, rules)


@jit
def folio_activate(v: Lruvec, rules: Rules, page: int) -> None:
    """A page that is on a list waits to be moved to the youngest generation."""
    v.folio[page].held += 1
    v.lru.activate[v.lru.activate_count] = page
    v.lru.activate_count += 1
    if v.lru.activate_count == rules.batch:
        drain_activate(v, rules)


@jit
def mark_page_accessed(v: Lruvec, page: int) -> None:
    """Count an access in the flags: PG_referenced, then PG_workingset, then the refs field."""
    if not v.folio[page].pg & PG_REFERENCED:
        v.folio[page].pg |= PG_REFERENCED
    elif not v.folio[page].pg & PG_WORKINGSET:
        v.folio[page].pg |= PG_WORKINGSET
    elif v.folio[page].refs < LRU_REFS_MAX:
        v.folio[page].refs += 1
