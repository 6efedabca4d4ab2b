"""The classic LRU, `enabled 0`: an active and an inactive list of each type (mm/vmscan.c).

What it decides with are statistics that are as of their last flush: sizes of lists, activations.
Here a list's number stands in a folio's `gen`: LRU_INACTIVE or LRU_ACTIVE.
"""

import numpy as np

from mglru_lab.kernel.jit import inlined, jit, leaf
from mglru_lab.kernel.lruvec import (
    ANON_AND_FILE,
    LRU_GEN_ANON,
    LRU_GEN_FILE,
    LRU_GEN_MASK,
    LRU_REFS_MASK,
    MEMORY_CACHED,
    MEMORY_HELD,
    PG_ACTIVE,
    PG_REFERENCED,
    PG_WORKINGSET,
    PTE_PRESENT,
    PTE_STATE,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import (
    LRU_ACTIVE,
    LRU_INACTIVE,
    list_head,
    list_last,
    lru_gen_add_folio,
    lru_gen_del,
)
from mglru_lab.kernel.refault import cost_by_statistics, lru_note_cost, workingset_eviction
from mglru_lab.kernel.rmap import IN_NO_CACHE, clear_referenced, is_written, unmap
from mglru_lab.kernel.rstat import (
    count_faults,
    flush_stats,
    mem_cgroup_flush_stats,
    memcg_rstat_updated,
    pass_over,
    updated_one_by_one,
)
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.stock import uncharge
from mglru_lab.kernel.swap import lru_add_drain
from mglru_lab.kernel.workingset import MAX_SWAPPINESS
from mglru_lab.policy.policy import Policy

SWAP_CLUSTER_MAX = 32


@leaf
def let_others_run(v: Lruvec) -> None:
    """Where reclaim may be preempted (cond_resched): the timer's flush may come just here."""
    if v.cpu.flush_in > 0:
        v.cpu.flush_in -= 1
        if v.cpu.flush_in == 0:
            flush_stats(v)


@jit
def inactive_is_low(v: Lruvec, kind: int) -> bool:
    """Fewer inactive than active pages; below 1 GB of memory the ratio is one."""
    return bool(v.lru.flushed_inactive[kind] < v.lru.flushed_active[kind])


@jit
def may_deactivate(v: Lruvec, kind: int) -> bool:
    """Whether the active list is shrunk, too: pages are activated on refault, or it is too long."""
    refaulting = v.lru.flushed_activated[kind] != v.lru.refaults[kind]
    return v.cpu.force_deactivate != 0 or refaulting or inactive_is_low(v, kind)


@inlined
def isolate_lru_folios(v: Lruvec, nr_to_scan: int, kind: int, which: int) -> int:
    """Take pages off a list's tail into `v.cpu.scratch`; returns how many."""
    head = list_head(v, which, kind)
    taken = 0
    while taken < nr_to_scan:
        page = list_last(v, head)
        if page == head:
            break
        lru_gen_del(v, page)
        v.cpu.scratch[taken] = page
        taken += 1
    return taken


@leaf
def keeps(v: Lruvec, rules: Rules, policy: Policy, page: int) -> bool:
    """Judge an inactive page: kept, for a second look or as active, or (False) freed."""
    before = v.flags[page] & PG_REFERENCED != 0
    mapped = bool(v.pte[page] & PTE_STATE == PTE_PRESENT)
    primary, secondary = clear_referenced(v, policy, page) if mapped else (False, False)
    v.flags[page] &= PG_ACTIVE | PG_WORKINGSET | LRU_REFS_MASK | LRU_GEN_MASK
    if primary or secondary:
        v.stat.rescues += 1
        v.flags[page] |= PG_REFERENCED
        if before:
            v.flags[page] |= PG_ACTIVE
            v.stat.pgactivate += 1
            updated_one_by_one(v, 1)
        return True
    if not v.memory[page] & MEMORY_CACHED:
        updated_one_by_one(v, 2)  # MEMCG_SWAP, NR_SWAPCACHE
    if mapped:
        unmap(v, page)
        updated_one_by_one(v, 1)  # NR_ANON_MAPPED or NR_FILE_MAPPED
    if v.memory[page] & MEMORY_HELD:
        return True
    v.memory[page] &= IN_NO_CACHE
    if is_written(v, rules, page):
        v.stat.pswpout += 1
        updated_one_by_one(v, 2)  # NR_WRITEBACK, up and down
    updated_one_by_one(v, 1)  # NR_SWAPCACHE or NR_FILE_PAGES
    workingset_eviction(v, page)
    uncharge(v, 1)
    return False


@inlined
def shrink_inactive_list(v: Lruvec, rules: Rules, policy: Policy, nr: int, kind: int) -> int:
    """Judge up to `nr` pages from the tail of the inactive list; returns how many are freed."""
    lru_add_drain(v, rules)
    count_faults(v)
    taken = isolate_lru_folios(v, nr, kind, LRU_INACTIVE)
    memcg_rstat_updated(v, taken)  # the list's size, PGSCAN_DIRECT
    memcg_rstat_updated(v, taken)
    let_others_run(v)
    v.stat.pgscan += taken
    kept = 0
    for i in range(taken):
        page = int(np.int64(v.cpu.scratch[i]))
        if keeps(v, rules, policy, page):
            v.cpu.scratch[kept] = page
            kept += 1
    freed = taken - kept
    memcg_rstat_updated(v, freed)  # PGPGOUT
    for i in range(kept):
        page = int(np.int64(v.cpu.scratch[i]))
        lru_gen_add_folio(v, rules, page)
        v.lru.nonresident_age += int(v.flags[page] & PG_ACTIVE != 0)
    updated_one_by_one(v, kept)
    v.stat.pgsteal += freed
    memcg_rstat_updated(v, freed)  # PGSTEAL_DIRECT
    pass_over(v)
    if kind == LRU_GEN_FILE:
        v.stat.pgscan_file += taken
        v.stat.pgsteal_file += freed
        lru_note_cost(v, rules, kind, 0, kept)
    else:
        v.stat.pgscan_anon += taken
        v.stat.pgsteal_anon += freed
        lru_note_cost(v, rules, kind, freed, kept)
    return freed


@jit
def shrink_active_list(v: Lruvec, rules: Rules, policy: Policy, nr: int, kind: int) -> None:
    """Move up to `nr` pages from the tail of the active list to the head of the inactive one."""
    lru_add_drain(v, rules)
    count_faults(v)
    taken = isolate_lru_folios(v, nr, kind, LRU_ACTIVE)
    memcg_rstat_updated(v, taken)  # the list's size, PGREFILL
    memcg_rstat_updated(v, taken)
    let_others_run(v)
    v.stat.pgrefill += taken
    for i in range(taken):
        page = int(np.int64(v.cpu.scratch[i]))
        if v.pte[page] & PTE_STATE == PTE_PRESENT:
            clear_referenced(v, policy, page)
        v.flags[page] &= PG_REFERENCED | LRU_REFS_MASK | LRU_GEN_MASK
        v.flags[page] |= PG_WORKINGSET
        lru_gen_add_folio(v, rules, page)
    updated_one_by_one(v, taken)
    memcg_rstat_updated(v, taken)  # PGDEACTIVATE
    pass_over(v)


@inlined
def type_share(v: Lruvec, kind: int, scan: int, priority: int) -> int:
    """Of the pages to scan, those of one type: by swappiness and by what reclaiming it has cost."""
    trims_cache = v.lru.flushed_inactive[LRU_GEN_FILE] >> priority != 0
    if priority == 0:
        return scan
    if trims_cache and not may_deactivate(v, LRU_GEN_FILE):
        return scan if kind == LRU_GEN_FILE else 0
    both = v.lru.cost[LRU_GEN_ANON] + v.lru.cost[LRU_GEN_FILE]
    anon, file = both + v.lru.cost[LRU_GEN_ANON], both + v.lru.cost[LRU_GEN_FILE]
    total = anon + file + 1
    anon_share = v.cpu.swappiness * total // (anon + 1)
    file_share = (MAX_SWAPPINESS - v.cpu.swappiness) * total // (file + 1)
    share = file_share if kind == LRU_GEN_FILE else anon_share
    return int(scan * share // (anon_share + file_share))


@inlined
def get_scan_count(v: Lruvec, priority: int) -> None:
    """How many pages to scan of each list goes to `v.cpu.to_scan`."""
    for kind in range(ANON_AND_FILE):
        for which in (LRU_INACTIVE, LRU_ACTIVE):
            size = v.lru.nr_pages[which, kind] >> priority
            v.cpu.to_scan[kind, which] = type_share(v, kind, size, priority)


@jit
def shrink_classic_lruvec(
    v: Lruvec, rules: Rules, policy: Policy, priority: int, nr_to_reclaim: int
) -> None:
    """One round at `priority`, list by list, 32 pages at a time, until `nr_to_reclaim` are freed.

    Memory is of one type here, so that the kernel's proportion between the two never matters.
    """
    if rules.flushes_before_reclaim:
        mem_cgroup_flush_stats(v)
    if rules.costs_as_flushed:
        cost_by_statistics(v, rules)
    get_scan_count(v, priority)
    left = v.cpu.to_scan
    deactivates = (may_deactivate(v, LRU_GEN_ANON), may_deactivate(v, LRU_GEN_FILE))
    freed = 0
    let_others_run(v)
    while (
        left[LRU_GEN_ANON, LRU_INACTIVE]
        + left[LRU_GEN_FILE, LRU_INACTIVE]
        + left[LRU_GEN_FILE, LRU_ACTIVE]
        > 0
    ):
        for kind in range(ANON_AND_FILE):
            nr = min(left[kind, LRU_INACTIVE], SWAP_CLUSTER_MAX)
            left[kind, LRU_INACTIVE] -= nr
            if nr:
                freed += shrink_inactive_list(v, rules, policy, nr, kind)
            nr = min(left[kind, LRU_ACTIVE], SWAP_CLUSTER_MAX)
            left[kind, LRU_ACTIVE] -= nr
            if nr and deactivates[kind]:
                shrink_active_list(v, rules, policy, nr, kind)
            elif nr:
                v.cpu.skipped_deactivate = 1
        let_others_run(v)
        if freed >= nr_to_reclaim:
            break
    if inactive_is_low(v, LRU_GEN_ANON):
        shrink_active_list(v, rules, policy, SWAP_CLUSTER_MAX, LRU_GEN_ANON)
