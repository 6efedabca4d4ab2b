"""Traces in the formats that other tools write and read, as tables of quanta."""

from collections.abc import Callable
from pathlib import Path
from tokenize import TokenError

import numpy as np
import polars as pl

from mglru_lab.files import whole
from mglru_lab.kernel.replay import PAGE_MASK, READ_BIT
from mglru_lab.scenario.traces.damo import read_damo
from mglru_lab.scenario.traces.entries import TraceError, read_quanta, read_trace
from mglru_lab.scenario.traces.quanta import QUANTUM, quanta

PAGE_SHIFT = 12
_COLUMNS = ("page", "address", "t", "n", "w")
_ORACLE = np.dtype([("time", "<u4"), ("id", "<u8"), ("size", "<u4"), ("next", "<i8")])
# What NumPy raises where the text of a header is not what it writes.
_DAMAGED_HEADER = (
    ValueError, EOFError, SyntaxError, TypeError, OverflowError, KeyError, AttributeError,
    RecursionError, MemoryError, TokenError,
)  # fmt: skip


def read(path: Path, form: str = "", *, quantum: int = QUANTUM) -> pl.DataFrame:
    """The trace in `path` as `t`, `page`, `n`, `w`, whatever its format (default: by its name).

    Where the format knows no time, a quantum is `quantum` accesses. Raises TraceError with the
    file, the place in it and the reason.
    """
    form = form or form_of(path)
    if form not in READERS:
        raise TraceError(f"format {form!r}: allowed are {', '.join(READERS)}")
    try:
        return READERS[form](path, quantum)
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror or error}") from None


def form_of(path: Path) -> str:
    """The format that a file's name tells."""
    name = path.name.lower()
    for ending, form in ENDINGS.items():
        if name.endswith(ending):
            return form
    raise TraceError(f"{path}: its name tells no format; say one of {', '.join(READERS)}")


def _parquet(path: Path, _quantum: int) -> pl.DataFrame:
    table = read_quanta(path)
    counts = pl.read_parquet(path).get_columns()
    n = next((c for c in counts if c.name == "n"), pl.Series("n", np.ones(table.height, np.uint64)))
    if not n.dtype.is_integer() or n.null_count() or (n < 0).any():
        raise TraceError(f"{path}: column 'n' must be whole numbers, 0 and more")
    return quanta(
        str(path), table["page"].to_numpy(), written=table["w"].to_numpy(),
        times=table["t"].to_numpy(), accesses=n.to_numpy(), dense=False,
    )  # fmt: skip


def _words(path: Path, quantum: int) -> pl.DataFrame:
    entries = read_trace(path)
    written = (entries >> np.uint32(READ_BIT)) & np.uint32(1) == 0
    pages = entries & np.uint32(PAGE_MASK)
    return quanta(str(path), pages, written=written, quantum=quantum, dense=False)


def _numpy(path: Path, quantum: int) -> pl.DataFrame:
    """A one-dimensional array of page numbers; mapped, so that no header can ask for memory."""
    try:
        with np.errstate(over="ignore"):  # NumPy multiplies before it looks at the file's size
            pages = np.load(path, mmap_mode="r", allow_pickle=False)
    except _DAMAGED_HEADER as error:
        raise TraceError(f"{path}: no NumPy array: {error}") from None
    if not isinstance(pages, np.ndarray) or pages.ndim != 1 or pages.dtype.kind not in "iu":
        raise TraceError(f"{path}: allowed is one row of whole numbers, the pages (.npy)")
    return quanta(str(path), pages, quantum=quantum)


def _csv(path: Path, quantum: int) -> pl.DataFrame:
    """Columns `page` or `address`, perhaps `t` (the quantum), `n`, `w` (written: 0, 1 ...)."""
    try:
        table = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise TraceError(f"{path}: no CSV table: {error}") from None
    # Polars gives a name that is there twice another ending, and reads the first.
    twice = [name for name in table.columns if name.partition("_duplicated_")[0] in _COLUMNS]
    if len({name.partition("_duplicated_")[0] for name in twice}) < len(twice):
        raise TraceError(f"{path}: line 1: a column is there twice: {table.columns}")
    column = next((name for name in ("page", "address") if name in table.columns), None)
    if column is None:
        raise TraceError(f"{path}: line 1: a column page or address is missing: {table.columns}")

    def numbers(name: str) -> np.ndarray:
        cast = table[name].str.strip_chars().str.to_integer(strict=False, dtype=pl.UInt64)
        _all(path, table[name], cast, f"column {name}", "a whole number")
        return cast.to_numpy()

    words = {"1": True, "true": True, "w": True, "0": False, "false": False, "r": False}
    written = None
    if "w" in table.columns:
        lower = table["w"].str.strip_chars().str.to_lowercase()
        known = lower.replace_strict(words, default=None, return_dtype=pl.Boolean)
        _all(path, table["w"], known, "column w", ", ".join(words))
        written = known.to_numpy()
    pages = numbers(column)
    return quanta(
        str(path),
        pages >> np.uint64(PAGE_SHIFT) if column == "address" else pages,
        written=written,
        times=numbers("t") if "t" in table.columns else None,
        accesses=numbers("n") if "n" in table.columns else None,
        quantum=quantum,
    )


def _all(path: Path, text: pl.Series, read: pl.Series, what: str, allowed: str) -> None:
    """Raise TraceError for the first value that could not be read."""
    wrong = np.flatnonzero(read.is_null().to_numpy())
    if wrong.size:
        value = (text[int(wrong[0])] or "")[:40]
        place = f"line {wrong[0] + 2}: {what}"
        raise TraceError(f"{path}: {place}: {value!r} is not allowed: {allowed}")


def _lackey(path: Path, quantum: int) -> pl.DataFrame:
    """What valgrind --tool=lackey --trace-mem=yes prints; instruction fetches do not count."""
    try:
        lines = pl.Series(path.read_text(encoding="ascii").split("\n"))
    except UnicodeDecodeError as error:
        raise TraceError(f"{path}: byte {error.start} is no ASCII text") from None
    lines = lines.str.strip_chars_end("\r")
    parts = lines.str.extract_groups(r"^(I | [LSM]) ([0-9a-fA-F]{1,16}),[0-9]{1,4}$").struct
    kind, address = parts.field("1"), parts.field("2")
    wrong = np.flatnonzero((kind.is_null() & ~lines.str.contains(r"^(==.*|--.*|\s*)$")).to_numpy())
    if wrong.size:
        text = lines[int(wrong[0])][:40]
        raise TraceError(f"{path}: line {wrong[0] + 1}: {text!r} is no line of lackey's")
    data = (kind.is_not_null() & (kind != "I ")).fill_null(False)
    pages = address.filter(data).str.to_integer(base=16, dtype=pl.UInt64).to_numpy()
    written = (kind.filter(data) != " L").to_numpy()
    return quanta(str(path), pages >> np.uint64(PAGE_SHIFT), written=written, quantum=quantum)


def _oracle_general(path: Path, quantum: int) -> pl.DataFrame:
    """Records of libCacheSim, 24 bytes each; an object is one page, whatever its size."""
    size = path.stat().st_size
    if not size or size % _ORACLE.itemsize:
        raise TraceError(f"{path}: {size} bytes are not a whole number of 24-byte records")
    records = np.fromfile(path, _ORACLE)
    place, after = np.arange(records.size), records["next"]
    wrong = np.flatnonzero((after != -1) & (after <= place))
    if wrong.size:
        raise TraceError(
            f"{path}: record {wrong[0]}: next access {after[wrong[0]]} is not after it; allowed is "
            "-1 or a later one"
        )
    wrong = np.flatnonzero(records["time"][1:] < records["time"][:-1])
    if wrong.size:
        raise TraceError(f"{path}: record {wrong[0] + 1}: its time is before the one before it")
    return quanta(str(path), records["id"], quantum=quantum)


def _damo(path: Path, _quantum: int) -> pl.DataFrame:
    times, pages, accesses = read_damo(path)
    return quanta(str(path), pages, times=times, accesses=accesses)


READERS: dict[str, Callable[[Path, int], pl.DataFrame]] = {
    "parquet": _parquet,
    "words": _words,
    "numpy": _numpy,
    "csv": _csv,
    "lackey": _lackey,
    "oracleGeneral": _oracle_general,
    "damo": _damo,
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

    Only Parquet and CSV keep the quanta; the others are one access a record, in order.
    """
    form = form or form_of(path)
    if form not in WRITERS:
        raise TraceError(f"format {form!r} is not written; allowed are {', '.join(WRITERS)}")
    with whole(path) as partial:
        WRITERS[form](table, partial)


def _write_words(table: pl.DataFrame, path: Path) -> None:
    reads = (~table["w"]).to_numpy().astype("<u4") << np.uint32(READ_BIT)
    (table["page"].to_numpy().astype("<u4") | reads).tofile(path)


def _write_numpy(table: pl.DataFrame, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, table["page"].to_numpy())


def _write_oracle_general(table: pl.DataFrame, path: Path) -> None:
    records = np.zeros(table.height, _ORACLE)
    records["time"], records["id"], records["size"] = table["t"], table["page"], 1 << PAGE_SHIFT
    place = pl.Series("at", np.arange(table.height))
    following = table.with_columns(place).select(pl.col("at").shift(-1).over("page"))
    records["next"] = following["at"].fill_null(-1).to_numpy()
    records.tofile(path)


WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    "parquet": lambda table, path: table.write_parquet(path, compression="zstd"),
    "words": _write_words,
    "numpy": _write_numpy,
    "csv": lambda table, path: table.write_csv(path),
    "oracleGeneral": _write_oracle_general,
}
