"""Asking the secondary MMU about a run of pages: what is learned, and by how many calls.

(mm/mmu_notifier.c, and each version's walk in mm/vmscan.c.)
"""

import numpy as np

from mglru_lab.kernel.jit import jit, leaf
from mglru_lab.kernel.lruvec import (
    MEMORY_GUEST,
    MEMORY_NESTED,
    MIN_LRU_BATCH,
    PTE_PRESENT,
    PTE_STATE,
    PTE_YOUNG,
    PTRS_PER_PTE,
    SPTE_YOUNG,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import memory_of
from mglru_lab.kernel.policy import IN_VAIN, NOT_ASKED, Answers, Calls

PER_WORD = 8
EVERY_BYTE = np.uint64(0x0101010101010101)
BATCH = int(Calls.BATCH)
PTE_OLD = 0xFF ^ PTE_YOUNG
SPTE_OLD = 0xFF ^ SPTE_YOUNG
TEST_CLEAR = int(Calls.TEST_CLEAR)


@leaf
def next_with(v: Lruvec, page: int, end: int, bits: int) -> int:
    """The first page from `page` on whose entry has one of these bits, or `end`; by eights."""
    in_eight = np.uint64(bits) * EVERY_BYTE
    while page < end:
        if page % PER_WORD == 0 and v.words[page // PER_WORD] & in_eight == 0:
            page += PER_WORD
        elif v.pte[page] & bits:
            return page
        else:
            page += 1
    return end


@leaf
def count_present(v: Lruvec, start: int, end: int) -> int:
    """How many of the pages from `start` to `end` are mapped; by eights."""
    count, page = 0, start
    states = np.uint64(PTE_STATE) * EVERY_BYTE
    all_present = np.uint64(PTE_PRESENT) * EVERY_BYTE
    while page < end:
        if (
            page % PER_WORD == 0
            and page + PER_WORD <= end
            and v.words[page // PER_WORD] & states == all_present
        ):
            count += PER_WORD
            page += PER_WORD
        else:
            count += int(v.pte[page] & PTE_STATE == PTE_PRESENT)
            page += 1
    return count


@jit
def clear_young_alike(
    v: Lruvec, where: int, answer: int, calls: int, start: int, end: int
) -> tuple[int, int]:
    """`clear_young` where one answer holds for all pages; NOT_ASKED: primary bits only."""
    if answer != NOT_ASKED:
        present = count_present(v, start, end)
        v.cpu.asks[where, answer] += present
        v.cpu.calls[where, answer] += present
    harvests = answer != NOT_ASKED and answer != IN_VAIN
    bits = PTE_YOUNG | SPTE_YOUNG if harvests else PTE_YOUNG
    young, only_secondary = 0, 0
    page = next_with(v, start, end, bits)
    while page < end:
        pte = int(v.pte[page])
        if pte & PTE_STATE == PTE_PRESENT:
            v.pte[page] = pte & (0xFF ^ bits)
            v.cpu.young[young] = page
            young += 1
            only_secondary += int(not pte & PTE_YOUNG)
        page = next_with(v, page + 1, end, bits)
    if calls == TEST_CLEAR and only_secondary:
        v.cpu.calls[where, answer] += only_secondary
    return young, only_secondary


@jit
def clear_young_each(
    v: Lruvec, where: int, answers: Answers, calls: int, hooked: bool, start: int, end: int
) -> tuple[int, int]:
    """`clear_young` page by page.

    A batch begins at the first page asked about, ends 64 pages on, and its two calls (test, and
    clear if any was young) take the strongest lock that one of its pages needs.
    """
    young, only_secondary = 0, 0
    batch_end, strongest, clears = start, NOT_ASKED, 0
    for page in range(start, end):
        pte = int(v.pte[page])
        if pte & PTE_STATE != PTE_PRESENT:
            continue
        asked = not hooked or v.chosen[page]
        answer = answers[memory_of(v, page)] if asked else NOT_ASKED
        primary = pte & PTE_YOUNG != 0
        found = answer != NOT_ASKED and answer != IN_VAIN and pte & SPTE_YOUNG != 0
        if primary or found:
            v.pte[page] = pte & PTE_OLD & (SPTE_OLD if found else 0xFF)
            v.cpu.young[young] = page
            young += 1
            only_secondary += int(not primary)
        if answer == NOT_ASKED:
            continue
        v.cpu.asks[where, answer] += 1
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
    return young, only_secondary


@leaf
def clear_young(
    v: Lruvec, where: int, answers: Answers, calls: int, hooked: bool, start: int, end: int
) -> tuple[int, int]:
    """Read and clear the accessed bits of pages `start` to `end` of one page table.

    As far as the policy looks; `hooked`: one of one's own has marked in `v.chosen` which of them
    to ask about. Leaves in `v.cpu.young` which are young, in order, and returns how many these are
    and how many of them only the secondary MMU knew.
    """
    memory = v.table[start // PTRS_PER_PTE].memory
    outside, guest, nested = answers
    answer = NOT_ASKED
    if v.lru.has_notifiers and outside != NOT_ASKED:
        if hooked or calls == BATCH or (memory & MEMORY_NESTED and guest != nested):
            return clear_young_each(v, where, answers, calls, hooked, start, end)
        answer = guest if memory & MEMORY_GUEST else outside
    return clear_young_alike(v, where, answer, calls, start, end)
