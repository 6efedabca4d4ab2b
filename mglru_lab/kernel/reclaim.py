"""Reclaim for a memcg's limit: how much to scan, when to age, when to stop (mm/vmscan.c)."""

from mglru_lab.kernel.aging import MM_WALK, try_to_inc_max_seq
from mglru_lab.kernel.eviction import evict_folios
from mglru_lab.kernel.jit import jit
from mglru_lab.kernel.lruvec import AGED_WALK, FRESH_WALK, MAX_NR_GENS, MIN_NR_GENS, NO_WALK, Lruvec
from mglru_lab.kernel.policy import Policy
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.swap import lru_add_drain

DEF_PRIORITY = 12
SWAP_CLUSTER_MAX = 32


@jit
def total_pages(v: Lruvec) -> int:
    """Pages in all generations; a size may be negative for a while and counts as 0."""
    total = 0
    for seq in range(v.lru.min_seq, v.lru.max_seq + 1):
        total += max(v.lru.nr_pages[seq % MAX_NR_GENS], 0)
    return total


@jit
def should_run_aging(v: Lruvec, total: int) -> bool:
    """Too few generations, too many young pages, or too few old ones."""
    if v.lru.min_seq + MIN_NR_GENS != v.lru.max_seq:
        return bool(v.lru.min_seq + MIN_NR_GENS > v.lru.max_seq)
    young = max(v.lru.nr_pages[v.lru.max_seq % MAX_NR_GENS], 0)
    old = max(v.lru.nr_pages[v.lru.min_seq % MAX_NR_GENS], 0)
    return bool(young * MIN_NR_GENS > total or old * (MIN_NR_GENS + 2) < total)


@jit
def get_nr_to_scan(v: Lruvec, rules: Rules, policy: Policy, priority: int) -> int:
    """Pages to scan now, after aging where that is due; 0 ends the round."""
    out_of_cold = v.lru.min_seq + MIN_NR_GENS > v.lru.max_seq
    total = total_pages(v)
    nr_to_scan = total >> priority
    if not should_run_aging(v, total):
        return nr_to_scan
    if priority == DEF_PRIORITY:
        return 0 if out_of_cold else nr_to_scan
    forced = bool(0)  # a literal False would be compiled for a second time
    aged = try_to_inc_max_seq(v, rules, policy, forced)
    if v.lru.enabled & MM_WALK:
        v.lru.mm_walk = AGED_WALK
    if rules.aging_ends_round or (out_of_cold and not aged):
        return 0
    return nr_to_scan


@jit
def shrink_lruvec(v: Lruvec, rules: Rules, policy: Policy, priority: int, enough: int) -> None:
    """One round at `priority`: age or evict; the caller is content when pgsteal is `enough`."""
    lru_add_drain(v, rules)
    v.lru.mm_walk = FRESH_WALK if v.lru.proactive and rules.proactive_has_walk else NO_WALK
    first_seq = v.lru.max_seq
    scanned = 0
    while True:
        nr_to_scan = get_nr_to_scan(v, rules, policy, priority)
        if nr_to_scan <= 0:
            break
        delta = evict_folios(v, rules, policy)
        scanned += delta
        if delta == 0 or scanned >= nr_to_scan:
            break
        if rules.abort_when_reclaimed and (
            v.lru.max_seq - first_seq > 1 or v.stat.pgsteal >= enough
        ):
            break
    v.lru.mm_walk = NO_WALK


@jit
def try_to_free_mem_cgroup_pages(v: Lruvec, rules: Rules, policy: Policy) -> int:
    """Reclaim at rising urgency until `nr_to_reclaim` pages are free; returns how many."""
    v.stat.reclaims += 1
    before = v.stat.pgsteal
    enough = before + max(v.lru.nr_to_reclaim, SWAP_CLUSTER_MAX)
    for _ in range(rules.reclaim_attempts):
        for priority in range(DEF_PRIORITY, -1, -1):
            shrink_lruvec(v, rules, policy, priority, enough)
            if v.stat.pgsteal >= enough:
                break
        if v.stat.pgsteal > before:
            break
    return int(v.stat.pgsteal - before)
