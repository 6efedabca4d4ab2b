"""A stretch of accesses by the one process: the loop that everything else is called from."""

import numpy as np

from mglru_lab.kernel.filemap import filemap_read
from mglru_lab.kernel.jit import entry, jit, leaf
from mglru_lab.kernel.lruvec import (
    MEMORY_CACHED,
    MEMORY_GUEST,
    PTE_MAPPED,
    PTRS_PER_PTE,
    ZERO_FILLED,
    Lruvec,
)
from mglru_lab.kernel.memory import guest_access, user_access
from mglru_lab.kernel.mm_inline import index
from mglru_lab.kernel.prefetch import prefetch
from mglru_lab.kernel.rules import Rules
from mglru_lab.policy.policy import Policy

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
    return user_access(v, rules, policy, v.lru.own_page, True)


@leaf
def page_of(entry: int, base: int) -> int:
    """The page of an entry whose region begins at page `base`."""
    return index(base + (entry & PAGE_MASK))


@leaf
def look_ahead(v: Lruvec, entries: np.ndarray, i: int, base: int) -> None:
    """Begin to load what an access some way ahead of `i` will need."""
    far = page_of(entries[min(i + 2 * AHEAD, entries.size - 1)], base)
    prefetch(v.pte, far)
    near = page_of(entries[min(i + AHEAD, entries.size - 1)], base)
    prefetch(v.folio, near)
    prefetch(v.flags, near)


@leaf
def count_stretch(v: Lruvec, region: int, table: int, accesses: int, majflt: int) -> None:
    """Count accesses to one region, which begins at page table `table`, and their major faults.

    The guest's are those to the second region, and to memory of KVM's wherever it is.
    """
    if region or v.table[table].memory & MEMORY_GUEST:
        v.stat.guest_accesses += accesses
        v.stat.guest_majflt += majflt
    else:
        v.stat.host_accesses += accesses
        v.stat.host_majflt += majflt


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
    current, base = -1, 0
    first, major = 0, v.stat.pgmajfault
    done = entries.size
    for i in range(entries.size):
        entry = entries[i]
        region = (entry >> GUEST_BIT) & 1
        if region != current:
            if current >= 0:
                table = int(first_table[current])
                count_stretch(v, current, table, i - first, v.stat.pgmajfault - major)
            current, first, major = region, i, v.stat.pgmajfault
            base = first_table[region] * PTRS_PER_PTE
            if not touch_own_page(v, rules, policy):
                return i
        look_ahead(v, entries, i, base)
        page = page_of(entry, base)
        write = entry >> READ_BIT == 0
        if misses.size:
            cached = v.memory[page] & MEMORY_CACHED
            misses[i] = not (v.pte[page] & PTE_MAPPED or cached)
        v.stat.accesses += 1
        if by_guest[region]:
            ok = guest_access(v, rules, policy, page, write)
        elif by_read:
            ok = filemap_read(v, rules, policy, page)
        else:
            ok = user_access(v, rules, policy, page, write)
        if not ok:
            done = i
            break
        if write:
            v.pte[page] &= HOLDS_DATA
            if by_guest[region] and entry == 0:
                v.pte[page] |= ZERO_FILLED
        left -= 1
        if left == 0:
            left = used_every
            v.lru.mm_used = True
    if current >= 0:
        table = int(first_table[current])
        count_stretch(v, current, table, done - first, v.stat.pgmajfault - major)
    if done < entries.size:
        return done
    return done if touch_own_page(v, rules, policy) else done - 1
