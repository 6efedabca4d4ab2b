"""libCacheSim's oracleGeneral: records of 24 bytes; an object is one page, whatever its size."""

from pathlib import Path

import numpy as np
import polars as pl

from mglru_lab.scenario.traces.entries import TraceError
from mglru_lab.scenario.traces.quanta import quanta
from mglru_lab.scenario.traces.source import Source

_RECORD = np.dtype([("time", "<u4"), ("id", "<u8"), ("size", "<u4"), ("next", "<i8")])
_PAGE_BYTES = 4096


def read_oracle_general(source: Source) -> pl.DataFrame:
    """One access per record, in their order; TraceError for the first that cannot be."""
    data = source.data()
    if not data or len(data) % _RECORD.itemsize:
        reason = f"{len(data)} bytes are not a whole number of 24-byte records"
        raise TraceError(f"{source}: {reason}")
    records = np.frombuffer(data, _RECORD)
    place, after = np.arange(records.size), records["next"]
    wrong = np.flatnonzero((after != -1) & (after <= place))
    if wrong.size:
        raise TraceError(
            f"{source}: record {wrong[0]}: next access {after[wrong[0]]} is not after it; allowed "
            "is -1 or a later one"
        )
    wrong = np.flatnonzero(records["time"][1:] < records["time"][:-1])
    if wrong.size:
        raise TraceError(f"{source}: record {wrong[0] + 1}: its time is before the one before it")
    return quanta(str(source), records["id"], quantum=source.quantum)


def write_oracle_general(table: pl.DataFrame, path: Path) -> None:
    """One record per row of a table of quanta."""
    records = np.zeros(table.height, _RECORD)
    records["time"], records["id"], records["size"] = table["t"], table["page"], _PAGE_BYTES
    place = pl.Series("at", np.arange(table.height))
    following = table.with_columns(place).select(pl.col("at").shift(-1).over("page"))
    records["next"] = following["at"].fill_null(-1).to_numpy()
    records.tofile(path)
