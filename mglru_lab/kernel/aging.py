"""Aging: the page table walk, the Bloom filters, a new youngest generation (mm/vmscan.c)."""

import numpy as np

from mglru_lab.kernel.chance import FLIPS, NOT_SEEN, WALKED
from mglru_lab.kernel.features import Enabled
from mglru_lab.kernel.hook import call_hook
from mglru_lab.kernel.jit import inlined, jit, leaf
from mglru_lab.kernel.lruvec import (
    ANON_AND_FILE,
    LRU_GEN_ANON,
    LRU_GEN_FILE,
    MAX_NR_GENS,
    MIN_NR_GENS,
    PG_WORKINGSET,
    PTE_PRESENT,
    PTE_STATE,
    PTRS_PER_PTE,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import (
    folio_inc_gen,
    folio_lru_refs,
    folio_update_gen,
    index,
    is_lazily_promoted,
    list_add_tail,
    list_del,
    list_head,
    list_last,
    lru_gen_from_seq,
    lru_tier_from_refs,
)
from mglru_lab.kernel.notifier import DIFFERS, clear_young_each, common_answer
from mglru_lab.kernel.promote import promote_young
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.workingset import reset_ctrl_pos
from mglru_lab.policy.policy import Policy, Where

MM_WALK = int(Enabled.MM_WALK)
NONLEAF_YOUNG = int(Enabled.NONLEAF_YOUNG)
AGING = int(Where.AGING)
PTES_PER_CACHE_LINE = 8


@inlined
def walk_pte_range(v: Lruvec, rules: Rules, policy: Policy, start: int, end: int) -> int:
    """Clear the accessed bits of pages `start` to `end`, promote the young; returns how many.

    A page without generation (isolated, or in a per-CPU batch) gets PG_referenced instead.
    """
    hooked = policy.aging_hook != 0
    answers, calls = policy.aging, policy.aging_calls
    answer = common_answer(v, answers, calls, hooked, start)
    gen = lru_gen_from_seq(v.lru.max_seq)
    if answer != DIFFERS:
        young, found = promote_young(v, rules, AGING, answer, calls, start, end, gen)
    else:
        young, found = clear_young_each(v, AGING, answers, calls, hooked, start, end, False)
        for i in range(young):
            page = int(np.int64(v.cpu.young[i]))
            v.stat.promoted_aging += int(folio_update_gen(v, rules, page, gen))
    v.stat.found_aging += found
    return young


@jit
def swap_waiting(v: Lruvec) -> None:
    """Hide the entries of the pages that wait in the LRU-add batch from a walk, or show them again.

    They have no generation, so that it passes over them, and leaves their accessed bits.
    """
    for i in range(v.cpu.add_count):
        if v.cpu.lru_add[i] >= 0:
            page = index(v.cpu.lru_add[i])
            v.pte[page], v.cpu.hidden[i] = v.cpu.hidden[i], v.pte[page]


@inlined
def walk_mm(v: Lruvec, rules: Rules, policy: Policy, forced: bool) -> None:
    """Give every page found young the youngest generation; skip old and sparse page tables."""
    if v.lru.has_notifiers and not policy.walks_vm:
        return
    if v.lru.has_notifiers and policy.aging_hook:
        start, end = v.lru.first_table * PTRS_PER_PTE, v.lru.end_table * PTRS_PER_PTE
        call_hook(policy.aging_hook, AGING, start, start, end, 0)
    seq = v.lru.max_seq
    skips_nonleaf = (
        v.lru.enabled & NONLEAF_YOUNG != 0
        and (rules.forced_walk_skips_nonleaf or not forced)
        and (policy.nonleaf_skips_vm if v.lru.has_notifiers else policy.nonleaf_skips_others)
    )
    filtered = not forced and v.lru.bloom_exists[seq % 2]
    v.stat.walks += 1
    v.stat.walks_forced += int(forced)
    for table in range(v.lru.first_table, v.lru.end_table):
        if skips_nonleaf:
            if not v.table[table].pmd_young:
                continue
            v.table[table].pmd_young = False
        if filtered and not v.table[table].bloom[seq % 2]:
            continue
        start, ptes = table * PTRS_PER_PTE, v.table[table].vma_ptes
        total = ptes + v.table[table].other_ptes
        v.stat.tables_walked += 1
        v.stat.ptes_walked += total
        if walk_pte_range(v, rules, policy, start, start + ptes) * PTES_PER_CACHE_LINE >= total:
            v.table[table].bloom[(seq + 1) % 2] = True


@jit
def has_resident_pages(v: Lruvec, least: int) -> bool:
    """Whether the mm has `least` pages that are mapped."""
    page, end = v.lru.first_table * PTRS_PER_PTE, v.lru.end_table * PTRS_PER_PTE
    while least > 0 and page < end:
        least -= int(v.pte[page] & PTE_STATE == PTE_PRESENT)
        page += 1
    return least <= 0


@inlined
def iterate_mm_list(v: Lruvec, rules: Rules, policy: Policy, forced: bool) -> None:
    """Walk the mm if it has run since its last walk; its first walk is a forced one."""
    if not v.lru.mm_walked:
        v.lru.mm_walked = True
        forced = True
    if not forced:
        told = v.chance.shape[0]
        if v.cpu.agings < told:
            v.lru.mm_used ^= v.chance[v.cpu.agings, FLIPS]
        v.cpu.agings += 1
        if v.stat.agings < told and v.chance[v.stat.agings, WALKED] != NOT_SEEN:
            walked = v.chance[v.stat.agings, WALKED]
            v.cpu.walks_by_chance += int(walked != v.lru.mm_used)
            v.lru.mm_used = walked
    used = v.lru.mm_used or forced
    v.lru.mm_used = False
    if not used:
        return
    if not has_resident_pages(v, rules.least_mm_pages):
        return
    following = (v.lru.max_seq + 1) % 2
    for table in range(v.lru.first_table, v.lru.end_table):
        v.table[table].bloom[following] = False
    v.lru.bloom_exists[following] = True
    if rules.skips_unlisted:
        swap_waiting(v)
    walk_mm(v, rules, policy, forced)
    if rules.skips_unlisted:
        swap_waiting(v)


@jit
def inc_min_seq(v: Lruvec, rules: Rules, kind: int) -> None:
    """Merge a type's oldest generation into the next one, from tail to tail."""
    head = list_head(v, lru_gen_from_seq(v.lru.min_seq[kind]), kind)
    while list_last(v, head) != head:
        page = list_last(v, head)
        if rules.merge_counts:
            refs = folio_lru_refs(v, rules, page)
            if not is_lazily_promoted(v, rules, page, refs):
                workingset = v.flags[page] & PG_WORKINGSET != 0
                v.lru.protected[kind, lru_tier_from_refs(rules, refs, workingset)] += 1
        gen = folio_inc_gen(v, rules, page)
        list_del(v, page)
        list_add_tail(v, page, gen)
    reset_ctrl_pos(v, kind)
    v.lru.min_seq[kind] += 1


@inlined
def inc_max_seq(v: Lruvec, rules: Rules) -> None:
    """Open a new youngest generation; where four exist the two oldest become one."""
    for kind in (LRU_GEN_FILE, LRU_GEN_ANON):
        if v.lru.max_seq - v.lru.min_seq[kind] + 1 == MAX_NR_GENS:
            inc_min_seq(v, rules, kind)
    v.lru.max_seq += 1
    v.lru.birth[lru_gen_from_seq(v.lru.max_seq)] = v.stat.accesses


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
    inc_max_seq(v, rules)
    v.stat.agings += 1
    return True


@leaf
def oldest_populated(v: Lruvec, kind: int) -> int:
    """The oldest generation of a type that has pages, or the younger of two."""
    seq = int(v.lru.min_seq[kind])
    while seq + MIN_NR_GENS <= v.lru.max_seq:
        head = list_head(v, lru_gen_from_seq(seq), kind)
        if list_last(v, head) != head:
            break
        seq += 1
    return seq


@jit
def try_to_inc_min_seq(v: Lruvec, rules: Rules) -> bool:
    """Retire empty oldest generations while two others remain; once, however many.

    Anonymous memory's oldest generation is never younger than that of files; or each type's goes by
    itself, but not to the last two while the other type has four.
    """
    anon, file = oldest_populated(v, LRU_GEN_ANON), oldest_populated(v, LRU_GEN_FILE)
    second = int(v.lru.max_seq) - MIN_NR_GENS
    if not rules.types_apart:
        anon = min(anon, file)
        file = max(anon, int(v.lru.min_seq[LRU_GEN_FILE]))
    elif anon > second and file < second:
        anon = second
    elif file > second and anon < second:
        file = second
    retired = False
    for kind in range(ANON_AND_FILE):
        seq = file if kind == LRU_GEN_FILE else anon
        if seq > v.lru.min_seq[kind]:
            reset_ctrl_pos(v, kind)
            v.lru.min_seq[kind] = seq
            retired = True
    return retired
