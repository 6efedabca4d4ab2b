"""Accesses and their faults: userspace's (mm/memory.c), a KVM guest's (virt/kvm, arch/x86/kvm)."""

from mglru_lab.kernel.filemap import filemap_fault
from mglru_lab.kernel.jit import inlined, leaf, leaf_entry
from mglru_lab.kernel.lruvec import (
    KIND,
    MEMORY_CACHED,
    MEMORY_FILE,
    MEMORY_GUEST,
    MEMORY_HELD,
    PG_REFERENCED,
    PTE_MAPPED,
    PTE_NONE,
    PTE_PRESENT,
    PTE_STATE,
    PTE_SWAP,
    PTE_WRITE,
    PTE_YOUNG,
    PTE_ZERO,
    PTRS_PER_PTE,
    SPTE_READ_ONLY,
    SPTE_STATE,
    SPTE_WRITABLE,
    SPTE_YOUNG,
    ZERO_FILLED,
    Lruvec,
)
from mglru_lab.kernel.memcontrol import try_charge
from mglru_lab.kernel.mm_inline import index, list_last
from mglru_lab.kernel.prefetch import prefetch
from mglru_lab.kernel.refault import workingset_refault
from mglru_lab.kernel.rmap import IN_NO_CACHE
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.swap import folio_add_lru, lru_add_drain, mark_page_accessed
from mglru_lab.policy.policy import Policy

MAX_GUEST_FAULTS = 1000
KEPT = ZERO_FILLED | SPTE_STATE | SPTE_YOUNG
UNMAPPED_FROM_GUEST = 0xFF ^ SPTE_STATE ^ SPTE_YOUNG


@leaf
def map_page(v: Lruvec, page: int, writable: bool) -> None:
    """Make a page table entry for a page that is in memory now; it is young."""
    entry = PTE_PRESENT | PTE_YOUNG | (PTE_WRITE if writable else 0)
    v.pte[page] = v.pte[page] & KEPT | entry


@leaf
def prefetch_cold(v: Lruvec) -> None:
    """Begin to load one more of the pages that eviction will come to, from the tail of a list."""
    page = list_last(v, index(v.cpu.next_cold))
    prefetch(v.folio, page)
    prefetch(v.flags, page)
    prefetch(v.pte, page)
    v.cpu.next_cold = page


@inlined
def map_new_page(v: Lruvec, rules: Rules, policy: Policy, page: int, write: bool) -> bool:
    """An anonymous page: charged, its refault judged if it has one, and into the LRU-add batch.

    One that is swapped in may be in the swap cache until then, which decides its place if it is the
    one that fills the batch.
    """
    if not try_charge(v, rules, policy):
        return False
    prefetch_cold(v)
    pte = v.pte[page]
    v.flags[page] = 0
    v.memory[page] |= v.table[page // PTRS_PER_PTE].memory & KIND
    writable, cached = True, 0
    if pte & PTE_STATE == PTE_SWAP:
        v.stat.pgmajfault += 1
        v.stat.pswpin += int(not (rules.zeromap and pte & ZERO_FILLED))
        workingset_refault(v, rules, page, True)
        writable = write or rules.read_swapin_writable
        cached = MEMORY_CACHED * int(rules.swapin_in_cache)
    map_page(v, page, writable)
    v.memory[page] |= cached
    folio_add_lru(v, rules, page, True)
    if cached:
        if write and rules.swapin_write_drains and v.memory[page] & MEMORY_HELD:
            lru_add_drain(v, rules)
        v.memory[page] &= IN_NO_CACHE
    return True


@inlined
def handle_mm_fault(v: Lruvec, rules: Rules, policy: Policy, page: int, write: bool) -> bool:
    """Map `page`, or make it writable; false if the memcg is out of memory."""
    v.stat.pgfault += 1
    memory = v.table[page // PTRS_PER_PTE].memory
    state = v.pte[page] & PTE_STATE
    if memory & MEMORY_FILE:
        return filemap_fault(v, rules, policy, page)
    if state == PTE_PRESENT:
        v.pte[page] |= PTE_WRITE | PTE_YOUNG
        return True
    if state == PTE_SWAP and v.memory[page] & MEMORY_CACHED:
        map_page(v, page, write or rules.read_swapin_writable)
        if rules.any_fault_frees_slot or (write and not v.memory[page] & MEMORY_HELD):
            v.memory[page] &= IN_NO_CACHE
        return True
    if state == PTE_NONE and not write:
        v.pte[page] |= PTE_ZERO
        return True
    if state == PTE_ZERO and memory & MEMORY_GUEST:
        v.pte[page] &= UNMAPPED_FROM_GUEST
        v.lru.invalidate_seq += 1
    return map_new_page(v, rules, policy, page, write)


@leaf
def faults(pte: int, write: bool) -> bool:
    """Whether a page table entry refuses the access."""
    needed = PTE_MAPPED | PTE_WRITE if write else PTE_MAPPED
    return bool(pte & needed != needed)


@leaf_entry
def user_access(v: Lruvec, rules: Rules, policy: Policy, page: int, write: bool) -> bool:
    """A load or store of userspace; false if the memcg is out of memory."""
    if faults(v.pte[page], write) and not handle_mm_fault(v, rules, policy, page, write):
        return False
    v.pte[page] |= PTE_YOUNG
    v.table[page // PTRS_PER_PTE].pmd_young = True
    return True


@inlined
def kvm_page_fault(v: Lruvec, rules: Rules, policy: Policy, page: int, write: bool) -> bool:
    """Get the page from the primary MMU and make a secondary entry, unless that has become stale.

    It is stale if guest memory was unmapped meanwhile; the guest then faults again. The marks are
    those of GUP (fast for a writable page, else FOLL_TOUCH) and of the release of the pfn.
    """
    seq = v.lru.invalidate_seq
    if v.pte[page] & PTE_STATE == PTE_PRESENT and v.pte[page] & PTE_WRITE:
        v.flags[page] |= PG_REFERENCED
        mark_page_accessed(v, rules, page)
    else:
        if faults(v.pte[page], write) and not handle_mm_fault(v, rules, policy, page, write):
            return False
        if v.pte[page] & PTE_STATE == PTE_PRESENT:
            mark_page_accessed(v, rules, page)
            if rules.release_marks_unused or v.lru.invalidate_seq == seq:
                mark_page_accessed(v, rules, page)
    if v.lru.invalidate_seq == seq:
        entry = SPTE_WRITABLE if v.pte[page] & PTE_WRITE else SPTE_READ_ONLY
        v.pte[page] = v.pte[page] & UNMAPPED_FROM_GUEST | entry | SPTE_YOUNG
    return True


@leaf
def guest_faults(pte: int, write: bool) -> bool:
    """Whether the secondary MMU's entry, read-only or writable, refuses the access."""
    return bool(pte & SPTE_STATE < (SPTE_WRITABLE if write else SPTE_READ_ONLY))


@inlined
def guest_access(v: Lruvec, rules: Rules, policy: Policy, page: int, write: bool) -> bool:
    """A load or store of the guest, whose code must be mapped, too; false if out of memory.

    A memcg that cannot hold code and data at once would make the guest fault for ever; it counts
    as out of memory.
    """
    code = v.lru.code_page
    for _ in range(MAX_GUEST_FAULTS):
        needed, writes = code, False
        if not guest_faults(v.pte[code], False):
            v.pte[code] |= SPTE_YOUNG
            needed, writes = page, write
            if not guest_faults(v.pte[page], write):
                v.stat.retouches += int(v.pte[page] & SPTE_YOUNG == 0)
                v.pte[page] |= SPTE_YOUNG
                return True
        if not kvm_page_fault(v, rules, policy, needed, writes):
            return False
    return False
