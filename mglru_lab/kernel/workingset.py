"""Shadow entries, refaults, and which tiers are protected (mm/workingset.c, mm/vmscan.c)."""

import numpy as np

from mglru_lab.kernel.jit import jit, leaf
from mglru_lab.kernel.lruvec import (
    LRU_GEN_ANON,
    LRU_GEN_FILE,
    LRU_REFS_MASK,
    LRU_REFS_MAX,
    LRU_REFS_UNIT,
    MAX_NR_GENS,
    MAX_NR_TIERS,
    MIN_LRU_BATCH,
    PG_WORKINGSET,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import (
    ALL_BUT_REFS,
    folio_is_file_lru,
    folio_lru_refs,
    lru_tier_from_refs,
)
from mglru_lab.kernel.rules import Rules

WAS_WORKINGSET = LRU_REFS_MAX + 1
"""In the refs of a shadow entry."""
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
def lru_gen_eviction(v: Lruvec, rules: Rules, page: int) -> None:
    """Leave a shadow entry: the oldest generation of now and the page's refs.

    With them whether it is PG_workingset, where refs do not tell: it then stands for as many.
    """
    refs = folio_lru_refs(v, rules, page)
    kind = folio_is_file_lru(v, page)
    workingset = v.flags[page] & PG_WORKINGSET != 0
    kept = max(refs - 1, 0) + WAS_WORKINGSET * int(workingset) if rules.seen_twice else refs
    leave_shadow(v, page, v.lru.min_seq[kind], kept)
    v.lru.evicted[kind, lru_tier_from_refs(rules, refs, workingset)] += 1


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

    Or while few have come since. A recent one is protected: if it was faulted, or read often enough
    before it went; or if it was PG_workingset then, which it is again.
    """
    kind = folio_is_file_lru(v, page)
    seq, kept = take_shadow(v, page)
    recent, always = seq == v.lru.min_seq[kind], rules.refault_counts_always
    if rules.recent_by_youngest:
        recent = abs(v.lru.max_seq - seq) < MAX_NR_GENS
    if not recent:
        count_refault(v, kind, always, recent, recent)
        return
    refs, workingset = kept, kept >= LRU_REFS_MAX
    if rules.seen_twice:
        refs, workingset = kept % WAS_WORKINGSET + 1, kept >= WAS_WORKINGSET
    restored = workingset or (in_fault and not rules.only_workingset_returns)
    activated = restored if rules.activate_counts_restored else always
    count_refault(v, kind, recent, activated and (in_fault or not rules.seen_twice), restored)
    v.lru.refaulted[kind, lru_tier_from_refs(rules, refs, workingset)] += 1
    if not rules.seen_twice:
        v.flags[page] |= PG_WORKINGSET | LRU_REFS_MASK if restored else 0
    elif restored:
        v.flags[page] |= PG_WORKINGSET
    else:
        v.flags[page] = v.flags[page] & ALL_BUT_REFS | (refs - 1) * LRU_REFS_UNIT


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
def get_tier_idx(v: Lruvec, rules: Rules, kind: int) -> int:
    """The highest tier to evict: the next one refaults more than tier 0, by a margin."""
    return last_tier(v, kind, rules.tier_margin, kind, rules.tier_gain)


@leaf
def sums(v: Lruvec, kind: int) -> tuple[int, int]:
    """Of a type, refaulted and in all, averages included."""
    refaulted, total = 0, 0
    for tier in range(MAX_NR_TIERS):
        its_refaulted, its_total = read_ctrl_pos(v, kind, tier)
        refaulted += its_refaulted
        total += its_total
    return refaulted, total


@leaf
def type_by_sums(v: Lruvec, swappiness: int) -> int:
    """The type whose tiers together refault less; one type's only at the ends of swappiness."""
    if swappiness <= 1:
        return LRU_GEN_FILE
    if swappiness >= MAX_SWAPPINESS:
        return LRU_GEN_ANON
    anon, file = sums(v, LRU_GEN_ANON), sums(v, LRU_GEN_FILE)
    rate = file[0] * (anon[1] + MIN_LRU_BATCH) * swappiness
    least = rate <= (anon[0] + 1) * file[1] * (MAX_SWAPPINESS - swappiness)
    return int(file[0] < MIN_LRU_BATCH or least)


@leaf
def get_type_to_scan(v: Lruvec, swappiness: int) -> tuple[int, int]:
    """The type whose first tier refaults less, and the highest of its tiers to evict."""
    anon, file = swappiness, MAX_SWAPPINESS - swappiness
    if positive_ctrl_err(v, (LRU_GEN_FILE, 0, file), (LRU_GEN_ANON, 0, anon)):
        return LRU_GEN_FILE, last_tier(v, LRU_GEN_FILE, file, LRU_GEN_ANON, anon)
    return LRU_GEN_ANON, last_tier(v, LRU_GEN_ANON, anon, LRU_GEN_FILE, file)
