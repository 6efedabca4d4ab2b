"""Look-around: eviction met a young page, so its neighbours are looked at, too (mm/vmscan.c)."""

import numpy as np

from mglru_lab.kernel.aging import PTES_PER_CACHE_LINE
from mglru_lab.kernel.jit import leaf
from mglru_lab.kernel.lruvec import (
    FRESH_WALK,
    LRU_REFS_UNIT,
    MIN_LRU_BATCH,
    NO_GEN,
    NO_WALK,
    PG_REFERENCED,
    PG_WORKINGSET,
    PTRS_PER_PTE,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import (
    SEEN,
    clear_lru_refs,
    folio_is_file_lru,
    folio_lru_gen,
    folio_lru_refs,
    folio_update_gen,
    lru_gen_from_seq,
    mark_first,
)
from mglru_lab.kernel.notifier import NOWHERE, clear_young
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.swap import folio_activate
from mglru_lab.policy.policy import Policy, Where

LOOK_AROUND = int(Where.LOOK_AROUND)


@leaf
def window(v: Lruvec, page: int) -> tuple[int, int]:
    """First page and end of the 64 PTEs around `page`, inside its page table and region."""
    start = page - page % PTRS_PER_PTE
    end = start + v.table[page // PTRS_PER_PTE].vma_ptes
    if end - start <= MIN_LRU_BATCH:
        return start, end
    if page - start < MIN_LRU_BATCH // 2:
        return start, start + MIN_LRU_BATCH
    if end - page < MIN_LRU_BATCH // 2:
        return end - MIN_LRU_BATCH, end
    return page - MIN_LRU_BATCH // 2, page + MIN_LRU_BATCH // 2


@leaf
def lru_gen_set_refs(v: Lruvec, rules: Rules, page: int) -> bool:
    """Count one sight of a mapped page by eviction; false for the first, which only marks it.

    The next one makes it PG_workingset, or (`third_sight`) only the one after a counted access.
    """
    if not v.flags[page] & SEEN:
        mark_first(v, page)
        return False
    if rules.third_sight and folio_lru_refs(v, rules, page) < 2:
        if v.flags[page] & PG_REFERENCED:
            v.flags[page] += LRU_REFS_UNIT
        else:
            mark_first(v, page)
    else:
        clear_lru_refs(v, page)
        v.flags[page] |= PG_WORKINGSET
    return True


@leaf
def lru_gen_look_around(v: Lruvec, rules: Rules, policy: Policy, page: int) -> None:
    """Promote the young pages around the isolated `page`; tell the next walk of a dense table."""
    start, end = window(v, page)
    if end - start == 1 and not rules.look_around_own_page:
        return
    v.stat.lookarounds += 1
    v.stat.lookaround_ptes += end - start
    walk = v.cpu.mm_walk
    youngest = lru_gen_from_seq(v.lru.max_seq)
    cannot_swap = rules.look_around_needs_can_swap and walk == FRESH_WALK
    promotes = not cannot_swap or bool(folio_is_file_lru(v, page))
    young = int(promotes)  # the page at hand, whose bits are cleared already
    found = 0
    if rules.look_around_own_page and promotes:
        v.flags[page] |= PG_REFERENCED
    end_seen = end if promotes else start
    hooked = policy.look_around_hook != 0
    settled = youngest if rules.look_around_defers or walk == NO_WALK else NOWHERE
    settled = NOWHERE if rules.seen_twice else settled
    near_young, listed = clear_young(
        v,
        LOOK_AROUND,
        policy.window,
        policy.window_calls,
        hooked,
        start,
        end_seen,
        settled,
        rules.skips_unlisted != 0,
    )
    young += near_young
    for i in range(listed):
        near = int(np.int64(v.cpu.young[i]))
        gen = folio_lru_gen(v, near)
        if gen == NO_GEN:
            v.flags[near] |= PG_REFERENCED
        elif rules.look_around_defers:
            if gen != youngest:
                v.cpu.scratch[MIN_LRU_BATCH + found] = near
                found += 1
        elif walk != NO_WALK:
            v.stat.promoted_lookaround += int(folio_update_gen(v, rules, near, youngest))
        elif rules.seen_twice:
            if lru_gen_set_refs(v, rules, near) and gen != youngest:
                v.stat.promoted_lookaround += 1
                folio_activate(v, rules, near)
        elif gen != youngest:
            clear_lru_refs(v, near)
            v.stat.promoted_lookaround += 1
            folio_activate(v, rules, near)
    if young * PTES_PER_CACHE_LINE >= end - start and v.lru.bloom_exists[v.lru.max_seq % 2]:
        v.table[page // PTRS_PER_PTE].bloom[v.lru.max_seq % 2] = True
    v.stat.promoted_lookaround += found
    for i in range(found):
        near = int(np.int64(v.cpu.scratch[MIN_LRU_BATCH + i]))
        if walk == NO_WALK and found < rules.batch:
            folio_activate(v, rules, near)
        else:
            folio_update_gen(v, rules, near, youngest)
