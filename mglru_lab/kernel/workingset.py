"""Shadow entries, refaults, and which tiers are protected (mm/workingset.c, mm/vmscan.c)."""

from mglru_lab.kernel.jit import jit
from mglru_lab.kernel.lruvec import (
    LRU_REFS_MAX,
    MAX_NR_TIERS,
    MIN_LRU_BATCH,
    PG_WORKINGSET,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import (
    folio_lru_refs,
    lru_tier_from_refs,
)
from mglru_lab.kernel.rules import Rules


@jit
def lru_gen_eviction(v: Lruvec, page: int) -> None:
    """Leave a shadow entry: the oldest generation of now and the page's refs."""
    refs = folio_lru_refs(v, page)
    v.lru.evicted[lru_tier_from_refs(refs)] += 1
    v.folio[page].shadow_seq = v.lru.min_seq
    v.folio[page].shadow_refs = refs


@jit
def lru_gen_refault(v: Lruvec, rules: Rules, page: int) -> None:
    """A page is back; it is recent while the generation it was evicted from is still the oldest."""
    recent = v.folio[page].shadow_seq == v.lru.min_seq
    v.stat.workingset_refault_anon += int(recent or rules.refault_counts_always)
    if not recent:
        return
    v.lru.refaulted[lru_tier_from_refs(v.folio[page].shadow_refs)] += 1
    v.stat.workingset_activate_anon += int(rules.refault_counts_always)
    v.stat.workingset_restore_anon += 1
    v.folio[page].pg |= PG_WORKINGSET
    v.folio[page].refs = LRU_REFS_MAX


@jit
def reset_ctrl_pos(v: Lruvec) -> None:
    """The oldest generation retires: its counts go into the averages at a weight of one half."""
    for tier in range(MAX_NR_TIERS):
        v.lru.avg_refaulted[tier] = (v.lru.avg_refaulted[tier] + v.lru.refaulted[tier]) // 2
        total = v.lru.avg_total[tier] + v.lru.evicted[tier] + v.lru.protected[tier]
        v.lru.avg_total[tier] = total // 2
        v.lru.refaulted[tier] = 0
        v.lru.evicted[tier] = 0
        v.lru.protected[tier] = 0


@jit
def get_tier_idx(v: Lruvec) -> int:
    """The highest tier to evict: the next one refaults at least at twice the rate of tier 0.

    With no file pages the kernel's choice of type always ends with anon and this tier.
    """
    refaulted = v.lru.avg_refaulted[0] + v.lru.refaulted[0]
    total = v.lru.avg_total[0] + v.lru.evicted[0]
    for tier in range(1, MAX_NR_TIERS):
        again = v.lru.avg_refaulted[tier] + v.lru.refaulted[tier]
        of = v.lru.avg_total[tier] + v.lru.evicted[tier] + v.lru.protected[tier]
        if again >= MIN_LRU_BATCH and again * (total + MIN_LRU_BATCH) > 2 * (refaulted + 1) * of:
            return tier - 1
    return MAX_NR_TIERS - 1
