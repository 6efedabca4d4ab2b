"""Traces in the formats that other tools write and read, as tables of quanta."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError

import numpy as np
import polars as pl

from mglru_lab.files import whole
from mglru_lab.kernel.replay import PAGE_MASK, READ_BIT
from mglru_lab.scenario.traces.columns import read_csv
from mglru_lab.scenario.traces.damo import by_pages, read_damo
from mglru_lab.scenario.traces.entries import TraceError, read_quanta, words_of
from mglru_lab.scenario.traces.lackey import read_lackey
from mglru_lab.scenario.traces.oracle_general import read_oracle_general, write_oracle_general
from mglru_lab.scenario.traces.quanta import QUANTUM, quanta
from mglru_lab.scenario.traces.source import PACKED, Source
from mglru_lab.scenario.traces.way_on import way_on

# What NumPy raises where the text of a header is not what it writes.
_DAMAGED_HEADER = (
    ValueError, EOFError, SyntaxError, TypeError, OverflowError, KeyError, AttributeError,
    RecursionError, MemoryError, TokenError,
)  # fmt: skip


@dataclass(frozen=True)
class Loaded:
    """A trace as `t`, `page`, `n`, `w`, and what has to be said of it.

    A recording of too many pages has a column `pages`, too: a row is a region of so many.
    """

    table: pl.DataFrame
    notes: tuple[str, ...] = ()


def load(path: Path, form: str = "", *, quantum: int = QUANTUM, columns: str = "") -> Loaded:
    """The trace in `path`, whatever its format (default: by its name), packed or not.

    Where the format knows no time, a quantum is `quantum` accesses; `columns` says which column of
    a CSV is what. Raises TraceError with the file, the place in it and the reason.
    """
    source = Source(path, quantum, columns)
    try:
        form = form or ("csv" if columns else form_of(path))
        if form not in READERS:
            raise TraceError(f"format {form!r}: allowed are {', '.join(READERS)}")
        if columns and form != "csv":
            raise TraceError(f"{path}: columns are for csv, not for {form}")
        return Loaded(READERS[form](source), tuple(source.notes))
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror or error}") from None


def read(path: Path, form: str = "", *, quantum: int = QUANTUM, columns: str = "") -> pl.DataFrame:
    """The table of `load`, by pages; TraceError where they are too many."""
    return by_pages(path, load(path, form, quantum=quantum, columns=columns).table)


def form_of(path: Path) -> str:
    """The format that a file's name tells, without the ending of a packed file."""
    name = path.name.lower()
    for ending in PACKED:
        name = name.removesuffix(ending)
    for ending, form in ENDINGS.items():
        if name.endswith(ending):
            return form
    try:
        with path.open("rb") as file:
            seems = way_on(file.read(4096))
    except OSError:
        seems = ""
    allowed = ", ".join(READERS)
    raise TraceError(f"{path}: its name tells no format; say one of {allowed} (--from){seems}")


def _parquet(source: Source) -> pl.DataFrame:
    path = source.plain()
    table = read_quanta(path)
    counts = pl.read_parquet(path).get_columns()
    n = next((c for c in counts if c.name == "n"), pl.Series("n", np.ones(table.height, np.uint64)))
    if not n.dtype.is_integer() or n.null_count() or (n < 0).any():
        raise TraceError(f"{path}: column 'n' must be whole numbers, 0 and more")
    return quanta(
        str(path), table["page"].to_numpy(), written=table["w"].to_numpy(),
        times=table["t"].to_numpy(), accesses=n.to_numpy(), dense=False,
    )  # fmt: skip


def _words(source: Source) -> pl.DataFrame:
    entries = words_of(str(source), source.data())
    written = (entries >> np.uint32(READ_BIT)) & np.uint32(1) == 0
    pages = entries & np.uint32(PAGE_MASK)
    return quanta(str(source), pages, written=written, quantum=source.quantum, dense=False)


def _numpy(source: Source) -> pl.DataFrame:
    """A one-dimensional array of page numbers; mapped, so that no header can ask for memory."""
    path = source.plain()
    try:
        with np.errstate(over="ignore"):  # NumPy multiplies before it looks at the file's size
            pages = np.load(path, mmap_mode="r", allow_pickle=False)
    except _DAMAGED_HEADER as error:
        raise TraceError(f"{path}: no NumPy array: {error}") from None
    if not isinstance(pages, np.ndarray) or pages.ndim != 1 or pages.dtype.kind not in "iu":
        raise TraceError(f"{path}: allowed is one row of whole numbers, the pages (.npy)")
    return quanta(str(path), pages, quantum=source.quantum)


READERS: dict[str, Callable[[Source], pl.DataFrame]] = {
    "parquet": _parquet,
    "words": _words,
    "numpy": _numpy,
    "csv": read_csv,
    "lackey": read_lackey,
    "oracleGeneral": read_oracle_general,
    "damo": read_damo,
}
ENDINGS = {
    ".parquet": "parquet",
    ".u32": "words",
    ".npy": "numpy",
    ".csv": "csv",
    ".lackey": "lackey",
    ".oraclegeneral": "oracleGeneral",
    ".oraclegeneral.bin": "oracleGeneral",
    ".damo": "damo",
    "damon.data": "damo",
}


def write(table: pl.DataFrame, path: Path, form: str = "") -> None:
    """Write quanta to `path`, whole or not at all: parquet, words, numpy, csv, oracleGeneral.

    Only Parquet and CSV keep the quanta; the others are one access per record, in order.
    """
    form = form or form_of(path)
    if form not in WRITERS:
        raise TraceError(f"format {form!r} is not written; allowed are {', '.join(WRITERS)}")
    if path.suffix in PACKED:
        raise TraceError(f"{path}: written unpacked; name it without {path.suffix}")
    with whole(path) as partial:
        WRITERS[form](table, partial)


def _write_words(table: pl.DataFrame, path: Path) -> None:
    reads = (~table["w"]).to_numpy().astype("<u4") << np.uint32(READ_BIT)
    (table["page"].to_numpy().astype("<u4") | reads).tofile(path)


def _write_numpy(table: pl.DataFrame, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, table["page"].to_numpy())


WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    "parquet": lambda table, path: table.write_parquet(path, compression="zstd"),
    "words": _write_words,
    "numpy": _write_numpy,
    "csv": lambda table, path: table.write_csv(path),
    "oracleGeneral": write_oracle_general,
}
