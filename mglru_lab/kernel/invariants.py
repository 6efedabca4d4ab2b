"""Checks of the state after every run: each page is in one place, and sums agree."""

import numpy as np

from mglru_lab.kernel.features import Enabled
from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import (
    ANON_AND_FILE,
    LRU_GEN_ANON,
    LRU_GEN_FILE,
    MAX_NR_GENS,
    MIN_NR_GENS,
    NO_GEN,
    PG_ACTIVE,
    PTE_PRESENT,
    PTE_SWAP,
    PTE_ZERO,
    PTRS_PER_PTE,
    SPTE_NONE,
    Lruvec,
)
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.swap import GIVEN_BACK


class InvariantError(AssertionError):
    """The state contradicts itself: a defect of the model, never of its input."""


def _listed(v: Lruvec, at: int) -> list[int]:
    """The pages on one list, from its head; fails if the list's links contradict each other."""
    head = v.pte.size + at
    pages: list[int] = []
    following, before = v.folio.next.tolist(), v.folio.prev.tolist()
    page = following[head]
    while page != head:
        if before[following[page]] != page or len(pages) > v.pte.size:
            gen, kind = divmod(at, ANON_AND_FILE)
            of = f"{('anon', 'file')[kind]} list of generation {gen % MAX_NR_GENS}"
            raise InvariantError(f"the {of} is broken at page {page}")
        pages.append(page)
        page = following[page]
    return pages


def check(v: Lruvec, rules: Rules) -> None:
    """Raise InvariantError naming the first rule that the state breaks."""
    folio, lrus, cpu, stat = Folios(v), v.lrus, v.cpu, v.stat
    lists = [np.array(_listed(v, at), np.int64) for at in range(v.folio.size - v.pte.size)]
    listed = np.concatenate(lists)
    with_gen = np.flatnonzero(folio.gen != NO_GEN)
    in_memory = (folio.pte == PTE_PRESENT) | folio.cached
    in_batch = np.array(cpu.lru_add[: int(cpu.add_count)])
    given_back = GIVEN_BACK - in_batch[in_batch <= GIVEN_BACK]
    waiting = in_batch[in_batch >= 0]
    batched = np.concatenate([waiting, cpu.activate[: int(cpu.activate_count)]])
    gens = lrus.max_seq[:, None] - lrus.min_seq + 1
    swapped = np.count_nonzero((folio.pte == PTE_SWAP) & ~folio.cached)
    memcg = np.repeat(v.table.memcg, PTRS_PER_PTE)
    charged = np.bincount(memcg[in_memory], minlength=lrus.size)
    charged += lrus.stock + np.bincount(given_back, minlength=lrus.size)
    anon_back = 0 if np.any(folio.file) else int(stat.pgmajfault)
    sizes = np.bincount(
        ANON_AND_FILE * (MAX_NR_GENS * memcg[with_gen] + folio.gen[with_gen])
        + folio.file[with_gen],
        minlength=lrus.nr_pages.size,
    )
    must_hold = {
        "2 to 4 generations exist": np.all((gens >= MIN_NR_GENS) & (gens <= MAX_NR_GENS)),
        "files' oldest generation is not older than anonymous memory's": bool(
            rules.types_apart
            or np.all(lrus.min_seq[:, LRU_GEN_ANON] <= lrus.min_seq[:, LRU_GEN_FILE])
        ),
        "a page with a generation is on exactly one list": np.array_equal(
            np.sort(listed), with_gen
        ),
        "the sizes of the generations are their pages": np.array_equal(
            sizes, lrus.nr_pages.ravel()
        ),
        "a page in memory has a generation or waits in the LRU-add batch": np.array_equal(
            np.flatnonzero(in_memory), np.sort(np.concatenate([with_gen, waiting]))
        ),
        "a page on a generation's list is not PG_active": not np.any(
            folio.pg[with_gen] & PG_ACTIVE & np.where(lrus.enabled[0] & Enabled.CORE, 0xFF, 0)
        ),
        "charged pages are those in memory and in the stock": np.array_equal(lrus.usage, charged)
        and cpu.usage == charged.sum(),
        "pages swapped out and not back are stolen less faulted in": swapped
        == int(stat.pgsteal_anon) - anon_back,
        "a file's page that is mapped is cached": not np.any(
            folio.file & (folio.pte == PTE_PRESENT) & ~folio.cached
        ),
        "scanned and stolen pages are of one type or the other": int(stat.pgscan)
        == int(stat.pgscan_anon) + int(stat.pgscan_file)
        and int(stat.pgsteal) == int(stat.pgsteal_anon) + int(stat.pgsteal_file),
        "pages scanned are stolen or put back": int(stat.pgscan) >= int(stat.pgsteal),
        "only mapped pages have a secondary entry": not np.any(
            (folio.spte != SPTE_NONE) & ~((folio.pte == PTE_PRESENT) | (folio.pte == PTE_ZERO))
        ),
        "only pages with a secondary entry are young there": not np.any(
            folio.spte_young & (folio.spte == SPTE_NONE)
        ),
        "batches hold their pages": np.array_equal(np.flatnonzero(folio.held), np.unique(batched)),
        "memory stays within its limit": cpu.usage <= cpu.limit,
    }
    for rule, holds in must_hold.items():
        if not holds:
            raise InvariantError(f"does not hold: {rule}")
