"""PTEs and page tables that aging walks visited: the model's number against the kernel's.

A kernel also walks the rest of the worker's address space (its code, heap, stack, buffers), which
the model does not have. So what has to be equal is what the scenario's regions add: per forced walk
the difference is one and the same, and an unforced walk finds next to nothing there.
"""

from dataclasses import dataclass

from mglru_lab.lab.run.run import Run
from mglru_lab.lab.truth.recordings import Recording

UNFORCED_PTES = 3
"""Most leaf entries of the worker's own that an unforced walk counted anywhere (huge pages)."""


@dataclass(frozen=True)
class Walked:
    """Whether the regions' part is equal at every dump, and what a forced walk adds to it."""

    equal: bool
    own_ptes: float
    own_tables: float


def compare(recording: Recording, model: Run) -> Walked | None:
    """The kernel's walks between dumps less the model's; None if no dump of the run saw a walk."""
    own: tuple[float, float] | None = None
    equal, before, then = True, (0, 0), dict[str, int]()
    for label, snapshot in model.snapshots.items():
        if not snapshot.maps:
            continue
        stats, now = recording.stats[label], snapshot.counters
        there = stats.get("ptes_walked", 0), stats.get("tables_walked", 0)
        counters = ("walks", "walks_forced", "ptes_walked", "tables_walked")
        walks, forced, ptes, tables = (now[c] - then.get(c, 0) for c in counters)
        more_ptes, more_tables = there[0] - before[0] - ptes, there[1] - before[1] - tables
        before, then = there, now
        if forced:
            own = own or (more_ptes / forced, more_tables / forced)
            more_ptes -= round(own[0] * forced)
            more_tables -= round(own[1] * forced)
        most = UNFORCED_PTES * (walks - forced)
        equal &= more_tables == 0 and 0 <= more_ptes <= most
    return Walked(equal, *own) if own else None
