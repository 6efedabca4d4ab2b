"""What any policy could do with the same accesses: Belady's optimum, LRU, Clock, FIFO; misses.

They see every access at once and for free, which no kernel does, and hold as many pages as the
model may: the limit and what the memcg was charged in advance. "Perfect aging" is the kernel's own
rules with all accessed bits in the primary MMU: nothing to ask, nothing missed.
"""

import heapq
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from mglru_lab.kernel.jit import allocating
from mglru_lab.kernel.lruvec import PTRS_PER_PTE
from mglru_lab.kernel.replay import GUEST_BIT, PAGE_MASK
from mglru_lab.lab.run.commands import play
from mglru_lab.lab.run.machine import NO_LOG, Hits, Machine
from mglru_lab.lab.run.run import run
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Command, Scenario
from mglru_lab.scenario.traces.entries import Entries

Pages = npt.NDArray[np.int64]


@allocating
def fifo(pages: np.ndarray, frames: int) -> int:
    """Misses if the page that came in first is evicted first."""
    inside = np.zeros(pages.max() + 1, np.bool_)
    queue = np.empty(frames, np.int64)
    misses = 0
    for page in pages:
        if not inside[page]:
            slot = misses % frames
            if misses >= frames:
                inside[queue[slot]] = False
            queue[slot] = page
            inside[page] = True
            misses += 1
    return misses


@allocating
def clock(pages: np.ndarray, frames: int) -> int:
    """Misses if a hand skips pages used since it last came by; new ones count as unused."""
    place = np.full(pages.max() + 1, -1)
    ring = np.empty(frames, np.int64)
    used = np.zeros(frames, np.bool_)
    misses = hand = 0
    for page in pages:
        if place[page] >= 0:
            used[place[page]] = True
            continue
        if misses >= frames:
            while used[hand]:
                used[hand] = False
                hand = (hand + 1) % frames
            place[ring[hand]] = -1
        ring[hand] = page
        place[page] = hand
        hand = (hand + 1) % frames
        misses += 1
    return misses


@allocating
def lru(pages: np.ndarray, frames: int) -> int:
    """Misses if the page used longest ago is evicted: a queue of uses, stale ones skipped."""
    last = np.full(pages.max() + 1, -1)
    inside = np.zeros(pages.max() + 1, np.bool_)
    misses = oldest = resident = 0
    for now in range(pages.size):
        page = pages[now]
        if not inside[page]:
            misses += 1
            if resident == frames:
                while last[pages[oldest]] != oldest:
                    oldest += 1
                inside[pages[oldest]] = False
                oldest += 1
            else:
                resident += 1
            inside[page] = True
        last[page] = now
    return misses


@allocating
def belady(pages: np.ndarray, frames: int) -> int:
    """Misses if the page whose next use is farthest away is evicted; every page comes in."""
    count = pages.size
    then = np.full(pages.max() + 1, count)
    following = np.empty(count, np.int64)
    for now in range(count - 1, -1, -1):
        following[now] = then[pages[now]]
        then[pages[now]] = now
    due = np.full(pages.max() + 1, -1)  # the next use of each page inside
    heap = [(0, 0) for _ in range(0)]
    misses = resident = 0
    for now in range(count):
        page = pages[now]
        if due[page] < 0:
            misses += 1
            if resident == frames:
                farthest, victim = heapq.heappop(heap)
                while due[victim] != -farthest:
                    farthest, victim = heapq.heappop(heap)
                due[victim] = -1
            else:
                resident += 1
        due[page] = following[now]
        heapq.heappush(heap, (-following[now], page))
    return misses


POLICIES: dict[str, Callable[[Pages, int], int]] = {
    "Belady's optimum": belady,
    "LRU": lru,
    "Clock": clock,
    "FIFO": fifo,
}


class _Listener(Machine):
    """Notes which pages a scenario's commands access, and does nothing else."""

    def __init__(self, scenario: Scenario, traces: Sequence[Path]) -> None:
        super().__init__(scenario, Kernel(), traces)
        self.heard: list[Pages] = []

    def access(
        self, command: Command, entries: Entries, by_user: bool, misses: Hits = NO_LOG
    ) -> None:
        region = ((entries >> np.uint32(GUEST_BIT)) & np.uint32(1)).astype(np.int64)
        first = np.array(self.layout.first_table, np.int64)[region] * PTRS_PER_PTE
        self.heard.append(first + (entries & np.uint32(PAGE_MASK)).astype(np.int64))


def accesses(scenario: Scenario, traces: Sequence[Path | str] = ()) -> tuple[Pages, int]:
    """The pages that a scenario accesses, in order, and the frames that its limit leaves.

    Raises ValueError for a scenario without limit or accesses.
    """
    listener = _Listener(scenario, [Path(folder) for folder in traces])
    play(listener)
    if listener.capacity is None or not listener.heard:
        raise ValueError(f"{scenario.source}: a bound needs a limit line and accesses")
    return np.concatenate(listener.heard), listener.capacity


def bounds(scenario: Scenario, traces: Sequence[Path | str] = ()) -> pl.DataFrame:
    """Pages that had to come back, per policy: policy, refaults (misses except first uses)."""
    pages, frames = accesses(scenario, traces)
    first = np.unique(pages).size
    rows = [(name, policy(pages, frames) - first) for name, policy in POLICIES.items()]
    rows.insert(1, ("perfect aging", perfect_aging(scenario, traces)))
    return pl.DataFrame(rows, ["policy", "refaults"], orient="row")


def perfect_aging(scenario: Scenario, traces: Sequence[Path | str] = ()) -> int:
    """Refaults of 6.12's rules if userspace makes the guest's accesses: no other MMU has a bit."""
    lines = scenario.text.split("\n")
    last = max(i for i, line in enumerate(lines) if line.split()[:1] == ["region"])
    lines.insert(last + 1, "byuser 1")
    known = Scenario("\n".join([*lines, "stat bound"]), scenario.source, scenario.folder)
    return run(known, Kernel(), traces=traces).counters("bound")["pgmajfault"]
