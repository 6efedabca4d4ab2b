"""Eviction: scan the oldest generation, sort, isolate, judge, put back (mm/vmscan.c)."""

from mglru_lab.kernel.aging import try_to_inc_min_seq
from mglru_lab.kernel.hook import call_hook
from mglru_lab.kernel.jit import jit
from mglru_lab.kernel.look_around import LOOK_AROUND, lru_gen_look_around, window
from mglru_lab.kernel.lruvec import (
    LRU_REFS_MAX,
    MAX_LRU_BATCH,
    MAX_NR_GENS,
    MIN_LRU_BATCH,
    MIN_NR_GENS,
    PG_ACTIVE,
    PG_REFERENCED,
    PG_WORKINGSET,
    PTE_PRESENT,
    PTE_SWAP,
    SPTE_NONE,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import (
    clear_lru_refs,
    folio_inc_gen,
    folio_lru_refs,
    list_add,
    list_add_tail,
    list_del,
    lru_gen_add_active,
    lru_gen_del,
    lru_tier_from_refs,
)
from mglru_lab.kernel.mmu import Where
from mglru_lab.kernel.policy import IN_VAIN, Policy
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.workingset import get_tier_idx, lru_gen_eviction

EVICTION = int(Where.EVICTION)


@jit
def sort_folio(v: Lruvec, rules: Rules, page: int, tier_idx: int) -> bool:
    """Move a page that a walk promoted, or that its tier protects, to where it belongs."""
    gen = int(v.folio[page].gen)
    if gen != v.lru.min_seq % MAX_NR_GENS:
        list_del(v, page)
        list_add(v, page, gen)
        return True
    refs = folio_lru_refs(v, page)
    tier = lru_tier_from_refs(refs)
    if tier <= tier_idx and refs <= LRU_REFS_MAX:
        return False
    list_del(v, page)
    list_add_tail(v, page, folio_inc_gen(v, page))
    v.lru.protected[tier] += 1
    v.stat.workingset_activate_anon += int(not rules.refault_counts_always)
    return True


@jit
def isolate_folio(v: Lruvec, page: int) -> None:
    """Take a page off the lists; what its flags had counted is forgotten unless PG_referenced."""
    if v.folio[page].pg & PG_REFERENCED:
        v.folio[page].pg &= PG_WORKINGSET
    else:
        clear_lru_refs(v, page)
    lru_gen_del(v, page)


@jit
def scan_folios(v: Lruvec, rules: Rules) -> tuple[int, int]:
    """Fill `v.lru.scratch` from the tail of the oldest generation; returns (scanned, isolated)."""
    if v.lru.max_seq - v.lru.min_seq + 1 == MIN_NR_GENS:
        return 0, 0
    tier_idx = get_tier_idx(v)
    head = v.folio.size + v.lru.min_seq % MAX_NR_GENS
    scanned = 0
    isolated = 0
    while v.prev[head] != head and scanned < MAX_LRU_BATCH and isolated < MIN_LRU_BATCH:
        page = v.prev[head]
        scanned += 1
        if not sort_folio(v, rules, page, tier_idx):
            isolate_folio(v, page)
            v.lru.scratch[isolated] = page
            isolated += 1
    v.stat.pgscan += isolated
    v.stat.pgrefill += scanned - isolated
    if isolated == 0 and scanned < MAX_LRU_BATCH:
        scanned = 0
    return scanned, isolated


@jit
def should_look_around(
    v: Lruvec, policy: Policy, page: int, primary: bool, secondary: bool
) -> bool:
    """Whether the policy looks around `page`, young in the primary or the secondary MMU."""
    if not v.lru.has_notifiers:
        return bool(policy.others_look_around)
    if policy.look_around_hook:
        start, end = window(v, page)
        young = int(primary) + 2 * int(secondary)
        return call_hook(policy.look_around_hook, LOOK_AROUND, page, start, end, young) != 0
    memory = int(v.folio[page].guest) + int(v.folio[page].nested)
    return bool(policy.vm_looks_around and (primary or policy.secondary_starts[memory]))


@jit
def folio_referenced(v: Lruvec, rules: Rules, policy: Policy, page: int) -> bool:
    """The rmap walk: was the page young in either MMU? Clears its bits; look-around may follow."""
    folio = v.folio[page]
    primary, secondary = bool(folio.young), bool(folio.spte_young)
    v.stat.rmap_walks += 1
    memory = int(folio.guest) + int(folio.nested)
    if v.lru.has_notifiers:
        v.lru.calls[EVICTION, IN_VAIN] += policy.eviction_tries[memory]
        v.lru.calls[EVICTION, policy.eviction[memory]] += 1
        v.lru.asks[EVICTION, policy.eviction[memory]] += 1
    folio.young = False
    folio.spte_young = False
    if (primary or secondary) and should_look_around(v, policy, page, primary, secondary):
        lru_gen_look_around(v, rules, policy, page)
    return primary or secondary


@jit
def unmap(v: Lruvec, page: int) -> None:
    """try_to_unmap: the PTE becomes a swap entry, the secondary entry is zapped."""
    folio = v.folio[page]
    folio.pte = PTE_SWAP
    folio.young = False
    folio.swapcache = True
    if folio.guest:
        folio.spte = SPTE_NONE
        folio.spte_young = False
        v.lru.invalidate_seq += 1


@jit
def keeps(v: Lruvec, rules: Rules, policy: Policy, page: int) -> bool:
    """Judge an isolated page: kept, or (False) swapped out and freed."""
    folio = v.folio[page]
    if folio.pte == PTE_PRESENT:
        if folio.pg & PG_REFERENCED:
            v.stat.rescues += 1
            return True
        if folio_referenced(v, rules, policy, page):
            v.stat.rescues += 1
            v.stat.pgactivate += int(folio.pg & PG_REFERENCED != 0)
            return True
        unmap(v, page)
    if folio.held:  # a per-CPU batch still refers to it: it stays, in the swap cache
        return True
    folio.swapcache = False
    v.stat.pswpout += int(not (rules.zeromap and folio.zero_filled))
    lru_gen_eviction(v, page)
    v.lru.usage -= 1
    return False


@jit
def evict_folios(v: Lruvec, rules: Rules, policy: Policy) -> int:
    """One eviction call; returns the pages scanned, 0 where the caller must stop."""
    scanned, isolated = scan_folios(v, rules)
    scanned += int(try_to_inc_min_seq(v))
    if v.lru.max_seq - v.lru.min_seq + 1 == MIN_NR_GENS:
        scanned = 0
    kept = 0
    for i in range(isolated):
        page = v.lru.scratch[i]
        if keeps(v, rules, policy, page):
            v.lru.scratch[kept] = page
            kept += 1
    for i in range(kept):
        page = v.lru.scratch[i]
        clear_lru_refs(v, page)
        v.folio[page].pg |= PG_ACTIVE
        lru_gen_add_active(v, page, rules.adding_clears_refs)
    v.stat.pgsteal += isolated - kept
    return scanned
