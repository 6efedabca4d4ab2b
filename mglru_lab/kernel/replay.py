"""A stretch of accesses by the one process: the loop that everything else is called from."""

import numpy as np

from mglru_lab.kernel.filemap import filemap_read
from mglru_lab.kernel.jit import entry, jit
from mglru_lab.kernel.lruvec import PTE_NONE, PTE_SWAP, PTRS_PER_PTE, Lruvec
from mglru_lab.kernel.memory import guest_access, user_access
from mglru_lab.kernel.policy import Policy
from mglru_lab.kernel.rules import Rules

PAGE_MASK = 0x3FFFFFFF
GUEST_BIT = 30
READ_BIT = 31


@jit
def touch_own_page(v: Lruvec, rules: Rules, policy: Policy) -> bool:
    """The worker of mixed memory keeps accounts between its stretches, on a page of its own."""
    if v.lru.own_page < 0:
        return True
    write = bool(1)  # a literal True would be compiled for a second time
    return user_access(v, rules, policy, v.lru.own_page, write)


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
    for i in range(entries.size):
        entry = entries[i]
        region = (entry >> GUEST_BIT) & 1
        write = entry >> READ_BIT == 0
        page = first_table[region] * PTRS_PER_PTE + (entry & PAGE_MASK)
        if misses.size:
            state = v.folio[page].pte
            misses[i] = state in (PTE_NONE, PTE_SWAP) and not v.folio[page].cached
        major = v.stat.pgmajfault
        if region != current:
            current = region
            if not touch_own_page(v, rules, policy):
                return i
        v.stat.accesses += 1
        if by_guest[region]:
            done = guest_access(v, rules, policy, page, write)
        elif by_read:
            done = filemap_read(v, rules, policy, page)
        else:
            done = user_access(v, rules, policy, page, write)
        if not done:
            return i
        if write:
            v.folio[page].zero_filled = by_guest[region] and entry == 0
        if region:
            v.stat.guest_accesses += 1
            v.stat.guest_majflt += v.stat.pgmajfault - major
        else:
            v.stat.host_accesses += 1
            v.stat.host_majflt += v.stat.pgmajfault - major
        if used_every:
            left -= 1
            if left == 0:
                left = used_every
                v.lru.mm_used = True
    return int(entries.size) if touch_own_page(v, rules, policy) else int(entries.size) - 1
