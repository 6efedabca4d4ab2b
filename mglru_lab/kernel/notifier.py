"""Asking the secondary MMU about a run of pages: what is learned, and by how many calls.

(mm/mmu_notifier.c, and each version's walk in mm/vmscan.c.)
"""

import numpy as np

from mglru_lab.kernel.jit import jit
from mglru_lab.kernel.lruvec import MIN_LRU_BATCH, PTE_PRESENT, Lruvec
from mglru_lab.kernel.policy import IN_VAIN, NOT_ASKED, Answers, Calls

BATCH = int(Calls.BATCH)
TEST_CLEAR = int(Calls.TEST_CLEAR)


@jit
def clear_young_notify(
    v: Lruvec,
    where: int,
    answers: Answers,
    calls: int,
    start: int,
    asked: np.ndarray,
    primary: np.ndarray,
) -> np.ndarray:
    """Which of the pages from `start` on the secondary MMU knew to be young; clears its bits.

    Shapes: `asked`, `primary` (young in the primary MMU) and the result, one boolean a page. A
    batch begins at the first page asked about, ends 64 pages on, and its two calls (test, and clear
    if any was young) take the strongest lock that one of its pages needs.
    """
    found = np.zeros(asked.size, np.bool_)
    batch_end, strongest, clears = 0, NOT_ASKED, 0
    for i in range(asked.size):
        if not asked[i]:
            continue
        folio = v.folio[start + i]
        answer = answers[int(folio.guest) + int(folio.nested)]
        if answer == NOT_ASKED:
            continue
        v.cpu.asks[where, answer] += 1
        if answer != IN_VAIN and folio.spte_young:
            folio.spte_young = False
            found[i] = True
        if calls != BATCH:
            both = calls == TEST_CLEAR and found[i] and not primary[i]
            v.cpu.calls[where, answer] += 1 + int(both)
            continue
        if i >= batch_end:
            if strongest != NOT_ASKED:
                v.cpu.calls[where, strongest] += 1 + clears
            batch_end, strongest, clears = i + MIN_LRU_BATCH, NOT_ASKED, 0
        strongest = max(strongest, answer)
        clears = max(clears, int(found[i]))
    if strongest != NOT_ASKED:
        v.cpu.calls[where, strongest] += 1 + clears
    return found


@jit
def clear_young(
    v: Lruvec, where: int, answers: Answers, calls: int, hooked: bool, start: int, end: int
) -> tuple[np.ndarray, int]:
    """Read and clear the accessed bits of pages `start` to `end`, as far as the policy looks.

    Returns which are young, one boolean a page, and how many of these only the secondary MMU knew.
    `hooked`: a policy of one's own has marked in `v.chosen` which of them to ask about.
    """
    folio = v.folio[start:end]
    present = folio.pte == PTE_PRESENT
    young = present & folio.young
    folio.young[present] = False
    if not v.lru.has_notifiers or answers[0] == NOT_ASKED:
        return young, 0
    asked = present & v.chosen[start:end] if hooked else present
    found = clear_young_notify(v, where, answers, calls, start, asked, young)
    return young | found, int(np.count_nonzero(found & ~young))
