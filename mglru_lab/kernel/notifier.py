"""Asking the secondary MMU about a run of pages: what is learned, and by how many calls.

(mm/mmu_notifier.c, and each version's walk in mm/vmscan.c.)
"""

from mglru_lab.kernel.jit import jit
from mglru_lab.kernel.lruvec import (
    MIN_LRU_BATCH,
    PTE_PRESENT,
    PTE_STATE,
    PTE_YOUNG,
    SPTE_YOUNG,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import memory_of
from mglru_lab.kernel.policy import IN_VAIN, NOT_ASKED, Answers, Calls

BATCH = int(Calls.BATCH)
PTE_OLD = 0xFF ^ PTE_YOUNG
SPTE_OLD = 0xFF ^ SPTE_YOUNG
TEST_CLEAR = int(Calls.TEST_CLEAR)


@jit
def clear_young_notify(
    v: Lruvec, where: int, answers: Answers, calls: int, hooked: bool, start: int, end: int
) -> int:
    """Ask the secondary MMU about the mapped pages from `start` to `end`; clears its bits.

    What it knows to be young is marked in `v.cpu.young`; returns how many of these the primary MMU
    did not know. A batch begins at the first page asked about, ends 64 pages on, and its two calls
    (test, and clear if any was young) take the strongest lock that one of its pages needs.
    """
    only_secondary = 0
    batch_end, strongest, clears = start, NOT_ASKED, 0
    for page in range(start, end):
        if v.pte[page] & PTE_STATE != PTE_PRESENT or (hooked and not v.chosen[page]):
            continue
        answer = answers[memory_of(v, page)]
        if answer == NOT_ASKED:
            continue
        v.cpu.asks[where, answer] += 1
        found = bool(answer != IN_VAIN and v.pte[page] & SPTE_YOUNG)
        primary = v.cpu.young[page - start]
        if found:
            v.pte[page] &= SPTE_OLD
            v.cpu.young[page - start] = True
            only_secondary += int(not primary)
        if calls != BATCH:
            both = calls == TEST_CLEAR and found and not primary
            v.cpu.calls[where, answer] += 1 + int(both)
            continue
        if page >= batch_end:
            if strongest != NOT_ASKED:
                v.cpu.calls[where, strongest] += 1 + clears
            batch_end, strongest, clears = page + MIN_LRU_BATCH, NOT_ASKED, 0
        strongest = max(strongest, answer)
        clears = max(clears, int(found))
    if strongest != NOT_ASKED:
        v.cpu.calls[where, strongest] += 1 + clears
    return only_secondary


@jit
def clear_young(
    v: Lruvec, where: int, answers: Answers, calls: int, hooked: bool, start: int, end: int
) -> int:
    """Read and clear the accessed bits of pages `start` to `end`, as far as the policy looks.

    Leaves in `v.cpu.young` which are young, one boolean a page from its beginning, and returns how
    many of these only the secondary MMU knew. `hooked`: a policy of one's own has marked in
    `v.chosen` which of them to ask about.
    """
    for page in range(start, end):
        young = v.pte[page] & (PTE_STATE | PTE_YOUNG) == PTE_PRESENT | PTE_YOUNG
        v.cpu.young[page - start] = young
        if young:
            v.pte[page] &= PTE_OLD
    if not v.lru.has_notifiers or answers[0] == NOT_ASKED:
        return 0
    return clear_young_notify(v, where, answers, calls, hooked, start, end)
