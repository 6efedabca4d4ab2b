"""A file's pages: faulted through a mapping, or read without one (mm/filemap.c).

The file is clean, its pages come one at a time (no readahead, no fault-around) and at once.
"""

from mglru_lab.kernel.jit import inlined
from mglru_lab.kernel.lruvec import (
    KIND,
    MEMORY_CACHED,
    PTE_PRESENT,
    PTE_YOUNG,
    PTRS_PER_PTE,
    Lruvec,
)
from mglru_lab.kernel.memcontrol import try_charge
from mglru_lab.kernel.refault import workingset_refault
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.swap import folio_add_lru, mark_page_accessed
from mglru_lab.kernel.workingset import has_shadow
from mglru_lab.policy.policy import Policy


@inlined
def filemap_add_folio(v: Lruvec, rules: Rules, policy: Policy, page: int, in_fault: bool) -> bool:
    """Charge a page and put it into the page cache, where its shadow entry tells of a refault."""
    if not try_charge(v, rules, policy):
        return False
    v.flags[page] = 0
    v.memory[page] |= v.table[page // PTRS_PER_PTE].memory & KIND | MEMORY_CACHED
    if has_shadow(v, page):
        workingset_refault(v, rules, page, in_fault)
    folio_add_lru(v, rules, page, in_fault)
    return True


@inlined
def filemap_fault(v: Lruvec, rules: Rules, policy: Policy, page: int) -> bool:
    """Map a file's page, a major fault if it has to be read; false if out of memory."""
    if not v.memory[page] & MEMORY_CACHED:
        v.stat.pgmajfault += 1
        if not filemap_add_folio(v, rules, policy, page, True):
            return False
    v.pte[page] = PTE_PRESENT | PTE_YOUNG
    return True


@inlined
def filemap_read(v: Lruvec, rules: Rules, policy: Policy, page: int) -> bool:
    """read() of one byte of the page: no accessed bit; a first read of several marks the page."""
    if not v.memory[page] & MEMORY_CACHED and not filemap_add_folio(v, rules, policy, page, False):
        return False
    if page != v.cpu.last_read:
        mark_page_accessed(v, rules, page)
    v.cpu.last_read = page
    return True
