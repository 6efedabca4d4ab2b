"""Aging: the page table walk, the Bloom filters, a new youngest generation (mm/vmscan.c).

The order of pages does not matter here, so a walk is a few expressions over whole arrays.
"""

import numpy as np

from mglru_lab.kernel.features import Enabled
from mglru_lab.kernel.hook import call_hook
from mglru_lab.kernel.jit import jit
from mglru_lab.kernel.lruvec import (
    MAX_NR_GENS,
    MIN_NR_GENS,
    NO_GEN,
    PG_REFERENCED,
    PTE_PRESENT,
    PTRS_PER_PTE,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import (
    folio_inc_gen,
    list_add_tail,
    list_del,
)
from mglru_lab.kernel.mmu import Where
from mglru_lab.kernel.notifier import clear_young
from mglru_lab.kernel.policy import Policy
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.workingset import reset_ctrl_pos

MM_WALK = int(Enabled.MM_WALK)
NONLEAF_YOUNG = int(Enabled.NONLEAF_YOUNG)
AGING = int(Where.AGING)
PTES_PER_CACHE_LINE = 8


@jit
def walk_pte_range(v: Lruvec, policy: Policy, start: int, end: int) -> int:
    """Clear the accessed bits of pages `start` to `end`, promote the young; returns how many.

    A page without generation (isolated, or in a per-CPU batch) gets PG_referenced instead.
    """
    folio = v.folio[start:end]
    hooked = policy.aging_hook != 0
    young, found = clear_young(v, AGING, policy.aging, policy.aging_calls, hooked, start, end)
    v.stat.found_aging += found
    gen = v.lru.max_seq % MAX_NR_GENS
    listed = young & (folio.gen != NO_GEN)
    folio.pg[listed] = 0
    folio.refs[listed] = 0
    for old in range(MAX_NR_GENS):
        pages = np.count_nonzero(listed & (folio.gen == old))
        v.lru.nr_pages[old] -= pages
        v.lru.nr_pages[gen] += pages
        v.stat.promoted_aging += 0 if old == gen else pages
    folio.gen[listed] = gen
    for page in np.flatnonzero(young & ~listed):
        folio[page].pg |= PG_REFERENCED
    return int(np.count_nonzero(young))


@jit
def walk_mm(v: Lruvec, rules: Rules, policy: Policy, forced: bool) -> None:
    """Give every page found young the youngest generation; skip old and sparse page tables."""
    if v.lru.has_notifiers and not policy.walks_vm:
        return
    if v.lru.has_notifiers and policy.aging_hook:
        call_hook(policy.aging_hook, AGING, 0, 0, v.folio.size, 0)
    seq = v.lru.max_seq
    skips_nonleaf = (
        v.lru.enabled & NONLEAF_YOUNG != 0
        and (rules.forced_walk_skips_nonleaf or not forced)
        and (policy.nonleaf_skips_vm if v.lru.has_notifiers else policy.nonleaf_skips_others)
    )
    filtered = not forced and v.bloom_exists[seq % 2]
    v.stat.walks += 1
    v.stat.walks_forced += int(forced)
    for table in range(v.table.size):
        if skips_nonleaf:
            if not v.table[table].pmd_young:
                continue
            v.table[table].pmd_young = False
        if filtered and not v.bloom[seq % 2, table]:
            continue
        start, ptes = table * PTRS_PER_PTE, v.table[table].vma_ptes
        v.stat.tables_walked += 1
        v.stat.ptes_walked += ptes
        if walk_pte_range(v, policy, start, start + ptes) * PTES_PER_CACHE_LINE >= ptes:
            v.bloom[(seq + 1) % 2, table] = True


@jit
def iterate_mm_list(v: Lruvec, rules: Rules, policy: Policy, forced: bool) -> None:
    """Walk the mm if it has run since its last walk; its first walk is a forced one."""
    if not v.lru.mm_walked:
        v.lru.mm_walked = True
        forced = True
    if not forced:
        if np.any(v.extra_walks == v.lru.agings):
            v.lru.mm_used = True
        v.lru.agings += 1
    used = v.lru.mm_used or forced
    v.lru.mm_used = False
    if not used:
        return
    if np.count_nonzero(v.folio.pte == PTE_PRESENT) < rules.least_mm_pages:
        return
    following = (v.lru.max_seq + 1) % 2
    v.bloom[following, :] = False
    v.bloom_exists[following] = True
    walk_mm(v, rules, policy, forced)


@jit
def inc_min_seq(v: Lruvec) -> None:
    """Merge the oldest generation into the next one, from tail to tail."""
    head = v.folio.size + v.lru.min_seq % MAX_NR_GENS
    while v.prev[head] != head:
        page = v.prev[head]
        gen = folio_inc_gen(v, page)
        list_del(v, page)
        list_add_tail(v, page, gen)
    reset_ctrl_pos(v)
    v.lru.min_seq += 1


@jit
def inc_max_seq(v: Lruvec) -> None:
    """Open a new youngest generation; where four exist the two oldest become one."""
    if v.lru.max_seq - v.lru.min_seq + 1 == MAX_NR_GENS:
        inc_min_seq(v)
    v.lru.max_seq += 1
    v.lru.birth[v.lru.max_seq % MAX_NR_GENS] = v.stat.accesses


@jit
def try_to_inc_max_seq(v: Lruvec, rules: Rules, policy: Policy, forced: bool) -> bool:
    """Age once: walk where the kernel walks, then a new generation; false if it was too early."""
    if v.lru.max_seq <= v.lru.mm_seq:
        return False
    if v.lru.enabled & MM_WALK or (forced and rules.forced_aging_walks):
        iterate_mm_list(v, rules, policy, forced)
    elif rules.nowalk_forgets_mm:
        v.lru.mm_walked = False
    v.lru.mm_seq += 1
    inc_max_seq(v)
    v.stat.agings += 1
    return True


@jit
def try_to_inc_min_seq(v: Lruvec) -> bool:
    """Retire empty oldest generations while two others remain; once, however many."""
    old = v.lru.min_seq
    while v.lru.min_seq + MIN_NR_GENS <= v.lru.max_seq:
        head = v.folio.size + v.lru.min_seq % MAX_NR_GENS
        if v.next[head] != head:
            break
        v.lru.min_seq += 1
    if v.lru.min_seq == old:
        return False
    reset_ctrl_pos(v)
    return True
