"""Proactive reclaim per variant: the working set that passes see; pages freed and refaulted."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from mglru_lab.lab.run.run import run
from mglru_lab.policy import comparable
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario
from mglru_lab.scenario.workloads import Workload

PERIODS = (2048, 4096, 8192, 16384)


def _scenario(made: Workload, folder: Path, command: str, marks: int) -> Scenario:
    """All memory populated, no limit, a pass after every so many accesses."""
    base = made.scenario(folder, 1.0)
    regions = [line for line in base.text.split("\n") if line.startswith("region")]
    touches = f"touch 0 {made.host or made.guest}\n"
    touches += f"gtouch 0 {made.guest}\n" * bool(made.host)
    text = "\n".join(["fifo 1", "yield 1", *regions]) + (
        f"\n{touches}settle\ntrace {made.name}.u32\n{command}\n"
        f"replaymarks 0 {made.entries.size} {marks}\nproactive 0\nsettle\nstat end\n"
    )
    return Scenario(text, made.name, folder)


def working_set(made: Workload, kernels: Iterable[Kernel], every: int = 4096) -> pl.DataFrame:
    """The two youngest generations after each aging, beside the pages truly used since the last.

    One row per pass and kernel: kernel, pass, true, estimate (pages). Aging only, nothing evicted.
    """
    marks = made.entries.size // every
    if marks < 2:
        raise ValueError(f"every {every}: allowed are up to {made.entries.size // 2} accesses")
    whole = Workload(made.name, made.entries[: marks * every], made.host, made.guest, made.nested)
    true = [int(np.unique(part).size) for part in whole.entries.reshape(marks, every)]
    rows = []
    kernels = list(kernels)
    with tempfile.TemporaryDirectory() as folder:
        scenario = _scenario(whole, Path(folder), f"proactive {every} walk", marks)
        for kernel, name in zip(kernels, comparable.names(kernels), strict=True):
            snapshots = run(scenario, kernel).snapshots
            for mark in range(1, marks + 1):
                young = sum(snapshots[f"mark{mark}"].sizes[-2:])
                rows.append((name, mark, true[mark - 1], young))
    return pl.DataFrame(rows, ["kernel", "pass", "true", "estimate"], orient="row")


def freed_and_refaulted(
    made: Workload, kernels: Iterable[Kernel], periods: Sequence[int] = PERIODS
) -> pl.DataFrame:
    """One curve per kernel: age, then evict the oldest generation, after every so many accesses.

    Columns: kernel, every, freed (pages out of memory, mean over the passes), refaults in all.
    """
    rows = []
    kernels = list(kernels)
    with tempfile.TemporaryDirectory() as folder:
        for every in periods:
            scenario = _scenario(made, Path(folder), f"proactive {every} age 3", 2)
            for kernel, name in zip(kernels, comparable.names(kernels), strict=True):
                passes = run(scenario, kernel)
                resident = passes.proactive.select(pl.col("^resident_[01]$")).sum_horizontal()
                freed = made.host + made.guest - float(resident.mean())  # type: ignore[arg-type]
                rows.append((name, every, freed, passes.end["pgmajfault"]))
    return pl.DataFrame(rows, ["kernel", "every", "freed", "refaults"], orient="row")
