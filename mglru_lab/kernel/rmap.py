"""Every mapping of a page: its accessed bits, and taking it away (mm/rmap.c)."""

from mglru_lab.kernel.jit import leaf
from mglru_lab.kernel.lruvec import PTE_NONE, PTE_SWAP, SPTE_NONE, Lruvec
from mglru_lab.kernel.mmu import Where
from mglru_lab.kernel.policy import IN_VAIN, Policy

EVICTION = int(Where.EVICTION)


@leaf
def clear_referenced(v: Lruvec, policy: Policy, page: int) -> tuple[bool, bool]:
    """Was the page young in the primary, in the secondary MMU? Its bits are cleared."""
    folio = v.folio[page]
    primary, secondary = bool(folio.young), bool(folio.spte_young)
    v.stat.rmap_walks += 1
    memory = int(folio.guest) + int(folio.nested)
    if v.lru.has_notifiers:
        v.cpu.calls[EVICTION, IN_VAIN] += policy.eviction_tries[memory]
        v.cpu.calls[EVICTION, policy.eviction[memory]] += 1
        v.cpu.asks[EVICTION, policy.eviction[memory]] += 1
    folio.young = False
    folio.spte_young = False
    return primary, secondary


@leaf
def unmap(v: Lruvec, page: int) -> None:
    """try_to_unmap: the PTE becomes a swap entry (a file's is cleared), the secondary is zapped."""
    folio = v.folio[page]
    folio.pte = PTE_NONE if folio.file else PTE_SWAP
    folio.young = False
    folio.cached = True
    if folio.guest:
        folio.spte = SPTE_NONE
        folio.spte_young = False
        v.lru.invalidate_seq += 1
