"""A stretch of accesses by the one process: the loop that everything else is called from."""

import numpy as np

from mglru_lab.kernel.filemap import filemap_read
from mglru_lab.kernel.jit import entry, inlined, jit, leaf
from mglru_lab.kernel.lruvec import (
    MEMORY_CACHED,
    PTE_MAPPED,
    PTE_YOUNG,
    PTRS_PER_PTE,
    SPTE_STATE,
    SPTE_YOUNG,
    ZERO_FILLED,
    Lruvec,
)
from mglru_lab.kernel.memory import faults, guest_access, guest_faults, user_access
from mglru_lab.kernel.policy import Policy
from mglru_lab.kernel.prefetch import prefetch
from mglru_lab.kernel.rules import Rules

PAGE_MASK = 0x3FFFFFFF
GUEST_BIT = 30
READ_BIT = 31
AHEAD = 8
"""Accesses, and twice as many."""
HOLDS_DATA = 0xFF ^ ZERO_FILLED


@jit
def touch_own_page(v: Lruvec, rules: Rules, policy: Policy) -> bool:
    """The worker of mixed memory keeps accounts between its stretches, on a page of its own."""
    if v.lru.own_page < 0:
        return True
    write = bool(1)  # a literal True would be compiled for a second time
    return user_access(v, rules, policy, v.lru.own_page, write)


@leaf
def page_of(entry: int, base: int) -> int:
    """The page of an entry whose region begins at page `base`."""
    return int(np.int64(np.uint32(base + (entry & PAGE_MASK))))


@leaf
def look_ahead(v: Lruvec, entries: np.ndarray, i: int, base: int) -> None:
    """Begin to load what an access some way ahead of `i` will need."""
    far = page_of(entries[min(i + 2 * AHEAD, entries.size - 1)], base)
    prefetch(v.pte, far)
    near = page_of(entries[min(i + AHEAD, entries.size - 1)], base)
    faulting = near if near < v.pte.size and not v.pte[near] & PTE_MAPPED else 0
    prefetch(v.folio, faulting)
    prefetch(v.flags, faulting)


@inlined
def user_hits(v: Lruvec, entries: np.ndarray, i: int, region: int, base: int) -> int:
    """Accesses from `i` on that need no fault; returns where the first other one is."""
    while i < entries.size:
        entry = entries[i]
        if (entry >> GUEST_BIT) & 1 != region:
            break
        look_ahead(v, entries, i, base)
        page = page_of(entry, base)
        write = entry >> READ_BIT == 0
        pte = v.pte[page]
        if faults(pte, write):
            break
        v.pte[page] = (pte & HOLDS_DATA if write else pte) | PTE_YOUNG
        v.table[page // PTRS_PER_PTE].pmd_young = True
        i += 1
    return i


@inlined
def guest_hits(v: Lruvec, entries: np.ndarray, i: int, region: int, base: int) -> int:
    """The same in a guest, whose code is mapped."""
    first = i
    while i < entries.size:
        entry = entries[i]
        if (entry >> GUEST_BIT) & 1 != region:
            break
        page = page_of(entry, base)
        write = entry >> READ_BIT == 0
        pte = v.pte[page]
        if guest_faults(pte, write):
            break
        v.stat.retouches += int(pte & SPTE_YOUNG == 0)
        v.pte[page] = (pte & HOLDS_DATA if write else pte) | SPTE_YOUNG
        if entry == 0:
            v.pte[page] |= ZERO_FILLED
        i += 1
    if i > first:
        v.pte[v.lru.code_page] |= SPTE_YOUNG
    return i


@entry
def replay(
    v: Lruvec,
    rules: Rules,
    policy: Policy,
    entries: np.ndarray,
    first_table: np.ndarray,
    by_guest: np.ndarray,
    by_read: bool,
    used_every: int,
    misses: np.ndarray,
) -> int:
    """Access page after page; returns the number done, less than all if memory ran out.

    `entries` (uint32): bit 31 a read, bit 30 the guest region, bits 0..29 the page.
    `first_table`, `by_guest`: per region its first page table and who touches it; `by_read`: by
    read() of a file, not through a mapping. A context switch
    enters the mm after every `used_every` accesses (0: never). `misses` (uint8, one an entry, or
    empty) gets 1 where the page was not in memory before its access.
    """
    v.lru.mm_used = True
    if v.lru.code_shares_table:  # with memory that the process itself uses
        v.table[v.lru.code_page // PTRS_PER_PTE].pmd_young = True
    left = used_every
    current = -1
    i = 0
    while i < entries.size:
        region = (entries[i] >> GUEST_BIT) & 1
        base = first_table[region] * PTRS_PER_PTE
        hits_end = i
        major = v.stat.pgmajfault
        if region != current:
            current = region
            if not touch_own_page(v, rules, policy):
                return i
        if by_guest[region]:
            if v.pte[v.lru.code_page] & SPTE_STATE:
                hits_end = guest_hits(v, entries, i, region, base)
        elif not by_read:
            hits_end = user_hits(v, entries, i, region, base)
        if hits_end > i:
            done = hits_end - i
            v.stat.accesses += done
            for hit in range(i, hits_end if misses.size else i):
                misses[hit] = False
        else:
            done = 1
            entry = entries[i]
            page = page_of(entry, base)
            write = entry >> READ_BIT == 0
            if misses.size:
                cached = v.folio[page].memory & MEMORY_CACHED
                misses[i] = not (v.pte[page] & PTE_MAPPED or cached)
            v.stat.accesses += 1
            if by_guest[region]:
                ok = guest_access(v, rules, policy, page, write)
            elif by_read:
                ok = filemap_read(v, rules, policy, page)
            else:
                ok = user_access(v, rules, policy, page, write)
            if not ok:
                return i
            if write:
                v.pte[page] &= HOLDS_DATA
                if by_guest[region] and entry == 0:
                    v.pte[page] |= ZERO_FILLED
        if region:
            v.stat.guest_accesses += done
            v.stat.guest_majflt += v.stat.pgmajfault - major
        else:
            v.stat.host_accesses += done
            v.stat.host_majflt += v.stat.pgmajfault - major
        i += done
        if used_every:
            left -= done
            if left <= 0:
                left = used_every - -left % used_every
                v.lru.mm_used = True
    return i if touch_own_page(v, rules, policy) else i - 1
