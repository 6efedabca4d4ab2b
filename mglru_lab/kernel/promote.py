"""A page table's young pages get the youngest generation, eight pages at a time.

What `clear_young` and `folio_update_gen` do page by page, for a table with one answer for all.
"""

import numpy as np

from mglru_lab.kernel.jit import leaf, vectorized
from mglru_lab.kernel.lruvec import (
    LRU_GEN_UNIT,
    LRU_REFS_MASK,
    MEMORY_FILE,
    PG_ACTIVE,
    PG_WORKINGSET,
    PTE_YOUNG,
    PTRS_PER_PTE,
    SPTE_YOUNG,
    Lruvec,
)
from mglru_lab.kernel.notifier import (
    EVERY_BYTE,
    GEN_BIT0,
    GEN_BIT1,
    GEN_BIT2,
    NONE,
    PER_WORD,
    count_asked,
    sum_of_bytes,
    young_of,
)
from mglru_lab.kernel.rules import Rules
from mglru_lab.policy.policy import IN_VAIN, NOT_ASKED

ANY_YOUNG = EVERY_BYTE * np.uint64(PTE_YOUNG | SPTE_YOUNG)
NOT_ACTIVE = np.uint64(0xFF ^ PG_ACTIVE)
WORKINGSET_BIT = np.uint64(PG_WORKINGSET.bit_length() - 1)


@leaf
def promote_from(v: Lruvec, old: int, pages: int, gen: int, kind: int) -> None:
    """`pages` of one type went from generation `old` to `gen`, unless these are the same."""
    moved = pages if old != gen else 0
    v.lru.nr_pages[old, kind] -= moved
    v.lru.nr_pages[gen, kind] += moved
    v.stat.promoted_aging += moved


@vectorized
def promote_young(
    v: Lruvec, rules: Rules, where: int, answer: int, calls: int, start: int, end: int, gen: int
) -> tuple[int, int]:
    """Clear the accessed bits of pages `start` to `end`, all of a page table's, promote the young.

    Where an access has to be seen twice the first time only marks a page: PG_referenced.

    One answer holds for all; beyond a region's end nothing is mapped. Returns how many were young,
    and of them those that only the secondary MMU knew. Each byte of a count is a column of
    the table: at most 64. The gen field is 1 to 4 (or none: PG_referenced instead), so its bits
    tell how many left which generation.
    """
    harvests = answer != NOT_ASKED and answer != IN_VAIN
    secondary_too = EVERY_BYTE if harvests else NONE
    bits = np.uint64(PTE_YOUNG | SPTE_YOUNG if harvests else PTE_YOUNG)
    given = np.uint64((gen + 1) * LRU_GEN_UNIT + (PG_WORKINGSET if rules.seen_twice else 0))
    at_once = NONE if rules.seen_twice else EVERY_BYTE
    forgotten = np.uint64(LRU_REFS_MASK if rules.seen_twice else 0)
    present, young, primaries = NONE, NONE, NONE
    with_bit0, with_bit1, with_both, with_bit2 = NONE, NONE, NONE, NONE
    first, end_word = np.uint64(start // PER_WORD), np.uint64((end + PER_WORD - 1) // PER_WORD)
    seen = NONE
    for word in range(first, end_word):
        ptes = v.words[word]
        seen = seen | ptes
        mapped, _, _ = young_of(ptes, EVERY_BYTE)
        present = present + mapped
    for word in range(first, end_word if seen & ANY_YOUNG else first):
        ptes = v.words[word]
        _, primary, secondary = young_of(ptes, EVERY_BYTE)
        touched = primary | (secondary & secondary_too)
        young = young + touched
        primaries = primaries + primary
        flags = v.flag_words[word]
        again = touched & (flags | (flags >> WORKINGSET_BIT) | at_once)
        bit0 = (flags >> GEN_BIT0) & again
        bit1 = (flags >> GEN_BIT1) & again
        bit2 = (flags >> GEN_BIT2) & again
        with_bit0 = with_bit0 + bit0
        with_bit1 = with_bit1 + bit1
        with_both = with_both + (bit0 & bit1)
        with_bit2 = with_bit2 + bit2
        promoted = bit0 | bit1 | bit2
        marked = touched ^ promoted
        v.words[word] = ptes & ~(touched * bits)
        flags = flags & ~(promoted * NOT_ACTIVE) & ~(marked * forgotten)
        v.flag_words[word] = flags | (promoted * given) | marked  # PG_REFERENCED is 1
    both = sum_of_bytes(with_both)
    kind = int(v.table[start // PTRS_PER_PTE].memory & MEMORY_FILE != 0)
    promote_from(v, 0, sum_of_bytes(with_bit0) - both, gen, kind)
    promote_from(v, 1, sum_of_bytes(with_bit1) - both, gen, kind)
    promote_from(v, 2, both, gen, kind)
    promote_from(v, 3, sum_of_bytes(with_bit2), gen, kind)
    found = sum_of_bytes(young) - sum_of_bytes(primaries)
    count_asked(v, where, answer, calls, sum_of_bytes(present), found)
    return sum_of_bytes(young), found
