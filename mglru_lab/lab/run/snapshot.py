"""What the recording program sees at one moment: counters, sizes, for a dump each page's place."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mglru_lab.kernel import debugfs
from mglru_lab.kernel.features import Enabled
from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import (
    MAX_NR_GENS,
    NO_GEN,
    PG_ACTIVE,
    PG_REFERENCED,
    PTE_NONE,
    PTE_PRESENT,
    PTE_SWAP,
    Lruvec,
)
from mglru_lab.policy.policy import IN_VAIN, Where

PAGE_SIZE = 4096
LETTERS = {
    "0": "youngest generation",
    "1": "1 behind",
    "2": "2 behind",
    "3": "3 behind",
    "s": "swapped out",
    ".": "not in memory",
    "A": "without a generation, PG_active",
    "r": "without a generation, PG_referenced",
    "n": "without a generation",
}
"""What a letter of a page map says of its page."""


@dataclass
class Snapshot:
    """What one `dump`, `stat` or mark saw."""

    label: str
    counters: dict[str, int]
    min_seq: int
    max_seq: int
    anon_sizes: list[int]
    """Anonymous pages per generation, from min_seq to max_seq, as debugfs prints them."""
    file_sizes: list[int]
    """A file's pages, the same."""
    lru_gen: str
    maps: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    """Per region, for a dump: one ASCII letter per page, as the recorder writes them."""

    @property
    def sizes(self) -> list[int]:
        """Pages of both types per generation, from min_seq to max_seq."""
        return [anon + file for anon, file in zip(self.anon_sizes, self.file_sizes, strict=True)]


def page_map(v: Lruvec, where: slice) -> npt.NDArray[np.uint8]:
    """One ASCII letter per page: distance from max_seq, s swapped, . absent.

    A page without generation is A if PG_active, else r if PG_referenced, else n.
    """
    folio = Folios(v, where)
    resident = (folio.pte == PTE_PRESENT) | (folio.cached & folio.file)
    distance = (int(v.lru.max_seq) - folio.gen) % MAX_NR_GENS
    letters = np.select(
        [
            folio.pte == PTE_SWAP,
            (folio.pte == PTE_NONE) & ~resident,
            resident & (folio.gen != NO_GEN) & bool(v.lru.enabled & Enabled.CORE),
            folio.pg & PG_ACTIVE != 0,
            folio.pg & PG_REFERENCED != 0,
        ],
        [ord("s"), ord("."), ord("0") + distance, ord("A"), ord("r")],
        default=ord("n"),
    )
    result: npt.NDArray[np.uint8] = letters.astype(np.uint8)
    return result


def _of_region(v: Lruvec, name: str, where: slice, missed: int) -> dict[str, int]:
    pte = Folios(v, where).pte
    return {
        f"{name}_acc": int(v.stat[f"{name}_accesses"]),
        f"{name}_misses": missed,
        f"{name}_resident": int(np.count_nonzero(pte == PTE_PRESENT)),
        f"{name}_swapped": int(np.count_nonzero(pte == PTE_SWAP)),
    }


def asked(v: Lruvec) -> dict[str, int]:
    """Pages that the secondary MMU was asked about, and calls of the notifiers, by place."""
    counters = {}
    for where in Where:
        name = where.name.lower().replace("_", "")
        counters[f"asks_{name}"] = int(v.cpu.asks[where][:IN_VAIN].sum())
        counters[f"calls_{name}"] = int(v.cpu.calls[where].sum())
    return counters


def take(v: Lruvec, label: str, regions: Sequence[slice], missed: Sequence[int]) -> Snapshot:
    """Counters and sizes as they are now; `missed`: logged misses per region."""
    folio, lru, stat = Folios(v), v.lru, v.stat
    present, cached, file = folio.pte == PTE_PRESENT, folio.cached, folio.file
    counters = {name: int(stat[name]) for name in stat.dtype.names}
    counters |= {
        "anon": int(np.count_nonzero(present & ~file)) * PAGE_SIZE,
        "file": int(np.count_nonzero(cached & file)) * PAGE_SIZE,
        "memory.current": int(lru.usage) * PAGE_SIZE,
        "memory.swap.current": int(np.count_nonzero((folio.pte == PTE_SWAP) | (cached & ~file)))
        * PAGE_SIZE,
        "misslog_misses": sum(missed),
        "young_primary": int(np.count_nonzero(present & folio.young)),
        "young_secondary_only": int(np.count_nonzero(present & folio.spte_young & ~folio.young)),
        "min_seq": int(v.lru.min_seq.min()),
        "max_seq": int(lru.max_seq),
    }
    counters |= asked(v)
    if len(regions) > 1:
        for name, region, misses in zip(("host", "guest"), regions, missed, strict=True):
            counters |= _of_region(v, name, region, misses)
    seqs = range(int(v.lru.min_seq.min()), int(lru.max_seq) + 1)
    anon, file = ([debugfs.shown_size(v, seq, kind) for seq in seqs] for kind in (0, 1))
    return Snapshot(label, counters, seqs[0], seqs[-1], anon, file, debugfs.lru_gen_text(v))
