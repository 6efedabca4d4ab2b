"""`film`: a run looked at after each small step: where every page is, what is counted so far."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import MAX_NR_GENS, NO_GEN, PTE_PRESENT, PTE_SWAP
from mglru_lab.lab.run.commands import steps
from mglru_lab.lab.run.machine import Machine
from mglru_lab.lab.run.run import Run, run_of
from mglru_lab.lab.run.snapshot import asked
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.mmu import NESTED_MMU
from mglru_lab.scenario.film_scenarios import Shown
from mglru_lab.scenario.language import Command

PLACES = (
    "youngest generation",
    "1 behind",
    "2 behind",
    "3 behind (oldest possible)",
    "swapped out",
    "not yet touched",
    "waiting in a batch",
)
"""By the number in the low three bits of a page's byte."""
SWAPPED, ABSENT, BATCHED = range(MAX_NR_GENS, MAX_NR_GENS + 3)
PRIMARY, SECONDARY = 8, 16
"""Bits of a page's byte: its accessed bit is set in this MMU."""

COUNTERS = {
    "pgmajfault": "refaults (pages swapped back in)",
    "pgscan": "pages scanned at the end of the list",
    "rescues": "of these rescued by an accessed bit",
    "pgsteal": "pages swapped out",
    "agings": "agings",
    "ptes_walked": "PTEs read by agings",
    "asks_aging": "secondary MMU asked by agings",
    "asks_eviction": "secondary MMU asked by eviction",
    "asks_lookaround": "secondary MMU asked by look-around",
}

_STEPS = ("touch", "utouch", "rtouch", "gtouch", "replay", "age", "evict")


@dataclass(frozen=True)
class Film:
    """One kernel's film; frame f shows the state after `captions[f]`."""

    run: Run
    regions: list[tuple[str, int]]
    """Who uses them, and pages, in page order."""
    captions: list[str]
    pages: npt.NDArray[np.uint8]
    """frames × pages: PLACES in the low three bits, PRIMARY, SECONDARY."""
    counters: npt.NDArray[np.int64]
    """frames × COUNTERS, since the start."""

    def places(self, frame: int) -> dict[str, int]:
        """How many pages are in each place."""
        counts = np.bincount(self.pages[frame] & 7, minlength=len(PLACES))
        return dict(zip(PLACES, counts.tolist(), strict=True))

    def same_pages(self, other: "Film") -> bool:
        """Every page went the same way, at each step and in the end."""
        ways = (self.pages & 7, other.pages & 7)
        return self.run.pages == other.run.pages and bool(np.array_equal(*ways))

    def total(self, counter: str) -> int:
        """A counter at the end."""
        return int(self.counters[-1, list(COUNTERS).index(counter)])


def shoot(shown: Shown, kernel: Kernel) -> Generator[float, None, Film]:
    """Run it step by step: yields the share done after each step and returns the film."""
    scenario, entries = shown.plot(nested=kernel.mmu == NESTED_MMU)
    machine = Machine(scenario, kernel, entries=entries)
    names = ["guest"] if len(machine.layout.pages) == 1 else ["host", "guest"]
    captions, pages, counters = [], [], []
    for done, command in enumerate(steps(machine), start=1):
        if command.name in _STEPS:
            captions.append(_caption(command))
            pages.append(_look(machine))
            counters.append(_count(machine))
        yield done / len(machine.commands)
    return Film(
        run=run_of(machine, scenario),
        regions=list(zip(names, machine.layout.pages, strict=True)),
        captions=captions,
        pages=np.array(pages, np.uint8),
        counters=np.array(counters, np.int64),
    )


def film(shown: Shown, kernel: Kernel) -> Film:
    """The same at once."""
    shooting = shoot(shown, kernel)
    while True:
        try:
            next(shooting)
        except StopIteration as end:
            made: Film = end.value
            return made


def _caption(command: Command) -> str:
    first, end = (*command.args, "", "")[:2]
    if command.name == "replay":
        return f"accesses {int(first) + 1:,} to {int(end):,}"
    if command.name == "age":
        return "an aging, by command"
    if command.name == "evict":
        return f"an eviction from the oldest generation, of up to {command.args[2]} pages"
    return f"pages {int(first):,} to {int(end) - 1:,} are used"


def _look(machine: Machine) -> npt.NDArray[np.uint8]:
    """One byte for each page of all regions."""
    looks = []
    for region in machine.layout.regions():
        folio = Folios(machine.v, region)
        gen, pte = folio.gen, folio.pte
        distance = (int(machine.v.lru.max_seq) - gen) % MAX_NR_GENS
        place = np.where(gen == NO_GEN, BATCHED, distance)
        place = np.where(pte == PTE_PRESENT, place, ABSENT)
        place = np.where(pte == PTE_SWAP, SWAPPED, place)
        marks = PRIMARY * folio.young.astype(np.uint8) + SECONDARY * folio.spte_young
        looks.append(place + np.where(pte == PTE_PRESENT, marks, 0))
    return np.concatenate(looks).astype(np.uint8)


def _count(machine: Machine) -> list[int]:
    seen = asked(machine.v)
    return [seen[name] if name in seen else int(machine.v.stat[name]) for name in COUNTERS]
