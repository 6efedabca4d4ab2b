"""Asking the secondary MMU about a run of pages: what is learned, and by how many calls.

(mm/mmu_notifier.c, and each version's walk in mm/vmscan.c.)
"""

import numpy as np

from mglru_lab.kernel.jit import jit, leaf
from mglru_lab.kernel.lruvec import (
    LRU_GEN_MASK,
    LRU_GEN_UNIT,
    MEMORY_GUEST,
    MEMORY_NESTED,
    MIN_LRU_BATCH,
    NO_GEN,
    PTE_PRESENT,
    PTE_STATE,
    PTE_YOUNG,
    PTRS_PER_PTE,
    SPTE_YOUNG,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import folio_lru_gen, memory_of
from mglru_lab.policy.policy import IN_VAIN, NOT_ASKED, Answers, Calls

PER_WORD = 8
ONE = np.uint64(1)
NONE = np.uint64(0)
EVERY_BYTE = np.uint64(0x0101010101010101)
EVEN_BYTES = np.uint64(0x00FF00FF00FF00FF)
LOWEST_GEN_BIT = LRU_GEN_UNIT.bit_length() - 1
GEN_BIT0, GEN_BIT1, GEN_BIT2 = (np.uint64(LOWEST_GEN_BIT + bit) for bit in range(3))
PTE_YOUNG_BIT = np.uint64(PTE_YOUNG.bit_length() - 1)
SPTE_YOUNG_BIT = np.uint64(SPTE_YOUNG.bit_length() - 1)
BATCH = int(Calls.BATCH)
DIFFERS = NOT_ASKED - 1
NOWHERE = LRU_GEN_MASK // LRU_GEN_UNIT - 1
"""A generation that no page has."""
PTE_OLD = 0xFF ^ PTE_YOUNG
SPTE_OLD = 0xFF ^ SPTE_YOUNG
TEST_CLEAR = int(Calls.TEST_CLEAR)


@leaf
def bytes_inside(word: int, start: int, end: int) -> np.uint64:
    """A one in each byte of a word of eight PTEs that belongs to a page from `start` to `end`."""
    inside = EVERY_BYTE
    first = word * PER_WORD
    if first < start:
        inside = inside << np.uint64(8 * (start - first))
    if first + PER_WORD > end:
        inside = inside & (EVERY_BYTE >> np.uint64(8 * (first + PER_WORD - end)))
    return inside


@leaf
def young_of(ptes: np.uint64, inside: np.uint64) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Of eight PTEs a one in each byte: mapped, young in the primary MMU, in the secondary MMU."""
    mapped = ptes & ~(ptes >> np.uint64(1)) & inside
    return mapped, mapped & (ptes >> PTE_YOUNG_BIT), mapped & (ptes >> SPTE_YOUNG_BIT)


@leaf
def count_asked(
    v: Lruvec, where: int, answer: int, calls: int, present: int, only_secondary: int
) -> None:
    """Count questions about `present` pages that had one answer, and their calls."""
    if answer == NOT_ASKED:
        return
    v.cpu.asks[where, answer] += present
    v.cpu.calls[where, answer] += present
    if calls == TEST_CLEAR:
        v.cpu.calls[where, answer] += only_secondary


@leaf
def sum_of_bytes(counts: np.uint64) -> int:
    """The sum of a word's bytes."""
    pairs = (counts & EVEN_BYTES) + ((counts >> np.uint64(8)) & EVEN_BYTES)
    fours = pairs + (pairs >> np.uint64(32))
    return int((fours + (fours >> np.uint64(16))) & np.uint64(0xFFFF))


@leaf
def other_gen(flags: np.uint64, gens: np.uint64) -> np.uint64:
    """A one in each byte of eight pages' flags whose gen field is another than in `gens`."""
    bits = flags ^ gens
    bits = (bits >> GEN_BIT0) | (bits >> GEN_BIT1) | (bits >> GEN_BIT2)
    return bits & EVERY_BYTE


@leaf
def clear_young_alike(
    v: Lruvec,
    where: int,
    answer: int,
    calls: int,
    start: int,
    end: int,
    settled: int,
    listed_only: bool,
) -> tuple[int, int]:
    """`clear_young` where one answer holds for all pages; NOT_ASKED: primary bits only.

    By eights: a word has one PTE in each byte, the first page's lowest (little-endian hosts).
    """
    harvests = answer != NOT_ASKED and answer != IN_VAIN
    secondary_too = EVERY_BYTE if harvests else NONE
    bits = np.uint64(PTE_YOUNG | SPTE_YOUNG if harvests else PTE_YOUNG)
    gens = EVERY_BYTE * np.uint64((settled + 1) * LRU_GEN_UNIT)
    present, young, primaries, listed = NONE, NONE, NONE, 0
    for at in range(start // PER_WORD, (end + PER_WORD - 1) // PER_WORD):
        word = np.uint64(at)
        ptes = v.words[word]
        inside = bytes_inside(at, start, end)
        if listed_only:
            inside = inside & other_gen(v.flag_words[word], NONE)
        mapped, primary, secondary = young_of(ptes, inside)
        touched = primary | (secondary & secondary_too)
        present = present + mapped
        primaries = primaries + primary
        young = young + touched
        v.words[word] = ptes & ~(touched * bits)
        unsettled = touched & other_gen(v.flag_words[word], gens)
        while unsettled != 0:
            below = sum_of_bytes((unsettled - ONE) & ~unsettled & EVERY_BYTE)
            v.cpu.young[listed] = at * PER_WORD + below
            listed += 1
            unsettled = unsettled & (unsettled - ONE)
    only_secondary = sum_of_bytes(young) - sum_of_bytes(primaries)
    count_asked(v, where, answer, calls, sum_of_bytes(present), only_secondary)
    return sum_of_bytes(young), listed


@jit
def clear_young_each(
    v: Lruvec,
    where: int,
    answers: Answers,
    calls: int,
    hooked: bool,
    start: int,
    end: int,
    listed_only: bool,
) -> tuple[int, int]:
    """`clear_young` page by page.

    A batch begins at the first page asked about, ends 64 pages on, and its two calls (test, and
    clear if any was young) take the strongest lock that one of its pages needs.
    """
    young, only_secondary = 0, 0
    batch_end, strongest, clears = start, NOT_ASKED, 0
    for page in range(start, end):
        pte = int(v.pte[page])
        if pte & PTE_STATE != PTE_PRESENT or (listed_only and folio_lru_gen(v, page) == NO_GEN):
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
def common_answer(v: Lruvec, answers: Answers, calls: int, hooked: bool, start: int) -> int:
    """The answer that holds for all pages of the page table of `start`; DIFFERS: there is none."""
    memory = v.table[start // PTRS_PER_PTE].memory
    outside, guest, nested = answers
    if not v.lru.has_notifiers or outside == NOT_ASKED:
        return NOT_ASKED
    if hooked or calls == BATCH or (memory & MEMORY_NESTED and guest != nested):
        return DIFFERS
    return guest if memory & MEMORY_GUEST else outside


@leaf
def clear_young(
    v: Lruvec,
    where: int,
    answers: Answers,
    calls: int,
    hooked: bool,
    start: int,
    end: int,
    settled: int,
    listed_only: bool,
) -> tuple[int, int]:
    """Read and clear the accessed bits of pages `start` to `end` of one page table.

    As far as the policy looks; `hooked`: one of one's own has marked in `v.chosen` which of them
    to ask about; `listed_only`: pages without generation are passed over. Returns how many are
    young, and how many of these it leaves, in order, in `v.cpu.young`: all, or those at least that
    are not in generation `settled` (NOWHERE: all).
    """
    answer = common_answer(v, answers, calls, hooked, start)
    if answer != DIFFERS:
        return clear_young_alike(v, where, answer, calls, start, end, settled, listed_only)
    young, _ = clear_young_each(v, where, answers, calls, hooked, start, end, listed_only)
    return young, young
