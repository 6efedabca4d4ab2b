"""Eviction: scan the oldest generation, sort, isolate, judge, put back (mm/vmscan.c)."""

import numpy as np

from mglru_lab.kernel.aging import try_to_inc_min_seq
from mglru_lab.kernel.hook import call_hook
from mglru_lab.kernel.jit import jit, leaf
from mglru_lab.kernel.look_around import (
    LOOK_AROUND,
    lru_gen_look_around,
    lru_gen_set_refs,
    window,
)
from mglru_lab.kernel.lruvec import (
    LRU_GEN_ANON,
    LRU_GEN_FILE,
    LRU_GEN_MASK,
    LRU_REFS_MASK,
    MAX_LRU_BATCH,
    MEMORY_HELD,
    MIN_LRU_BATCH,
    MIN_NR_GENS,
    PG_ACTIVE,
    PG_REFERENCED,
    PG_WORKINGSET,
    PTE_PRESENT,
    PTE_STATE,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import (
    ALL_BUT_REFS,
    clear_lru_refs,
    evictable_min_seq,
    folio_inc_gen,
    folio_is_file_lru,
    folio_lru_gen,
    folio_lru_refs,
    is_lazily_promoted,
    list_add,
    list_add_tail,
    list_head,
    list_last,
    lru_gen_add_folio,
    lru_gen_folio_seq,
    lru_gen_from_seq,
    lru_tier_from_refs,
    memory_of,
)
from mglru_lab.kernel.rmap import IN_NO_CACHE, clear_referenced, is_written, unmap
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.stock import uncharge
from mglru_lab.kernel.workingset import (
    MAX_SWAPPINESS,
    count_refault,
    get_tier_idx,
    get_type_to_scan,
    lru_gen_eviction,
    type_by_sums,
)
from mglru_lab.policy.policy import Policy


@leaf
def sort_folio(v: Lruvec, rules: Rules, kind: int, page: int, oldest: int, tier_idx: int) -> bool:
    """Move a page that a walk promoted, or that its tier protects, to where it belongs.

    It has left its list, that of its type's generation whose place is `oldest`.
    """
    gen = folio_lru_gen(v, page)
    if gen != oldest:
        list_add(v, page, gen, kind)
        return True
    refs = folio_lru_refs(v, rules, page)
    tier = lru_tier_from_refs(rules, refs, v.flags[page] & PG_WORKINGSET != 0)
    lazily = is_lazily_promoted(v, rules, page, refs)
    if tier <= tier_idx and not lazily:
        return False
    gen = folio_inc_gen(v, rules, page)
    if rules.protected_head:
        list_add(v, page, gen, kind)
    else:
        list_add_tail(v, page, gen)
    v.lru.protected[kind, tier] += int(not (lazily and rules.keeps_flags))
    count_refault(v, kind, False, not rules.refault_counts_always, False)
    return True


@leaf
def isolate_folio(v: Lruvec, rules: Rules, page: int) -> None:
    """A page has left its list; what its flags had counted is forgotten unless PG_referenced."""
    flags = v.flags[page]
    if rules.keeps_flags:
        kept = 0xFF ^ LRU_GEN_MASK ^ (0 if flags & PG_REFERENCED else LRU_REFS_MASK)
    else:
        kept = PG_WORKINGSET | LRU_REFS_MASK if flags & PG_REFERENCED else PG_ACTIVE
    v.flags[page] = flags & kept


@jit
def scan_folios(v: Lruvec, rules: Rules, kind: int, tier_idx: int, most: int) -> tuple[int, int]:
    """Fill `v.cpu.scratch` from the tail of a type's oldest generation; look at `most` pages.

    Returns how many pages were scanned and how many of them isolated. All scanned pages leave the
    list at once, at the end.
    """
    if v.lru.max_seq - v.lru.min_seq[kind] + 1 == MIN_NR_GENS:
        return 0, 0
    oldest = lru_gen_from_seq(v.lru.min_seq[kind])
    head = list_head(v, oldest, kind)
    page = list_last(v, head)
    scanned = 0
    isolated = 0
    while page != head and scanned < most and isolated < MIN_LRU_BATCH:
        before = int(np.int64(v.folio[page].prev))
        scanned += 1
        if not sort_folio(v, rules, kind, page, oldest, tier_idx):
            isolate_folio(v, rules, page)
            v.cpu.scratch[isolated] = page
            isolated += 1
        page = before
    v.folio[head].prev = page
    v.folio[page].next = head
    v.lru.nr_pages[oldest, kind] -= isolated
    v.cpu.next_cold = head
    v.stat.pgscan += isolated
    if kind == LRU_GEN_FILE:
        v.stat.pgscan_file += isolated
    else:
        v.stat.pgscan_anon += isolated
    v.stat.pgrefill += scanned - isolated
    if isolated == 0 and scanned < most and not rules.returns_all_scanned:
        scanned = 0
    return scanned, isolated


@leaf
def first_type(v: Lruvec, rules: Rules, swappiness: int) -> tuple[int, int]:
    """The type to scan, and the highest of its tiers to evict.

    The one with the older pages, or that refaults less.
    """
    tier_idx = -1
    if rules.type_by_sums:
        kind = type_by_sums(v, swappiness)
    elif v.lru.min_seq[LRU_GEN_ANON] < v.lru.min_seq[LRU_GEN_FILE] or swappiness == MAX_SWAPPINESS:
        kind = LRU_GEN_ANON
    elif swappiness == 1:
        kind = LRU_GEN_FILE
    else:
        kind, tier_idx = get_type_to_scan(v, swappiness)
    if tier_idx < 0:
        tier_idx = get_tier_idx(v, rules, kind)
    return kind, tier_idx


@leaf
def isolate_folios(
    v: Lruvec, rules: Rules, swappiness: int, nr_to_scan: int
) -> tuple[int, int, int]:
    """Scan one type; if there is nothing, the other, or once more the same, if it was looked at.

    Returns the type, how many pages were scanned and how many of them isolated.
    """
    most = min(nr_to_scan, MAX_LRU_BATCH) if rules.scans_what_is_left else MAX_LRU_BATCH
    kind, tier_idx = first_type(v, rules, swappiness)
    scanned, isolated = 0, 0
    for attempt in range(2):
        if attempt > 0:
            tier_idx = get_tier_idx(v, rules, kind)
        looked_at, isolated = scan_folios(v, rules, kind, tier_idx, most)
        scanned += looked_at
        if isolated > 0 or (looked_at > 0 and not rules.returns_all_scanned):
            break
        if looked_at == 0:
            kind = LRU_GEN_FILE if kind == LRU_GEN_ANON else LRU_GEN_ANON
    return kind, scanned, isolated


@leaf
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
    starts = primary or policy.secondary_starts[memory_of(v, page)]
    return bool(policy.vm_looks_around and starts)


@leaf
def folio_referenced(v: Lruvec, rules: Rules, policy: Policy, page: int) -> bool:
    """The rmap walk: was the page young in either MMU? Look-around may follow."""
    primary, secondary = clear_referenced(v, policy, page)
    if (primary or secondary) and should_look_around(v, policy, page, primary, secondary):
        lru_gen_look_around(v, rules, policy, page)
    return primary or secondary


@leaf
def keeps(v: Lruvec, rules: Rules, policy: Policy, page: int) -> bool:
    """Judge an isolated page: kept, or (False) to be freed; a mapping of it is gone then."""
    if v.pte[page] & PTE_STATE == PTE_PRESENT:
        if v.flags[page] & PG_REFERENCED and not rules.keeps_flags:
            v.stat.rescues += 1
            return True
        if folio_referenced(v, rules, policy, page):
            v.stat.rescues += 1
            activates = v.flags[page] & PG_REFERENCED != 0
            if rules.seen_twice:
                activates = lru_gen_set_refs(v, rules, page)
                v.flags[page] |= PG_ACTIVE if activates else 0
            v.stat.pgactivate += int(activates)
            return True
        unmap(v, page)
    return bool(v.memory[page] & MEMORY_HELD)  # by a per-CPU batch: it stays, in its cache


@leaf
def free(v: Lruvec, rules: Rules, page: int) -> int:
    """Take an unmapped page out of its cache; returns how many pages were written to swap."""
    written = int(is_written(v, rules, page))
    lru_gen_eviction(v, rules, page)
    v.memory[page] &= IN_NO_CACHE
    return written


@leaf
def put_back(v: Lruvec, rules: Rules, page: int) -> None:
    """A page that is kept goes to the head of the youngest generation, its flags cleared.

    Or to where its flags say; if that is the oldest, PG_active and their refs cleared change it.
    """
    oldest = v.lru.min_seq[folio_is_file_lru(v, page)]
    if not rules.keeps_flags:
        clear_lru_refs(v, page)
        v.flags[page] |= PG_ACTIVE
    elif lru_gen_folio_seq(v, rules, page) == oldest:
        v.flags[page] = v.flags[page] & ALL_BUT_REFS & ~PG_REFERENCED | PG_ACTIVE
    lru_gen_add_folio(v, rules, page)


@leaf
def is_unmapped_file(v: Lruvec, page: int) -> bool:
    """Whether the page is a file's that no page table maps, and not to be activated."""
    mapped = v.pte[page] & PTE_STATE == PTE_PRESENT
    return bool(folio_is_file_lru(v, page) and not mapped and not v.flags[page] & PG_ACTIVE)


@jit
def shrink_folio_list(
    v: Lruvec, rules: Rules, policy: Policy, isolated: int, is_retry: bool
) -> tuple[int, int]:
    """Judge the isolated pages in `v.cpu.scratch` and put back those that are kept.

    Returns how many are kept, and how many of them are still isolated: unmapped pages of a file
    are to be tried once more, because a batch that held them may have been emptied meanwhile.
    """
    kept, written = 0, 0
    for i in range(isolated):
        page = int(np.int64(v.cpu.scratch[i]))
        if keeps(v, rules, policy, page):
            v.cpu.scratch[kept] = page
            kept += 1
        else:
            written += free(v, rules, page)
    v.stat.pswpout += written
    uncharge(v, isolated - kept)
    clean = 0
    for i in range(kept):
        page = int(np.int64(v.cpu.scratch[i]))
        if is_unmapped_file(v, page) and not is_retry:
            v.cpu.scratch[clean] = page
            clean += 1
        else:
            put_back(v, rules, page)
    return kept, clean


@jit
def evict_folios(v: Lruvec, rules: Rules, policy: Policy, swappiness: int, nr_to_scan: int) -> int:
    """One eviction call; returns the pages scanned, 0 where the caller must stop."""
    if rules.returns_all_scanned:
        try_to_inc_min_seq(v, rules)
    kind, scanned, isolated = isolate_folios(v, rules, swappiness, nr_to_scan)
    if not rules.returns_all_scanned:
        scanned += int(try_to_inc_min_seq(v, rules))
        if v.lru.max_seq - evictable_min_seq(v) + 1 == MIN_NR_GENS:
            scanned = 0
    elif scanned:
        try_to_inc_min_seq(v, rules)
    kept, clean = shrink_folio_list(v, rules, policy, isolated, False)
    if clean:
        still_kept, _ = shrink_folio_list(v, rules, policy, clean, True)
        kept += still_kept - clean
    steal = isolated - kept
    v.stat.pgsteal += steal
    if kind == LRU_GEN_FILE:
        v.stat.pgsteal_file += steal
    else:
        v.stat.pgsteal_anon += steal
    return scanned
