"""Where two kernels diverge: the first page elsewhere, the first access that ends otherwise.

All kernels play the scenario side by side. Places are compared after each command; within the first
command that made them differ, an access is searched for before which they are the same.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from mglru_lab.kernel.features import Enabled
from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import PG_ACTIVE, PG_REFERENCED, PG_WORKINGSET
from mglru_lab.kernel.replay import GUEST_BIT, PAGE_MASK, READ_BIT
from mglru_lab.lab.run.commands import play, steps
from mglru_lab.lab.run.machine import NO_LOG, Hits, Machine
from mglru_lab.lab.run.snapshot import LETTERS
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Command, Scenario
from mglru_lab.scenario.traces.entries import Entries

PLACE, OUTCOME = "a page elsewhere", "another outcome"
FLAGS = {PG_REFERENCED: "PG_referenced", PG_WORKINGSET: "PG_workingset", PG_ACTIVE: "PG_active"}
_ANYWHERE = np.frombuffer(b"Arn", np.uint8)


@dataclass(frozen=True)
class Divergence:
    """One way in which a kernel first diverges from the baseline."""

    baseline: str
    kernel: str
    what: str
    """PLACE or OUTCOME."""
    line: int
    """Of the scenario."""
    command: str
    """Its text."""
    access: int | None
    """Of all accesses of the scenario, from 1; None where the command makes none."""
    accessed: str
    """That access in words; empty without one."""
    page: int
    region: int
    pages: int
    """Pages that are elsewhere then; 1 for another outcome."""
    states: tuple[str, str]
    """That page on the baseline and on the kernel: after the access, or before another outcome."""

    @property
    def in_words(self) -> str:
        """One or two sentences."""
        where = f"line {self.line} (`{self.command}`)"
        page = f"page {self.page}" + " of the guest's region" * bool(self.region)
        both = f"on {self.baseline}: {self.states[0]}; on {self.kernel}: {self.states[1]}"
        if self.what == OUTCOME:
            return (
                f"The first access that ends otherwise on {self.kernel} than on {self.baseline} is "
                f"access {self.access:,}, {self.accessed}, of {where}. Before it {page} is {both}."
            )
        at = f"access {self.access:,}, {self.accessed}, of {where}" if self.access else where
        many = f"{self.pages:,} pages are elsewhere, first {page}" if self.pages > 1 else page
        return f"{self.kernel} diverges from {self.baseline} at {at}. After it, {many}: {both}."


class _Enough(Exception):
    """So many accesses are done."""


class _Watched(Machine):
    """A machine that keeps how every access ended, and stops after `most` of them."""

    def __init__(self, most: int | None, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.most, self.done = most, 0
        self.made: list[tuple[Command, Entries, Hits]] = []
        """Per stretch: who made it, the accesses, and a 1 for each that missed."""

    def access(
        self, command: Command, entries: Entries, by_user: bool, misses: Hits = NO_LOG
    ) -> None:
        """As a machine does, and stop after the last access that is wanted."""
        left = entries.size if self.most is None else self.most - self.done
        entries, misses = entries[:left], misses[:left]
        log = misses if misses.size else np.zeros(entries.size, np.uint8)
        super().access(command, entries, by_user, log)
        self.done += entries.size
        self.made.append((command, entries.copy(), log))
        if self.done == self.most:
            raise _Enough

    def places(self) -> list[npt.NDArray[np.uint8]]:
        """A letter per page; with MGLRU one letter for all pages without a generation."""
        maps = self.page_maps()
        if self.v.lru.enabled & Enabled.CORE:
            for letters in maps:
                letters[np.isin(letters, _ANYWHERE)] = ord("n")
        return maps

    def state(self, region: int, page: int) -> str:
        """Where a page is and what marks it, in words."""
        v = self.vs[region if self.layout.split else 0]
        letter = chr(self.page_maps()[region][page])
        if letter in "s.":
            return LETTERS[letter]
        folio = Folios(v, self.layout.regions()[region].start + page)
        flags = [name for bit, name in FLAGS.items() if folio.pg & bit]
        refs = [f"refs {int(folio.refs)}"] * bool(folio.refs)
        where = "without a generation" if letter in "Arn" else LETTERS[letter]
        return f"{where}, {', '.join(flags + refs) or 'no flags'}"


@dataclass(frozen=True)
class _Sides:
    """How to play the scenario, or its first accesses, on each kernel, the baseline first."""

    scenario: Scenario
    kernels: Mapping[str, Kernel]
    traces: Sequence[Path]
    given: Mapping[str, Entries] | None

    def machine(self, name: str, most: int | None = None) -> _Watched:
        kernel = self.kernels[name]
        return _Watched(most, self.scenario, kernel, self.traces, entries=self.given)

    def text(self, command: Command) -> str:
        """The scenario's line without its comment."""
        line = self.scenario.text.split("\n")[command.line - 1]
        return line.partition("#")[0].strip()

    def until(self, name: str, accesses: int) -> _Watched:
        """The machine right after so many accesses, one or more; with 0 before the first one."""
        made = self.machine(name, accesses)
        with suppress(_Enough):
            play(made)
        return made


def _differing(one: _Watched, other: _Watched) -> tuple[int, int, int] | None:
    """How many pages are elsewhere, and the first one's region and number; None if none is."""
    found = [np.flatnonzero(a != b) for a, b in zip(one.places(), other.places(), strict=True)]
    count = sum(pages.size for pages in found)
    return next(
        ((count, region, int(pages[0])) for region, pages in enumerate(found) if pages.size), None
    )


def _access(watched: _Watched, number: int) -> tuple[Command, int]:
    """Who makes the access of that number (from 1), and its entry."""
    done = 0
    for command, entries, _ in watched.made:
        if number <= done + entries.size:
            return command, int(entries[number - done - 1])
        done += entries.size
    raise ValueError(f"access {number}: there are {done}")


def _in_words(entry: int) -> str:
    of_guest = " of the guest's region" if entry >> GUEST_BIT & 1 else ""
    return f"a {'read' if entry >> READ_BIT else 'write'} of page {entry & PAGE_MASK}{of_guest}"


def _last_same(sides: _Sides, name: str, same: int, differ: int) -> int:
    """An access after which the places differ, and before which they do not; from small steps."""
    baseline, step = next(iter(sides.kernels)), 1
    while differ - same > 1:
        middle = min(same + step, (same + differ) // 2) if step else (same + differ) // 2
        if _differing(sides.until(baseline, middle), sides.until(name, middle)):
            differ, step = middle, 0
        else:
            same, step = middle, 2 * step
    return differ


def _elsewhere(sides: _Sides, playing: Mapping[str, _Watched]) -> dict[str, Divergence]:
    """Of each kernel that ever has a page elsewhere at a command's end: where that began.

    Plays the scenario on the fresh machines of `playing`, to its end.
    """
    baseline, *others = sides.kernels
    found: dict[str, Divergence] = {}
    before = 0
    for same in zip(*(steps(machine) for machine in playing.values()), strict=True):
        command, done = same[0], playing[baseline].done
        for name in (name for name in others if name not in found):
            if _differing(playing[baseline], playing[name]) is None:
                continue
            pair, access, said = (playing[baseline], playing[name]), None, ""
            if done > before:
                access = _last_same(sides, name, before, done)
                pair = (sides.until(baseline, access), sides.until(name, access))
                said = _in_words(_access(pair[0], access)[1])
            count, region, page = _differing(*pair) or (0, 0, 0)
            states = (pair[0].state(region, page), pair[1].state(region, page))
            found[name] = Divergence(
                baseline, name, PLACE, command.line, sides.text(command), access, said,
                page, region, count, states,
            )  # fmt: skip
        before = done
    return found


def _otherwise(sides: _Sides, played: Mapping[str, _Watched]) -> dict[str, Divergence]:
    """Of each kernel with an access that hits on it or on the baseline alone: the first one."""
    baseline, *others = sides.kernels
    missed = {
        name: np.concatenate([NO_LOG, *(log for *_, log in made.made)])
        for name, made in played.items()
    }
    found = {}
    for name in others:
        where = np.flatnonzero(missed[baseline] != missed[name])
        if not where.size:
            continue
        access = int(where[0]) + 1
        command, entry = _access(played[baseline], access)
        region, page = entry >> GUEST_BIT & 1, entry & PAGE_MASK
        states = [sides.until(which, access - 1).state(region, page) for which in (baseline, name)]
        found[name] = Divergence(
            baseline, name, OUTCOME, command.line, sides.text(command), access, _in_words(entry),
            page, region, 1, (states[0], states[1]),
        )  # fmt: skip
    return found


def divergences(
    scenario: Scenario,
    kernels: Mapping[str, Kernel],
    *,
    traces: Sequence[Path | str] = (),
    entries: Mapping[str, Entries] | None = None,
) -> list[Divergence]:
    """Where each kernel diverges from the first one: first in places, then in outcomes of accesses.

    A kernel that never does is left out. A place is a generation, swap, or neither; places are
    compared at commands' ends, so that a difference which an age or a replay takes back is not
    found. Outcomes are compared access by access. Raises what `run` raises.
    """
    sides = _Sides(scenario, kernels, [Path(folder) for folder in traces], entries)
    machines = {name: sides.machine(name) for name in kernels}
    elsewhere = _elsewhere(sides, machines)
    otherwise = _otherwise(sides, machines)
    return [
        found[name]
        for name in list(kernels)[1:]
        for found in (elsewhere, otherwise)
        if name in found
    ]


def table(found: Sequence[Divergence]) -> pl.DataFrame:
    """The divergences as a frame: kernel, what, line, access, page, pages, and the two states."""
    rows = [
        (one.kernel, one.what, one.line, one.access, one.page, one.pages, *one.states)
        for one in found
    ]
    columns = {
        "kernel": pl.String, "what": pl.String, "line": pl.Int64, "access": pl.Int64,
        "page": pl.Int64, "pages": pl.Int64, "on_baseline": pl.String, "on_kernel": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, columns, orient="row")
