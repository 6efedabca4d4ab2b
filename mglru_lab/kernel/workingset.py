"""Shadow entries, refaults, and which tiers are protected (mm/workingset.c, mm/vmscan.c)."""

import numpy as np

from mglru_lab.kernel.jit import jit, leaf
from mglru_lab.kernel.lruvec import (
    LRU_GEN_ANON,
    LRU_GEN_FILE,
    LRU_REFS_MASK,
    LRU_REFS_MAX,
    MAX_NR_TIERS,
    MIN_LRU_BATCH,
    PG_WORKINGSET,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import folio_is_file_lru, folio_lru_refs, lru_tier_from_refs
from mglru_lab.kernel.rules import Rules

MAX_SWAPPINESS = 200
"""Swappiness weighs the two types against each other: it and what it leaves of 200."""


@leaf
def leave_shadow(v: Lruvec, page: int, time: int, refs: int) -> None:
    """Leave a shadow entry for a page that is on no list any more, in the place of its links."""
    v.folio[page].next = time + 1
    v.folio[page].prev = refs


@leaf
def has_shadow(v: Lruvec, page: int) -> bool:
    """Whether a page that is not in memory has been."""
    return bool(v.folio[page].next != 0)


@leaf
def take_shadow(v: Lruvec, page: int) -> tuple[int, int]:
    """The time and the refs of a shadow entry, which is gone then."""
    time, refs = np.int64(v.folio[page].next) - 1, np.int64(v.folio[page].prev)
    v.folio[page].next = 0
    return int(time), int(refs)


@leaf
def lru_gen_eviction(v: Lruvec, page: int) -> None:
    """Leave a shadow entry: the oldest generation of now and the page's refs."""
    refs = folio_lru_refs(v, page)
    kind = folio_is_file_lru(v, page)
    leave_shadow(v, page, v.lru.min_seq[kind], refs)
    v.lru.evicted[kind, lru_tier_from_refs(refs)] += 1


@leaf
def count_refault(v: Lruvec, kind: int, refault: bool, activate: bool, restore: bool) -> None:
    """Count under the names of the page's type."""
    if kind == LRU_GEN_FILE:
        v.stat.workingset_refault_file += int(refault)
        v.stat.workingset_activate_file += int(activate)
        v.stat.workingset_restore_file += int(restore)
    else:
        v.stat.workingset_refault_anon += int(refault)
        v.stat.workingset_activate_anon += int(activate)
        v.stat.workingset_restore_anon += int(restore)


@leaf
def lru_gen_refault(v: Lruvec, rules: Rules, page: int, in_fault: bool) -> None:
    """A page is back; it is recent while the generation it was evicted from is still the oldest.

    A recent one is protected: if it was faulted, or read often enough before it went.
    """
    kind = folio_is_file_lru(v, page)
    seq, refs = take_shadow(v, page)
    recent, always = seq == v.lru.min_seq[kind], rules.refault_counts_always
    if not recent:
        count_refault(v, kind, always, recent, recent)
        return
    restored = in_fault or refs >= LRU_REFS_MAX
    count_refault(v, kind, recent, always, restored)
    v.lru.refaulted[kind, lru_tier_from_refs(refs)] += 1
    if restored:
        v.flags[page] |= PG_WORKINGSET | LRU_REFS_MASK


@jit
def reset_ctrl_pos(v: Lruvec, kind: int) -> None:
    """The oldest generation retires: its counts go into the averages at a weight of one half."""
    lru = v.lru
    for tier in range(MAX_NR_TIERS):
        refaulted = lru.avg_refaulted[kind, tier] + lru.refaulted[kind, tier]
        lru.avg_refaulted[kind, tier] = refaulted // 2
        total = lru.avg_total[kind, tier] + lru.evicted[kind, tier] + lru.protected[kind, tier]
        lru.avg_total[kind, tier] = total // 2
        lru.refaulted[kind, tier] = 0
        lru.evicted[kind, tier] = 0
        lru.protected[kind, tier] = 0


@leaf
def read_ctrl_pos(v: Lruvec, kind: int, tier: int) -> tuple[int, int]:
    """Of a type's tier, refaulted and in all, averages included."""
    lru = v.lru
    refaulted = lru.avg_refaulted[kind, tier] + lru.refaulted[kind, tier]
    total = lru.avg_total[kind, tier] + lru.evicted[kind, tier] + lru.protected[kind, tier]
    return int(refaulted), int(total)


@leaf
def positive_ctrl_err(v: Lruvec, of: tuple[int, int, int], against: tuple[int, int, int]) -> bool:
    """Whether a tier refaults little or less than another; each is (type, tier, gain)."""
    kind, tier, gain = of
    other_kind, other_tier, other_gain = against
    refaulted, total = read_ctrl_pos(v, kind, tier)
    other_refaulted, other_total = read_ctrl_pos(v, other_kind, other_tier)
    rate = refaulted * (other_total + MIN_LRU_BATCH) * other_gain
    return refaulted < MIN_LRU_BATCH or rate <= (other_refaulted + 1) * total * gain


@leaf
def last_tier(v: Lruvec, kind: int, gain: int, other_kind: int, other_gain: int) -> int:
    """The highest tier of a type to evict, where the next refaults more than the other's first."""
    for tier in range(1, MAX_NR_TIERS):
        if not positive_ctrl_err(v, (kind, tier, gain), (other_kind, 0, other_gain)):
            return tier - 1
    return MAX_NR_TIERS - 1


@leaf
def get_tier_idx(v: Lruvec, kind: int) -> int:
    """The highest tier to evict: the next one refaults at least at twice the rate of tier 0."""
    return last_tier(v, kind, 2, kind, 1)


@leaf
def get_type_to_scan(v: Lruvec, swappiness: int) -> tuple[int, int]:
    """The type whose first tier refaults less, and the highest of its tiers to evict."""
    anon, file = swappiness, MAX_SWAPPINESS - swappiness
    if positive_ctrl_err(v, (LRU_GEN_FILE, 0, file), (LRU_GEN_ANON, 0, anon)):
        return LRU_GEN_FILE, last_tier(v, LRU_GEN_FILE, file, LRU_GEN_ANON, anon)
    return LRU_GEN_ANON, last_tier(v, LRU_GEN_ANON, anon, LRU_GEN_FILE, file)
