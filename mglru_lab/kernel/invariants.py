"""What must hold at the end of every run: each page in one place, sums that agree."""

import numpy as np

from mglru_lab.kernel.lruvec import (
    MAX_NR_GENS,
    MIN_NR_GENS,
    NO_GEN,
    PG_ACTIVE,
    PTE_PRESENT,
    PTE_SWAP,
    PTE_ZERO,
    SPTE_NONE,
    Lruvec,
)


class InvariantError(AssertionError):
    """The state contradicts itself: a defect of the model, never of its input."""


def _listed(v: Lruvec, gen: int) -> list[int]:
    """The pages on one list, from its head; fails if the list's links contradict each other."""
    head = v.folio.size + gen
    pages: list[int] = []
    following, before = v.next.tolist(), v.prev.tolist()
    page = following[head]
    while page != head:
        if before[following[page]] != page or len(pages) > v.folio.size:
            raise InvariantError(f"the list of generation {gen} is broken at page {page}")
        pages.append(page)
        page = following[page]
    return pages


def check(v: Lruvec) -> None:
    """Raise InvariantError naming the first rule that the state breaks."""
    folio, lru, stat = v.folio, v.lru, v.stat
    lists = [np.array(_listed(v, gen), np.int64) for gen in range(MAX_NR_GENS)]
    listed = np.concatenate(lists)
    with_gen = np.flatnonzero(folio.gen != NO_GEN)
    in_memory = (folio.pte == PTE_PRESENT) | ((folio.pte == PTE_SWAP) & folio.swapcache)
    waiting = np.array(lru.lru_add[: int(lru.add_count)])
    waiting = waiting[waiting >= 0]
    gens = int(lru.max_seq - lru.min_seq) + 1
    swapped = np.count_nonzero((folio.pte == PTE_SWAP) & ~folio.swapcache)
    sizes = np.bincount(folio.gen[with_gen], minlength=MAX_NR_GENS)
    rules = {
        "2 to 4 generations exist": MIN_NR_GENS <= gens <= MAX_NR_GENS,
        "a page with a generation is on exactly one list": np.array_equal(
            np.sort(listed), with_gen
        ),
        "the sizes of the generations are their pages": np.array_equal(sizes, lru.nr_pages),
        "a page in memory has a generation or waits in the LRU-add batch": np.array_equal(
            np.flatnonzero(in_memory), np.sort(np.concatenate([with_gen, waiting]))
        ),
        "a page on a list is not PG_active": not np.any(folio.pg[with_gen] & PG_ACTIVE),
        "charged pages are those in memory and in the stock": int(lru.usage)
        == np.count_nonzero(in_memory) + int(lru.stock),
        "pages swapped out and not back are stolen less faulted in": swapped
        == int(stat.pgsteal) - int(stat.pgmajfault),
        "pages scanned are stolen or put back": int(stat.pgscan) >= int(stat.pgsteal),
        "only mapped pages have a secondary entry": not np.any(
            (folio.spte != SPTE_NONE) & ~((folio.pte == PTE_PRESENT) | (folio.pte == PTE_ZERO))
        ),
        "only pages with a secondary entry are young there": not np.any(
            folio.spte_young & (folio.spte == SPTE_NONE)
        ),
        "batches hold their pages": int(folio.held.sum()) == waiting.size + int(lru.activate_count),
        "memory stays within its limit": lru.usage <= lru.limit,
    }
    for rule, holds in rules.items():
        if not holds:
            raise InvariantError(f"does not hold: {rule}")
