"""When the kernel's timer flushed the statistics that the classic LRU decides with.

Every two seconds (FLUSH_TIME, mm/memcontrol.c). A recording tells the worker's time at its marks,
so from one flush follows, within some milliseconds, where the next one came; which accesses those
were, its miss log and its marks tell.
"""

from collections.abc import Iterator
from itertools import count, pairwise

import numpy as np
import numpy.typing as npt

from mglru_lab.kernel.replay import replay
from mglru_lab.kernel.rstat import flush_stats
from mglru_lab.kernel.rules import RULES
from mglru_lab.lab.run.commands import steps
from mglru_lab.lab.run.machine import Machine
from mglru_lab.lab.run.snapshot import PAGE_SIZE
from mglru_lab.lab.run.unrecorded import Flush
from mglru_lab.lab.truth.followed import Followed
from mglru_lab.lab.truth.groundtruth import on_model
from mglru_lab.lab.truth.match import EXACT_COUNTERS
from mglru_lab.lab.truth.recordings import Recording

FLUSH_TIME = 2000.0
"""Milliseconds from one flush to the next."""
AROUND = ((30.0, 60.0), (150.0, 250.0))
"""Milliseconds before and after it is due, at first and at last: the time at an access is
interpolated, and whoever flushes waits for its turn."""
MOST_TRIES = 30_000
"""After which the search gives up."""
STRETCH = 2048
"""Accesses between two looks at the miss log."""


def is_flushed_by_timer(recording: Recording) -> bool:
    """A classic LRU that flushes in no other way, under pressure, with what a search needs."""
    return (
        not RULES[recording.rules].flushes_before_reclaim
        and all(line in recording.text for line in ("enabled 0\n", "misslog 2\n", "replaymarks "))
        and "fifo 1\n" not in recording.text
        and recording.misses is not None
    )


def _clock(
    log: npt.NDArray[np.uint8], marks: list[int], recording: Recording
) -> npt.NDArray[np.float64]:
    """The worker's milliseconds before each access, and after the last.

    Between two marks by what a hit and a miss took in this recording, on average.
    """
    times = [0, *(recording.stats[f"mark{i}"]["run_ms"] for i in range(1, len(marks)))]
    parts = [log[a:b] for a, b in pairwise(marks)]
    counts = np.array([(part.size, part.sum(dtype=np.int64)) for part in parts], float)
    a_hit, a_miss_more = np.linalg.lstsq(counts, np.diff(times), rcond=None)[0]
    if a_hit <= 0 or a_miss_more < 0:
        a_hit, a_miss_more = 1.0, 0.0  # misses are spread too evenly to tell
    clock = [np.zeros(1)]
    for part, begin, end in zip(parts, times, times[1:], strict=False):
        taken = np.cumsum(a_hit + a_miss_more * part)
        clock.append(begin + taken * ((end - begin) / taken[-1]))
    return np.concatenate(clock)


class Search:
    """Follows a recorded replay from flush to flush, and turns back where no flush explains it."""

    def __init__(self, recording: Recording) -> None:
        kernel, scenario = on_model(recording)
        self.machine = machine = Machine(scenario, kernel, entries=recording.entries)
        before = [command.name for command in machine.commands].index("replaymarks")
        for _ in zip(range(before), steps(machine), strict=False):
            pass
        log = recording.missed()
        assert log is not None
        self.recording, self.log = recording, log
        self.entries = machine.trace
        self.size = machine.trace.size
        marks = sum(label.startswith("mark") for label in recording.stats)
        self.marks = {self.size * (i + 1) // marks: f"mark{i + 1}" for i in range(marks)}
        self.clock = _clock(self.log[: self.size], [0, *self.marks], recording)
        self.early, self.late = AROUND[0]
        self.guest = np.zeros(2, np.bool_)
        self.by_read = machine.layout.kinds == ["rfile"]
        self.first_table = machine.layout.first_table
        self.seen: set[int] = set()
        self.tries = 0

    def access(self, time: float) -> int:
        """The access that the worker makes at this time, in milliseconds."""
        return int(np.searchsorted(self.clock, time).clip(0, self.size))

    def found(self) -> tuple[Flush, ...] | None:
        """The flushes of a replay that agrees with the recording from begin to end."""
        for self.early, self.late in AROUND:
            self.tries = 0
            self.seen.clear()
            start = Followed(self.machine.v, 0).fork()
            flushes = self.from_flush(start, 0, self.access(FLUSH_TIME + self.late))
            if flushes is not None:
                return flushes
        return None

    def from_flush(self, state: Followed, first: int, last: int) -> tuple[Flush, ...] | None:
        """Go on with the next flush between two accesses, and so on to the end."""
        if not self.follow(state, first):
            return None
        for made in self.flushed(state, last):
            self.tries += 1
            if self.tries > MOST_TRIES:
                return None
            due = float(self.clock[made.at]) + FLUSH_TIME
            first, last = self.access(due - self.early), self.access(due + self.late)
            flushes = self.from_flush(made, first, last)
            if flushes is not None:
                return flushes
        return state.flushes if state.at == self.size else None

    def flushed(self, state: Followed, last: int) -> Iterator[Followed]:
        """Go on until access `last`; on the way, states flushed wherever that may matter."""
        while state.at < min(last + 1, self.size):
            made = state.fork((state.at, 0))
            flush_stats(made.v)
            if self.is_new(made):
                yield made
            before = state.fork()
            goes_on = self.follow(state, state.at + 1)
            if state.v.stat.reclaims > before.v.stat.reclaims:
                yield from self.flushed_in_reclaim(before)
            if not goes_on:
                return

    def flushed_in_reclaim(self, state: Followed) -> Iterator[Followed]:
        """States after the next access, flushed at a point where reclaim lets others run."""
        for point in count(1):
            made = state.fork((state.at, point))
            made.v.cpu.flush_in = point
            agrees = self.follow(made, state.at + 1)
            if made.v.cpu.flush_in > 0:
                return
            if agrees and self.is_new(made):
                yield made

    def is_new(self, state: Followed) -> bool:
        """Whether no such state was gone on from."""
        key = state.key()
        known = key in self.seen
        self.seen.add(key)
        return not known

    def follow(self, state: Followed, end: int) -> bool:
        """Go on until access `end`; false where the recording says otherwise: it stays before."""
        while state.at < end:
            mark = next(mark for mark in self.marks if mark > state.at)
            upto = min(end, mark, state.at + STRETCH)
            misses = np.zeros(upto - state.at, np.uint8)
            replay(
                state.v, self.machine.rules, self.machine.policy, self.entries[state.at : upto],
                self.first_table, self.guest, self.by_read, 1, misses,
            )  # fmt: skip
            if np.any(misses != self.log[state.at : upto]):
                return False
            if upto == mark and not self.agrees(state, self.marks[mark]):
                return False
            state.at = upto
        return True

    def agrees(self, state: Followed, label: str) -> bool:
        """Whether all counters are the recording's at a mark; reading them flushes."""
        stats = self.recording.stats[label]
        flush_stats(state.v)
        same = int(state.v.lru.usage) * PAGE_SIZE == stats["memory.current"]
        return same and all(
            int(state.v.stat[ours]) == stats.get(theirs, 0)
            for ours, theirs in EXACT_COUNTERS.items()
            if theirs.startswith("vm.")
        )
