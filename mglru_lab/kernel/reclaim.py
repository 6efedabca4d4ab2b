"""Reclaim for a memcg's limit: how much to scan, when to age, when to stop (mm/vmscan.c)."""

from mglru_lab.kernel.aging import MM_WALK, try_to_inc_max_seq
from mglru_lab.kernel.chance import RECLAIM, ROUND, SLAB
from mglru_lab.kernel.classic import SWAP_CLUSTER_MAX, shrink_classic_lruvec
from mglru_lab.kernel.eviction import evict_folios
from mglru_lab.kernel.jit import inlined, jit, leaf
from mglru_lab.kernel.lruvec import (
    AGED_WALK,
    ANON_AND_FILE,
    FRESH_WALK,
    MIN_LRU_BATCH,
    MIN_NR_GENS,
    NO_WALK,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import (
    evictable_min_seq,
    lru_gen_enabled,
    lru_gen_from_seq,
    of_memcg,
)
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.swap import lru_add_drain
from mglru_lab.policy.policy import Policy

DEF_PRIORITY = 12
VMPRESSURE_WIN = 16 * SWAP_CLUSTER_MAX
"""Pages scanned after which vmpressure wakes its kworker (mm/vmpressure.c)."""
VMPRESSURE_CRITICAL_PRIO = 3
"""The priority from which on every round counts as a whole window: ilog2(100 / 10)."""


@leaf
def generation_size(v: Lruvec, seq: int) -> int:
    """Pages of both types in one generation; a size may be negative for a while and counts as 0."""
    pages = 0
    for kind in range(ANON_AND_FILE):
        if seq >= v.lru.min_seq[kind]:
            pages += max(v.lru.nr_pages[lru_gen_from_seq(seq), kind], 0)
    return pages


@leaf
def total_pages(v: Lruvec) -> int:
    """Pages in all generations."""
    total = 0
    for seq in range(evictable_min_seq(v), v.lru.max_seq + 1):
        total += generation_size(v, seq)
    return total


@leaf
def should_run_aging(v: Lruvec, rules: Rules, total: int) -> bool:
    """Too few generations; with three of them, always or if many are young or few are old."""
    oldest = evictable_min_seq(v)
    if oldest + MIN_NR_GENS != v.lru.max_seq:
        return bool(oldest + MIN_NR_GENS > v.lru.max_seq)
    if rules.aging_by_generations:
        return True
    young = generation_size(v, v.lru.max_seq)
    old = generation_size(v, oldest)
    return bool(young * MIN_NR_GENS > total or old * (MIN_NR_GENS + 2) < total)


@inlined
def get_nr_to_scan(v: Lruvec, rules: Rules, policy: Policy, priority: int, left: int) -> int:
    """Pages to scan now, after aging where that is due; 0 ends the round.

    `left`: of a budget that was fixed when the round began; it ends the round when it is spent, and
    aging does not.
    """
    if rules.budget and left <= 0:
        return 0
    out_of_cold = evictable_min_seq(v) + MIN_NR_GENS > v.lru.max_seq
    total = total_pages(v)
    nr_to_scan = left if rules.budget else total >> priority
    if not should_run_aging(v, rules, total):
        return nr_to_scan
    if priority == DEF_PRIORITY and not out_of_cold:
        return nr_to_scan
    if priority == DEF_PRIORITY and not rules.budget:
        return 0
    aged = try_to_inc_max_seq(v, rules, policy, False)
    if v.lru.enabled & MM_WALK:
        v.cpu.mm_walk = AGED_WALK
    if rules.aging_ends_round or (out_of_cold and not aged and not rules.budget):
        return 0
    return nr_to_scan


@leaf
def should_abort_scan(v: Lruvec, rules: Rules, first_seq: int, swapping: bool, enough: int) -> bool:
    """Whether a round stops though there is more to scan; it began while `first_seq` was max_seq.

    `swapping`: it has scanned anonymous pages.
    """
    if not rules.abort_when_reclaimed:
        return False
    if rules.abort_needs_anon:
        return bool(v.lru.max_seq - first_seq > 1 or (v.stat.pgsteal >= enough and swapping))
    return bool(v.stat.pgsteal >= enough)


@jit
def shrink_lruvec(v: Lruvec, rules: Rules, policy: Policy, priority: int, enough: int) -> None:
    """One round at `priority`: age or evict; the caller is content when pgsteal is `enough`."""
    lru_add_drain(v, rules)
    v.cpu.mm_walk = FRESH_WALK if v.cpu.proactive and rules.proactive_has_walk else NO_WALK
    first_seq = v.lru.max_seq
    budget = total_pages(v) >> priority
    scanned, swapping = 0, bool(0)
    while True:
        nr_to_scan = get_nr_to_scan(v, rules, policy, priority, budget - scanned)
        if nr_to_scan <= 0:
            break
        anon_before = v.stat.pgscan_anon
        most = min(nr_to_scan, MIN_LRU_BATCH) if rules.budget else nr_to_scan
        delta = evict_folios(v, rules, policy, v.cpu.swappiness, most)
        swapping = swapping or v.stat.pgscan_anon > anon_before
        scanned += delta
        if delta == 0 or (scanned >= nr_to_scan and not rules.budget):
            break
        if should_abort_scan(v, rules, first_seq, swapping, enough):
            break
    v.cpu.mm_walk = NO_WALK


@inlined
def shrink_node_memcgs(
    v: Lruvec, rules: Rules, policy: Policy, priority: int, enough: int, whole: bool
) -> None:
    """A round in every memcg under the limit; a walk that is not whole goes on where one left off.

    A parent that only holds the limit has no pages: its round drains the batches. Such a walk ends
    after the memcg that brought enough, or after the last one.
    """
    memcgs = v.lrus.size
    if memcgs == 1:
        if lru_gen_enabled(v):
            shrink_lruvec(v, rules, policy, priority, enough)
        else:
            nr_to_reclaim = max(v.cpu.nr_to_reclaim, SWAP_CLUSTER_MAX)
            shrink_classic_lruvec(v, rules, policy, priority, nr_to_reclaim)
        return
    at = 0 if whole else int(v.cpu.position)
    while at <= memcgs:
        if at == 0:
            lru_add_drain(v, rules)
        else:
            shrink_lruvec(of_memcg(v, at - 1), rules, policy, priority, enough)
        at += 1
        if not whole and v.stat.pgsteal >= enough:
            break
    if not whole:
        v.cpu.position = 0 if at > memcgs else at


@leaf
def vmpressure(v: Lruvec, rules: Rules, scanned: int) -> None:
    """Account what a round of a limit's reclaim scanned; enough of it wakes a kworker.

    That runs at the next round's cond_resched(). When it is done the reclaiming task is switched
    in, so its mm counts as used, and the next aging of the same fault walks, too.
    """
    if v.cpu.proactive or not rules.vmpressure_wakes:
        return
    v.cpu.tree_scanned += scanned
    if v.cpu.tree_scanned >= VMPRESSURE_WIN:
        v.cpu.tree_scanned = 0
        v.lru.mm_used |= v.cpu.preemptible


@jit
def reclaimed_slab(v: Lruvec, rules: Rules, priority: int) -> int:
    """Slab pages that were freed in this round, where that counts (mm/slub.c)."""
    pages = 0
    for told in range(v.chance.shape[0]):
        reclaim, round_ = v.chance[told, RECLAIM], v.chance[told, ROUND]
        if reclaim == v.stat.reclaims and round_ == DEF_PRIORITY - priority + 1:
            pages += v.chance[told, SLAB] * int(rules.slab_is_reclaimed)
    return int(pages)


@inlined
def try_to_free_mem_cgroup_pages(v: Lruvec, rules: Rules, policy: Policy) -> int:
    """Reclaim at rising urgency until `nr_to_reclaim` pages are free; returns how many.

    If the classic LRU has left an active list alone and freed nothing, it is shrunk at last.
    """
    v.stat.reclaims += 1
    before = v.stat.pgsteal
    enough = before + max(v.cpu.nr_to_reclaim, SWAP_CLUSTER_MAX)
    v.cpu.skipped_deactivate = 0
    attempts = rules.reclaim_attempts
    for attempt in range(attempts + 1):
        if attempt == attempts and not v.cpu.skipped_deactivate:
            break
        v.cpu.force_deactivate = int(attempt == attempts)
        whole = attempt > 0 or attempts == 1
        for priority in range(DEF_PRIORITY, -1, -1):
            if priority <= VMPRESSURE_CRITICAL_PRIO:
                vmpressure(v, rules, VMPRESSURE_WIN)
            scanned_before = v.stat.pgscan
            shrink_node_memcgs(v, rules, policy, priority, enough, whole)
            enough -= reclaimed_slab(v, rules, priority)
            vmpressure(v, rules, v.stat.pgscan - scanned_before)
            if v.stat.pgsteal >= enough:
                break
        for kind in range(ANON_AND_FILE):
            v.lru.refaults[kind] = v.lru.flushed_activated[kind]
        if v.stat.pgsteal > before:
            break
    return int(v.stat.pgsteal - before)
