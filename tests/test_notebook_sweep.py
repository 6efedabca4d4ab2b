"""The notebook of a sweep: a smaller grid, and what it says of it; no bar in what is read later."""

from pathlib import Path

import polars as pl

import mglru_lab as ml
from mglru_lab.show.sweep import prose
from tests.executed import run, texts


def test_the_sweep_says_what_its_runs_say(tmp_path: Path) -> None:
    out = tmp_path / "cells"
    sizes = {"memory": [0.3, 0.6], "pages": 512, "length": 2048}
    small = {"kernels": ["existing", "6.12"], "workloads": ["mix", "scan"], "seeds": 2}
    book = run("11_sweep", {**small, **sizes, "swap": "disk", "out": str(out)})
    shown = texts(book)
    grid = {"kernel": ["existing", "6.12"], "workload": ["mix", "scan"], "seed": [1, 2], **sizes}
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.parquet")}
    again = ml.sweep(grid, out=out)
    assert before == {path.name: path.stat().st_mtime_ns for path in out.glob("*.parquet")}
    assert len(before) == 16
    assert "16 cells: 2 of kernel, 2 of memory, 2 of workload, 2 of seed; none failed" in shown
    assert prose.kernels(again) in shown
    assert prose.workloads(again) in shown
    priced = again.priced(ml.Costs(swap="disk")).group_by("memory", "kernel")
    means = priced.agg(mean=pl.col("ms").mean()).collect()
    for memory, kernels in prose.best_kernels(means, "memory", "mean").items():
        assert f"{memory:.0%}: **{kernels}**" in shown
    streams = [
        o for cell in book.cells for o in cell.get("outputs", []) if o.output_type == "stream"
    ]
    assert streams == []


def test_kernels_that_are_alike_are_named_together() -> None:
    rows = [("mix", "b", 5.0), ("mix", "a", 5.0), ("scan", "a", 9.0), ("scan", "b", 7.0)]
    means = pl.DataFrame(rows, ["workload", "kernel", "mean"], orient="row")
    assert prose.best_kernels(means, "workload", "mean") == {"mix": "a and b", "scan": "b"}
