"""What valgrind --tool=lackey --trace-mem=yes prints; instruction fetches do not count."""

import numpy as np
import polars as pl

from mglru_lab.scenario.traces.entries import TraceError
from mglru_lab.scenario.traces.quanta import quanta
from mglru_lab.scenario.traces.source import Source

_PAGE_SHIFT = np.uint64(12)


def read_lackey(source: Source) -> pl.DataFrame:
    """Loads, stores and modifications; TraceError for the first line that lackey does not write."""
    text = source.data().decode("utf-8", "backslashreplace")
    lines = pl.Series(text.split("\n")).str.strip_chars_end("\r")
    parts = lines.str.extract_groups(r"^(I | [LSM]) ([0-9a-fA-F]{1,16}),[0-9]{1,4}$").struct
    kind, address = parts.field("1"), parts.field("2")
    wrong = np.flatnonzero((kind.is_null() & ~lines.str.contains(r"^(==.*|--.*|\s*)$")).to_numpy())
    if wrong.size:
        line = lines[int(wrong[0])][:40]
        reason = f"line {wrong[0] + 1}: {line!r} is no line of lackey's"
        if kind.is_not_null().any() or lines.str.contains("^==").any():
            reason += (
                ". Did the program print it? Keep them apart: valgrind --tool=lackey "
                "--trace-mem=yes --log-file=run.lackey"
            )
        raise TraceError(f"{source}: {reason}")
    data = (kind.is_not_null() & (kind != "I ")).fill_null(False)
    pages = address.filter(data).str.to_integer(base=16, dtype=pl.UInt64).to_numpy()
    written = (kind.filter(data) != " L").to_numpy()
    return quanta(str(source), pages >> _PAGE_SHIFT, written=written, quantum=source.quantum)
