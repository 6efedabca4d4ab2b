"""Accesses and their faults: userspace's (mm/memory.c), a KVM guest's (virt/kvm, arch/x86/kvm)."""

from mglru_lab.kernel.filemap import filemap_fault
from mglru_lab.kernel.jit import entry, inlined, leaf
from mglru_lab.kernel.lruvec import (
    PG_REFERENCED,
    PTE_NONE,
    PTE_PRESENT,
    PTE_SWAP,
    PTE_ZERO,
    PTRS_PER_PTE,
    SPTE_NONE,
    SPTE_READ_ONLY,
    SPTE_WRITABLE,
    Lruvec,
)
from mglru_lab.kernel.memcontrol import try_charge
from mglru_lab.kernel.policy import Policy
from mglru_lab.kernel.refault import workingset_refault
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.swap import folio_add_lru, mark_page_accessed

MAX_GUEST_FAULTS = 1000


@inlined
def map_new_page(v: Lruvec, rules: Rules, policy: Policy, page: int, write: bool) -> bool:
    """An anonymous page: charged, its refault judged if it has one, and into the LRU-add batch."""
    if not try_charge(v, rules, policy):
        return False
    folio = v.folio[page]
    folio.pg = 0
    folio.refs = 0
    folio.writable = True
    in_fault = bool(1)  # a literal True would be compiled for a second time
    if folio.pte == PTE_SWAP:
        v.stat.pgmajfault += 1
        v.stat.pswpin += int(not (rules.zeromap and folio.zero_filled))
        workingset_refault(v, rules, page, in_fault)
        folio.writable = write or rules.read_swapin_writable
    folio.pte = PTE_PRESENT
    folio.young = True
    folio_add_lru(v, rules, page, in_fault)
    return True


@inlined
def handle_mm_fault(v: Lruvec, rules: Rules, policy: Policy, page: int, write: bool) -> bool:
    """Map `page`, or make it writable; false if the memcg is out of memory."""
    v.stat.pgfault += 1
    folio = v.folio[page]
    if folio.file:
        return filemap_fault(v, rules, policy, page)
    if folio.pte == PTE_PRESENT:
        folio.writable = True
        folio.young = True
        return True
    if folio.pte == PTE_SWAP and folio.cached:
        folio.pte = PTE_PRESENT
        folio.young = True
        folio.writable = write or rules.read_swapin_writable
        if write and not folio.held:
            folio.cached = False
        return True
    if folio.pte == PTE_NONE and not write:
        folio.pte = PTE_ZERO
        folio.writable = False
        return True
    if folio.pte == PTE_ZERO and folio.guest:
        folio.spte = SPTE_NONE
        folio.spte_young = False
        v.lru.invalidate_seq += 1
    return map_new_page(v, rules, policy, page, write)


@leaf
def faults(v: Lruvec, page: int, write: bool) -> bool:
    """Whether the primary page table refuses the access."""
    folio = v.folio[page]
    return bool(folio.pte == PTE_NONE or folio.pte == PTE_SWAP or (write and not folio.writable))


@entry
def user_access(v: Lruvec, rules: Rules, policy: Policy, page: int, write: bool) -> bool:
    """A load or store of userspace; false if the memcg is out of memory."""
    if faults(v, page, write) and not handle_mm_fault(v, rules, policy, page, write):
        return False
    v.folio[page].young = True
    v.table[page // PTRS_PER_PTE].pmd_young = True
    return True


@inlined
def kvm_page_fault(v: Lruvec, rules: Rules, policy: Policy, page: int, write: bool) -> bool:
    """Get the page from the primary MMU and make a secondary entry, unless that has become stale.

    It is stale if guest memory was unmapped meanwhile; the guest then faults again. The marks are
    those of GUP (fast for a writable page, else FOLL_TOUCH) and of the release of the pfn.
    """
    seq = v.lru.invalidate_seq
    folio = v.folio[page]
    if folio.pte == PTE_PRESENT and folio.writable:
        folio.pg |= PG_REFERENCED
        mark_page_accessed(v, rules, page)
    else:
        if faults(v, page, write) and not handle_mm_fault(v, rules, policy, page, write):
            return False
        if folio.pte == PTE_PRESENT:
            mark_page_accessed(v, rules, page)
            mark_page_accessed(v, rules, page)
    if v.lru.invalidate_seq == seq:
        writable = folio.pte == PTE_PRESENT and folio.writable
        folio.spte = SPTE_WRITABLE if writable else SPTE_READ_ONLY
        folio.spte_young = True
    return True


@inlined
def guest_access(v: Lruvec, rules: Rules, policy: Policy, page: int, write: bool) -> bool:
    """A load or store of the guest, whose code must be mapped, too; false if out of memory.

    A memcg that cannot hold code and data at once would make the guest fault for ever; it counts
    as out of memory.
    """
    code = v.lru.code_page
    for _ in range(MAX_GUEST_FAULTS):
        needed, writes = code, False
        if v.folio[code].spte != SPTE_NONE:
            v.folio[code].spte_young = True
            needed, writes = page, write
            if v.folio[page].spte > int(write):
                v.folio[page].spte_young = True
                return True
        if not kvm_page_fault(v, rules, policy, needed, writes):
            return False
    return False
