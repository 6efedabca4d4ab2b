"""Workloads that can tell variants apart: each stresses one thing, all from one seed.

Stationary Zipf hardly can: what was used is what will be used, whoever knows of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mglru_lab.choose import choose
from mglru_lab.files import whole
from mglru_lab.scenario.generators import GUEST, Pages, hotscan, mixed_zipf, sweep, zipf
from mglru_lab.scenario.language import Scenario

PAGES_PER_TABLE = 512
CHARGE_BATCH = 64
"""MEMCG_CHARGE_BATCH of the kernel."""


def seeds(seed: int, count: int) -> list[int]:
    """Independent seeds: children of one np.random.SeedSequence, which a caller's own never are."""
    children = np.random.SeedSequence(seed).spawn(count)
    return [int(child.generate_state(1, np.uint64)[0]) for child in children]


def charged_ahead(host: int, guest: int) -> int:
    """Pages charged in advance when a scenario's `limit` comes, after regions of so many pages.

    A memcg is charged by batches of MEMCG_CHARGE_BATCH; used of them are a page per page table,
    which the recording program touches, its own page with two regions, and a guest's program.
    """
    tables = sum(-(-pages // PAGES_PER_TABLE) for pages in (host, guest))
    return -(tables + bool(host and guest) + bool(guest)) % CHARGE_BATCH


def limit_for(resident: int, host: int, guest: int) -> int:
    """The `limit` that lets so many of the regions' pages be resident at once.

    What is charged in advance (`charged_ahead`) is theirs, too. Raises ValueError where that alone
    is more than asked for.
    """
    ahead = charged_ahead(host, guest)
    if resident <= ahead:
        raise ValueError(
            f"{resident} of {host + guest} pages of memory: {ahead} are charged in advance, so "
            f"allowed are {ahead + 1} and more: give it more memory, or more pages"
        )
    return resident - ahead


@dataclass(frozen=True, eq=False)
class Workload:
    """Accesses of a host process and its guest (`entries`, bit 30: the guest's), and their memory.

    Without a host region (`host` 0) all pages are the guest's and no entry has bit 30.
    """

    name: str
    entries: Pages
    host: int
    guest: int
    nested: float = 0.0

    def text(self, resident: int, marks: int = 1) -> str:
        """The scenario that replays it in `resident` pages; its trace is named NAME.u32."""
        replay = f"replaymarks 0 {self.entries.size} {marks}"
        if marks == 1:
            replay = f"replay 0 {self.entries.size}"
        nested = f"nested={self.nested:g}" if self.nested else ""
        return self.opening(resident, nested) + f"{replay}\nsettle\nstat end\n"

    def opening(self, resident: int, nested: str = "") -> str:
        """The lines that come before the replay; of its pages `resident` fit into memory."""
        limit = limit_for(resident, self.host, self.guest)
        regions = f"region {self.host} anon\n" if self.host else ""
        regions += f"region {self.guest} kvm {nested}\n" if self.guest else ""
        return f"fifo 1\nyield 1\n{regions}limit {limit}\ntrace {self.name}.u32\n"

    def resident(self, memory: float) -> int:
        """How many pages a share of them is; raises ValueError for what is no share."""
        if not 0 < memory <= 1:
            raise ValueError(f"memory {memory:g}: allowed is a share of the pages, above 0 to 1")
        return max(round(memory * (self.host + self.guest)), 1)

    def scenario(self, folder: Path, memory: float, marks: int = 1) -> Scenario:
        """Write the trace into `folder`; the scenario gives it `memory` as a share of its pages.

        Raises ValueError for a memory too small to be had (`limit_for`).
        """
        resident = self.resident(memory)
        with whole(folder / f"{self.name}.u32") as partial:
            partial.write_bytes(self.entries.astype("<u4").tobytes())
        return Scenario(self.text(resident, marks), self.name, folder)


def mix(pages: int, length: int, seed: int, share: float = 0.5) -> Workload:
    """Host and guest, half of the pages each, Zipf 1.0 both; `share` of the accesses the guest's.

    Stresses who pays: memory that looks younger than it is pushes the other's out.
    """
    half = pages // 2
    entries = mixed_zipf(half, half, round(1000 * share), length, seeds(seed, 1)[0] >> 2)
    return Workload("mix", entries, half, half)


def phases(pages: int, length: int, seed: int) -> Workload:
    """A guest's working set, a quarter of its pages, moves to another quarter eight times.

    Stresses how fast memory that was hot is found cold.
    """
    kids, part, quarter = seeds(seed, 8), length // 8, pages // 4
    moved = [(i % 4) * quarter + zipf(quarter, part, kid, 1.0) for i, kid in enumerate(kids)]
    return Workload("phases", np.concatenate(moved), 0, pages)


def scan(pages: int, length: int, seed: int) -> Workload:
    """A guest's hot quarter beside a scan over the rest, turn by turn.

    Stresses telling used once from used often.
    """
    return Workload("scan", hotscan(pages, length, seeds(seed, 1)[0], pages // 4), 0, pages)


def periodic(pages: int, length: int, seed: int) -> Workload:
    """A host at work; the guest sleeps, and works alone for every fourth eighth of the time.

    Stresses keeping memory that comes back late against giving it to who works now.
    """
    half, part, kids = pages // 2, length // 8, seeds(seed, 8)
    turns = [
        zipf(half, part, kid, 1.0) | (GUEST if i % 4 == 0 else 0) for i, kid in enumerate(kids)
    ]
    return Workload("periodic", np.concatenate(turns), half, half)


def bursts(pages: int, length: int, seed: int) -> Workload:
    """A host's Zipf; sixteen times the guest sweeps over its third of the pages.

    Stresses the opposite sign: here stickiness of a guest's memory is right.
    """
    guest, turns = pages // 3, 16
    every = length // turns
    entries = sweep(pages - guest, guest, every, seeds(seed, 1)[0], every * turns)
    return Workload("bursts", entries, pages - guest, guest)


def nested(pages: int, length: int, seed: int) -> Workload:
    """A guest's Zipf, a third of its pages mapped for a nested guest.

    Stresses variants that decide by page or by VM whether a call takes a lock.
    """
    return Workload("nested", zipf(pages, length, seeds(seed, 1)[0], 1.0), 0, pages, 0.33)


WORKLOADS: dict[str, Callable[[int, int, int], Workload]] = {
    made.__name__: made for made in (mix, phases, scan, periodic, bursts, nested)
}
"""By name: what makes one from pages, accesses and a seed."""


def workload(name: str, pages: int = 2048, length: int = 65536, seed: int = 1) -> Workload:
    """A workload by its name; raises ValueError naming what is allowed."""
    choose("workload", name, list(WORKLOADS))
    for what, value, least in (("pages", pages, 64), ("length", length, 64), ("seed", seed, 0)):
        if value < least:
            raise ValueError(f"{what} {value}: allowed are {least} and more")
    return WORKLOADS[name](pages, length, seed)
