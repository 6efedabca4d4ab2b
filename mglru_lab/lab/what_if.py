"""What if: something of your own put to the model."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from mglru_lab.lab.pressure import Pressure
from mglru_lab.lab.side_by_side import SideBySide


def under_pressure(table: pl.DataFrame, memory: float, kernels: Sequence[str]) -> pl.DataFrame:
    """Counts of the whole run, a row a count and a column a kernel, of a guest with this trace.

    `table`: quanta (`t`, `page`, `w`). `memory`: the limit as a share of the pages touched.
    """
    with tempfile.TemporaryDirectory(prefix="mglru-lab-") as scratch:
        path = Path(scratch) / "yours.parquet"
        table.write_parquet(path)
        pressure = Pressure(trace=str(path), memory=memory, kernels=tuple(kernels))
        return SideBySide.run(pressure).totals
