"""The model next to a recorded kernel, as frames for charts: pages, misses, repeats, scanning."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from mglru_lab.choose import choose
from mglru_lab.kernel.releases import version_of
from mglru_lab.lab.run.run import Run, run
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.lab.truth import findings, groundtruth, recordings
from mglru_lab.lab.truth.match import Match, match_run
from mglru_lab.lab.truth.recordings import Recording, expand_map
from mglru_lab.lab.truth.table import found_in_words
from mglru_lab.policy.kernel import Kernel

KERNEL, MODEL = "kernel", "model"
ALONE, WITH_FOUND = "model alone", "model, given what was found"
PLACES = {
    "0": "youngest",
    "1": "1 behind",
    "2": "2 behind",
    "3": "3 behind",
    "s": "swapped out",
    ".": "not there yet",
    "n": "waits in a batch",
}


@dataclass(frozen=True)
class Beside:
    """One recording, the model's run of the same scenario, and what differs."""

    recording: Recording
    model: Run
    match: Match

    @classmethod
    def of(cls, scenario: str, kernel: str, known: bool = True) -> "Beside":
        """The first recording of that name on a release such as 7.3, with what is known of it.

        A name without the number of the repeat (`_r1`) fits any repeat. `known` false: without the
        bits that a search has found. Raises ValueError for a release that was not recorded, and
        for a name that it has no recording of.
        """
        found = recorded_on(kernel)
        fitting = [r for r in found if _is(r, scenario)]
        if not fitting:
            choose("scenario", scenario, [r.scenario for r in found])
        recording = fitting[0]
        unrecorded = findings.load().get((recording.file, recording.scenario), Unrecorded())
        match, model = groundtruth.attempt(recording, unrecorded if known else Unrecorded())
        return cls(recording, model, match)

    @classmethod
    def if_recorded(cls, scenario: str, kernel: str) -> "Beside | None":
        """As `of`, but None if only other releases were recorded with this scenario."""
        if releases_with(scenario) and not any(_is(r, scenario) for r in recorded_on(kernel)):
            return None
        return cls.of(scenario, kernel)

    @cached_property
    def places(self) -> pl.DataFrame:
        """Runs of pages in one place: dump, source, first page, end, place."""
        rows = []
        for (label, region), runs in self.recording.maps.items():
            if region:
                continue
            sources = {
                KERNEL: expand_map(runs),
                MODEL: self.model.page_map(label).tobytes().decode(),
            }
            for source, letters in sources.items():
                rows += [
                    (label, source, at.start(), at.end(), PLACES.get(at.group(1), PLACES["n"]))
                    for at in re.finditer(r"(.)\1*", letters)
                ]
        return pl.DataFrame(rows, ["dump", "source", "first", "end", "place"], orient="row")

    def misses(self, windows: int = 64) -> pl.DataFrame:
        """Misses in equal windows of accesses: access (the window's last), source, misses.

        Raises ValueError if the recording has no miss log.
        """
        log = self.recording.missed()
        if log is None or self.model.misses is None:
            raise ValueError(f"{self.recording.scenario} has no log of its misses")
        edges = np.linspace(0, self.model.misses.size, windows + 1).astype(np.int64)
        frames = []
        for source, missed in ((KERNEL, log), (MODEL, self.model.misses)):
            counts = np.add.reduceat(missed[: edges[-1]].astype(np.int64), edges[:-1])
            frames.append(
                pl.DataFrame({"access": edges[1:], "misses": counts}).with_columns(
                    source=pl.lit(source)
                )
            )
        return pl.concat(frames)

    def counters(self, *names: str) -> pl.DataFrame:
        """Cumulative counters at every mark: accesses, source, counter, count."""
        rows = []
        for label, snapshot in self.model.snapshots.items():
            if not label.startswith("mark"):
                continue
            stats, at = self.recording.stats[label], snapshot.counters["accesses"]
            for name in names:
                rows.append((at, MODEL, name, snapshot.counters[name]))
                rows.append((at, KERNEL, name, stats.get(name, 0)))
        return pl.DataFrame(rows, ["accesses", "source", "counter", "count"], orient="row")


def _is(recording: Recording, scenario: str) -> bool:
    return scenario in (recording.scenario, re.sub(r"_r\d+$", "", recording.scenario))


def releases_with(scenario: str = "") -> list[str]:
    """The releases that were recorded, oldest first; with this scenario, if one is named."""
    found = [r for r in recordings.shipped() if not r.is_switched]
    has = {r.series for r in found if not scenario or _is(r, scenario)}
    return sorted(has, key=version_of)


def recorded_on(kernel: str) -> list[Recording]:
    """All recordings of a release such as 7.3; ValueError for one that was not recorded."""
    choose("kernel", kernel, releases_with())
    return [r for r in recordings.shipped() if r.series == kernel and not r.is_switched]


def repeats(prefix: str, kernel: str = "6.12") -> pl.DataFrame:
    """Untraced recordings whose name begins so: what each run's misses were, and the model's.

    Columns: run, source (KERNEL, ALONE, or the model WITH_FOUND: what a search found of the run),
    misses, found (in words).
    """
    known, rows = findings.load(), []
    for recording in recorded_on(kernel):
        if not recording.scenario.startswith(prefix) or recording.walks:
            continue
        name = f"{recording.scenario.removeprefix(prefix)} ({recording.file})"
        plain = groundtruth.attempt(recording, Unrecorded())[0]
        unrecorded = known.get((recording.file, recording.scenario), Unrecorded())
        with_found = groundtruth.attempt(recording, unrecorded)[0]
        found = "; ".join(found_in_words(unrecorded)) or "nothing"
        ours, kernels = plain.misses
        rows += [
            (name, KERNEL, kernels, found),
            (name, ALONE, ours, found),
            (name, WITH_FOUND, with_found.misses[0], found),
        ]
    columns = {"run": pl.String, "source": pl.String, "misses": pl.Int64, "found": pl.String}
    return pl.DataFrame(rows, columns, orient="row")


def by_step(scenario: str, kernels: Sequence[str] = ("6.1", "6.12")) -> pl.DataFrame:
    """Where a guest's pages were on real kernels: kernel, dump, place, pages."""
    frames = []
    for kernel in kernels:
        beside = Beside.of(scenario, kernel)
        counted = (
            beside.places.filter(source=KERNEL)
            .group_by("dump", "place", maintain_order=True)
            .agg(pages=(pl.col("end") - pl.col("first")).sum())
        )
        frames.append(counted.with_columns(kernel=pl.lit(kernel)))
    return pl.concat(frames)


def scanning(traces: Sequence[str]) -> pl.DataFrame:
    """Pages scanned where a guest or userspace touches memory, as recorded in exact mode.

    Of kernels that were recorded with both. Columns: trace, kernel, by, scanned, misses.
    """
    rows = []
    for recording in recordings.shipped():
        for by, prefix in (("a guest", "kc"), ("userspace", "c")):
            for trace in traces:
                if recording.scenario == f"{prefix}_{trace}_20_en7_f0y1_r1":
                    end = recording.stats["mark16"]
                    scanned, misses = end["vm.pgscan_anon"], end["vm.pgmajfault"]
                    rows.append((trace, recording.series, by, scanned, misses))
    frame = pl.DataFrame(rows, ["trace", "kernel", "by", "scanned", "misses"], orient="row")
    return frame.filter(pl.col("by").n_unique().over("trace", "kernel") == 2)


def on_other_rules(beside: Beside, other: str) -> Match:
    """The recording compared with a model that is wrong on purpose: by another kernel's rules."""
    kernel, text = groundtruth.on_model(beside.recording)
    wrong = Kernel(variant=kernel.variant, rules=other)
    return match_run(beside.recording, run(text, wrong))
