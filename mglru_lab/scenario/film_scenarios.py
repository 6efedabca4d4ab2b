"""What a film is made of: short scenarios of many small steps, by name."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mglru_lab.choose import choose
from mglru_lab.kernel.replay import PAGE_MASK
from mglru_lab.scenario.language import Scenario
from mglru_lab.scenario.traces.entries import Entries, load_trace
from mglru_lab.scenario.workloads import WORKLOADS, Workload, workload

PAGES, LENGTH, STEPS = 1024, 16384, 128
"""Pages and accesses of a workload's film, and the most parts into which a replay is cut."""

HALF = "half"
TITLES = {
    HALF: "a guest uses half of its memory",
    "mix": "a host and its guest, both at work",
    "phases": "a guest whose working set moves",
    "scan": "a guest with a hot quarter and a scan",
    "periodic": "a host at work, a guest that sleeps and wakes",
    "bursts": "a host at work, a guest that sweeps at times",
    "nested": "a guest at work (on x86-tdp-nested it runs a nested guest)",
    "guest.parquet": "a real guest (recorded; 34,694 pages)",
    "sqlite.parquet": "SQLite in a guest (recorded)",
}


Plot = tuple[Scenario, dict[str, Entries]]
"""A scenario, and its trace by the name that it gives it."""


def _half(nested: str) -> Plot:
    """All is written; twice: half is used, and used again, an aging after each, then evictions."""

    def touch(pages: int) -> str:
        return "".join(f"touch {first} {first + 128}\n" for first in range(0, pages, 128))

    used = f"{touch(PAGES // 2)}settle\nage\n"
    evict = "evict old 200 64\n" * 10
    text = f"region {PAGES} kvm {nested}\n{touch(PAGES)}settle\nage\n{2 * (used + used + evict)}"
    return Scenario(f"{text}stat end\n", HALF), {}


def _replayed(made: Workload, memory: float, nested: str) -> Plot:
    length = made.entries.size
    steps = min(STEPS, length)
    parts = "".join(
        f"replay {length * step // steps} {length * (step + 1) // steps}\n" for step in range(steps)
    )
    opening = made.opening(made.resident(memory), nested)
    text = f"{opening}{parts}settle\nstat end\n"
    return Scenario(text, made.name), {f"{made.name}.u32": made.entries.astype(np.uint32)}


def _traced(name: str) -> Workload:
    """A recorded trace as a workload: all memory is the guest's."""
    _, entries = load_trace(name, [Path(name).parent])
    pages = int((entries & np.uint32(PAGE_MASK)).max()) + 1
    return Workload(Path(name).stem, entries.astype(np.int64), 0, pages)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What happens in a film: a name of TITLES, or the file of a trace.

    `memory`: how much of the pages fits into memory; `seed` of a workload. Neither decides
    anything in `half`, which evicts by command; a recorded trace has no seed. `nested`: the share
    of the guest's pages that a nested guest has mapped, where the secondary MMU has such. Raises
    ValueError naming what is allowed.
    """

    workload: str = HALF
    memory: float = 0.5
    seed: int = 1
    nested: float = 1.0

    def __post_init__(self) -> None:
        if not Path(self.workload).is_file():
            choose("workload", self.workload, list(TITLES))
        if not 0 < self.memory <= 1:
            raise ValueError(f"memory {self.memory:g}: allowed is a share, above 0 to 1")
        if not 0 < self.nested <= 1:
            raise ValueError(f"nested {self.nested:g}: allowed is a share, above 0 to 1")
        if self.seed < 0:
            raise ValueError(f"seed {self.seed}: allowed are 0 and more")

    def plot(self, nested: bool) -> Plot:
        """What happens; `nested`: a share of the guest's pages is mapped for a nested guest."""
        share = f"nested={self.nested:g}" if nested else ""
        if self.workload == HALF:
            return _half(share)
        if self.workload in WORKLOADS:
            return _replayed(workload(self.workload, PAGES, LENGTH, self.seed), self.memory, share)
        return _replayed(_traced(self.workload), self.memory, share)

    def without_effect(self) -> dict[str, str]:
        """Which of its fields have no effect, and why."""
        if self.workload == HALF:
            why = "this story has no memory limit; it evicts by command"
            return {"memory": why, "seed": "nothing in this story is drawn at random"}
        if self.workload not in WORKLOADS:
            return {"seed": "a recorded trace has no seed"}
        return {}
