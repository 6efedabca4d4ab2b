"""Every mapping of a page: its accessed bits, and taking it away (mm/rmap.c)."""

from mglru_lab.kernel.jit import leaf
from mglru_lab.kernel.lruvec import (
    MEMORY_CACHED,
    MEMORY_FILE,
    MEMORY_GUEST,
    PTE_NONE,
    PTE_SWAP,
    PTE_YOUNG,
    SPTE_YOUNG,
    ZERO_FILLED,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import memory_of
from mglru_lab.kernel.rules import Rules
from mglru_lab.policy.policy import IN_VAIN, Policy, Where

EVICTION = int(Where.EVICTION)
IN_NO_CACHE = 0xFF ^ MEMORY_CACHED
UNTOUCHED = 0xFF ^ PTE_YOUNG ^ SPTE_YOUNG


@leaf
def clear_referenced(v: Lruvec, policy: Policy, page: int) -> tuple[bool, bool]:
    """Was the page young in the primary, in the secondary MMU? Its bits are cleared."""
    pte = v.pte[page]
    v.stat.rmap_walks += 1
    if v.lru.has_notifiers:
        memory = memory_of(v, page)
        v.cpu.calls[EVICTION, IN_VAIN] += policy.eviction_tries[memory]
        v.cpu.calls[EVICTION, policy.eviction[memory]] += 1
        v.cpu.asks[EVICTION, policy.eviction[memory]] += 1
    v.pte[page] = pte & UNTOUCHED
    return bool(pte & PTE_YOUNG != 0), bool(pte & SPTE_YOUNG != 0)


@leaf
def unmap(v: Lruvec, page: int) -> None:
    """try_to_unmap: the PTE becomes a swap entry (a file's is cleared), the secondary is zapped."""
    memory = v.memory[page]
    state = PTE_NONE if memory & MEMORY_FILE else PTE_SWAP
    v.pte[page] = v.pte[page] & ZERO_FILLED | state
    v.lru.invalidate_seq += int(memory & MEMORY_GUEST != 0)
    v.memory[page] = memory | MEMORY_CACHED


@leaf
def is_written(v: Lruvec, rules: Rules, page: int) -> bool:
    """Whether a page that is evicted is written to swap."""
    no_data = rules.zeromap and v.pte[page] & ZERO_FILLED
    return not (v.memory[page] & MEMORY_FILE or no_data)
