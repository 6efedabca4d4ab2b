"""A copy of the model's state: a search continues a run from it in one way after another."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mglru_lab.kernel.lruvec import Lruvec
from mglru_lab.lab.run.unrecorded import Flush


@dataclass
class Followed:
    """A state that agrees with the recording so far."""

    v: Lruvec
    at: int
    flushes: tuple[Flush, ...] = ()

    def fork(self, *more: Flush) -> "Followed":
        """The same once more, with memory of its own."""
        return Followed(copied(self.v), self.at, (*self.flushes, *more))

    def key(self) -> int:
        """Equal for states that behave the same from now on."""
        v, cpu = self.v, _copied_records(self.v.cpu)[0]
        cpu.scratch[:] = 0  # what reclaim left there is of no use to anybody
        for pending in ("stats_updates", "stats_flush_threshold", "stats_counted"):
            cpu[pending] = 0  # asked for on 6.1 only, whose flushes follow from it
        parts = (v.pte, v.flags, v.memory, v.folio, v.lrus, cpu, v.stat)
        return hash((self.at, *(part.tobytes() for part in parts)))


def _copied_records(records: Any) -> Any:
    """As they are in memory: copied field by field, what is between them would be anything."""
    memory = bytearray(records.tobytes())
    return np.frombuffer(memory, records.dtype).view(np.recarray)


def copied(v: Lruvec) -> Lruvec:
    """The same state in memory of its own."""
    pte, flags, lrus = v.pte.copy(), v.flags.copy(), _copied_records(v.lrus)
    return v._replace(
        pte=pte,
        words=pte.view(np.uint64),
        flags=flags,
        flag_words=flags.view(np.uint64),
        memory=v.memory.copy(),
        folio=_copied_records(v.folio),
        table=_copied_records(v.table),
        cpu=_copied_records(v.cpu)[0],
        stat=_copied_records(v.stat)[0],
        lrus=lrus,
        lru=lrus[int(v.lru.memcg)],
    )
