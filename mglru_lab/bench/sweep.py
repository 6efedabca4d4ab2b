"""Sweeps: what two workers win over one, and what a cell costs beside its run."""

import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mglru_lab.lab.sweep.cell import Cell, outcome
from mglru_lab.lab.sweep.grid import Grid
from mglru_lab.lab.sweep.sweep import sweep

LARGE: Mapping[str, object] = {
    "pages": 4096, "length": 600_000, "kernel": ["existing", "6.12"], "seed": range(1, 46),
}  # fmt: skip
"""Cells of nearly a tenth of a second: what workers win is seen when the run is what takes time."""
SMALL: Mapping[str, object] = {
    "pages": 256,
    "length": 256,
    "kernel": ["existing", "6.12"],
    "seed": range(1, 201),
}
"""Cells of a millisecond or two: what is spent beside the run is seen when there is hardly one."""
ROUNDS = 3


def seconds(grid: Grid, workers: int) -> float:
    """Of a cell in the last two thirds of a sweep: workers start, and load the model, before."""
    with TemporaryDirectory() as folder:
        sweep(grid, out=folder, workers=workers)
        ends = sorted(path.stat().st_mtime for path in Path(folder).glob("*.parquet"))
    first = len(ends) // 3
    return (ends[-1] - ends[first]) / (len(ends) - 1 - first)


def client_cpu(grid: Grid) -> float:
    """CPU seconds per cell that the client itself takes, all told."""
    with TemporaryDirectory() as folder:
        begin = time.process_time()
        sweep(grid, out=folder, workers=1)
        return (time.process_time() - begin) / len(grid.cells)


def alone(cells: list[Cell]) -> float:
    """Seconds a cell, its run alone, here and one after another: what is more, a sweep adds."""
    for cell in cells[:4]:
        outcome(cell)
    begin = time.perf_counter()
    for cell in cells:
        outcome(cell)
    return (time.perf_counter() - begin) / len(cells)


def measure(quick: bool = False) -> dict[str, Any]:
    """Cells a second of one and two workers, and milliseconds a cell beside its run.

    The best of three rounds, in turn, so that what else the machine does hits both alike.
    """
    large, small = Grid.of(LARGE), Grid.of(SMALL)
    rounds = ROUNDS
    if quick:
        large = Grid.of({**LARGE, "length": 4096, "seed": range(1, 5)})
        small, rounds = Grid.of({**SMALL, "seed": range(1, 9)}), 1
    pairs = [(seconds(large, 1), seconds(large, 2)) for _ in range(rounds)]
    one, two = (min(times) for times in zip(*pairs, strict=True))
    run = min(alone(small.cells) for _ in range(rounds))
    swept = min(seconds(small, 1) for _ in range(rounds))
    client = min(client_cpu(small) for _ in range(rounds))
    with TemporaryDirectory() as folder:
        sweep(small, out=folder, workers=1)
        begin = time.perf_counter()
        again = sweep(small, out=folder)
        skipped = (time.perf_counter() - begin) / len(small.cells)
        begin = time.perf_counter()
        again.frame.collect()
        read = (time.perf_counter() - begin) / len(small.cells)
        size = max(path.stat().st_size for path in Path(folder).glob("*.parquet"))
    return {
        "cells_per_second": {"1": 1 / one, "2": 1 / two},
        "two_over_one": one / two,
        "rounds_two_over_one": [a / b for a, b in pairs],
        "small_cell_ms": run * 1e3,
        "client_cpu_ms_per_cell": client * 1e3,
        "overhead_ms_per_cell": (swept - run) * 1e3,
        "skip_ms_per_finished_cell": skipped * 1e3,
        "read_ms_per_finished_cell": read * 1e3,
        "bytes_per_cell": size,
    }
