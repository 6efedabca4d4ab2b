"""CSV: which column is what. Page traces of our own, and public key-value and block traces."""

import csv
import re
from collections.abc import Sequence
from fractions import Fraction
from io import StringIO

import numpy as np
import numpy.typing as npt
import polars as pl

from mglru_lab.scenario.traces.entries import TraceError
from mglru_lab.scenario.traces.quanta import quanta
from mglru_lab.scenario.traces.source import Source
from mglru_lab.scenario.traces.way_on import way_on

PAGE_SHIFT = 12
ROLES = {
    "page": "the page, a number",
    "address": "the address, in bytes",
    "key": "any text: each one is a page, numbered as they come",
    "size": "bytes from `address` on, of every page of which is touched",
    "t": "the time; t=2/1000 is the second column divided by 1000",
    "n": "how many accesses",
    "w": "whether it was written",
}
"""What `--columns ROLE=COLUMN,...` may name; a column is its name, or its number from 1."""
_OURS = ("page", "address", "t", "n", "w")
"""What is read without being named: the columns that our own CSV has."""
_WRITES = ("1", "true", "w", "write", "writes", "store", "s", "m", "set", "add", "put", "replace",
           "cas", "append", "prepend", "delete", "incr", "decr", "update", "insert")  # fmt: skip
_READS = ("0", "false", "r", "read", "reads", "load", "l", "get", "gets", "get_lease", "scan")
WORDS = dict.fromkeys(_WRITES, True) | dict.fromkeys(_READS, False)
_MOST_PAGES_OF_ONE = 1 << 20
Numbers = npt.NDArray[np.uint64]


def read_csv(source: Source) -> pl.DataFrame:
    """Columns `page` or `address`, perhaps `t`, `n`, `w`; or those that `source.columns` names.

    Numbers may be hexadecimal (0x...). Without `t` a quantum is so many accesses.
    """
    data = source.data()
    roles = _roles(source, data)
    table = _table(source, data, roles)
    at = next((role for role in ("page", "address", "key") if role in roles), None)
    if at is None:
        known = ", ".join(table.columns[:20])
        reason = f"line 1: a column page or address is missing: {known}"
        raise TraceError(f"{source}: {reason}{way_on(data)}")
    read = _Columns(source, table, roles)
    written = read.words("w") if "w" in roles else None
    times = read.times("t") if "t" in roles else None
    accesses = read.numbers("n") if "n" in roles else None
    row: npt.NDArray[np.int64] | None = None
    if at == "key":
        pages = read.keys("key")
    elif at == "page":
        pages = read.numbers("page")
    else:
        pages, row = read.spans() if "size" in roles else (read.numbers(at) >> _SHIFT, None)
    if row is not None:  # a row may have touched several pages
        written = None if written is None else written[row]
        times = None if times is None else times[row]
        accesses = None if accesses is None else accesses[row]
    return quanta(str(source), pages, written=written, times=times, accesses=accesses,
                  quantum=source.quantum)  # fmt: skip


_SHIFT = np.uint64(PAGE_SHIFT)


class _Columns:
    """A table's columns by their roles, as numbers."""

    def __init__(self, source: Source, table: pl.DataFrame, roles: dict[str, str]) -> None:
        self.source, self.table, self.roles = source, table, roles
        self.first_line = 1 if all(name.startswith("column_") for name in table.columns) else 2

    def _text(self, role: str) -> pl.Series:
        return self.table[self.roles[role].partition("/")[0]].str.strip_chars()

    def _all(self, role: str, read: pl.Series, allowed: str) -> None:
        """Raise TraceError for the first value that could not be read."""
        wrong = np.flatnonzero(read.is_null().to_numpy())
        if wrong.size:
            text = self._text(role)
            value = (text[int(wrong[0])] or "")[:40]
            bare = re.fullmatch(r"[0-9a-fA-F]{3,16}", value) and role in ("page", "address")
            hint = ": hexadecimal begins with 0x" if bare else ""
            place = f"line {wrong[0] + self.first_line}: column {self.roles[role]}"
            if role != self.roles[role]:
                place += f" ({role})"
            raise TraceError(f"{self.source}: {place}: {value!r} is not allowed: {allowed}{hint}")

    def numbers(self, role: str) -> Numbers:
        text = self._text(role)
        hexadecimal = text.str.contains("^0[xX]").fill_null(False)
        cast = text.str.to_integer(strict=False, dtype=pl.UInt64)
        if hexadecimal.any():
            digits = text.str.slice(2).str.to_integer(base=16, strict=False, dtype=pl.UInt64)
            cast = pl.select(pl.when(hexadecimal).then(digits).otherwise(cast)).to_series()
        self._all(role, cast, "a whole number")
        return cast.to_numpy()

    def times(self, role: str) -> Numbers:
        """Whole times, divided as asked; with a divisor they may have a fraction."""
        _, slash, divisor = self.roles[role].partition("/")
        if not slash:
            return self.numbers(role)
        by = Fraction(divisor)
        text = self._text(role)
        whole = text.str.to_integer(strict=False, dtype=pl.Int64)
        if not whole.null_count() and by.numerator < 1 << 30 and by.denominator == 1:
            found = whole // by.numerator
        else:
            found = (text.cast(pl.Float64, strict=False) / float(by)).floor()
            found = found.cast(pl.Int64, strict=False)
        self._all(role, pl.select(pl.when(found >= 0).then(found)).to_series(), "a time")
        return found.cast(pl.UInt64).to_numpy()

    def words(self, role: str) -> npt.NDArray[np.bool_]:
        known = self._text(role).str.to_lowercase().replace_strict(
            WORDS, default=None, return_dtype=pl.Boolean
        )  # fmt: skip
        self._all(role, known, ", ".join(WORDS))
        return known.to_numpy()

    def keys(self, role: str) -> Numbers:
        text = self.table[self.roles[role]]
        self._all(role, text, "a text")
        names = text.unique(maintain_order=True)
        order = pl.Series(np.arange(names.len(), dtype=np.uint64))
        return text.replace_strict(names, order, return_dtype=pl.UInt64).to_numpy()

    def spans(self) -> tuple[Numbers, npt.NDArray[np.int64]]:
        """Every page from an address on for its size, and the row that each belongs to."""
        start, size = self.numbers("address"), self.numbers("size")
        last = start + np.maximum(size, np.uint64(1)) - np.uint64(1)
        wrong = np.flatnonzero((last < start) | ((last - start) >> _SHIFT >= _MOST_PAGES_OF_ONE))
        if wrong.size:
            place = f"line {wrong[0] + self.first_line}: column {self.roles['size']}"
            raise TraceError(f"{self.source}: {place}: {size[wrong[0]]} bytes are too many")
        count = ((last >> _SHIFT) - (start >> _SHIFT) + np.uint64(1)).astype(np.int64)
        row = np.repeat(np.arange(count.size), count)
        within = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
        return (start >> _SHIFT)[row] + within.astype(np.uint64), row


def _roles(source: Source, data: bytes) -> dict[str, str]:
    """Each role's column, as the table has it; numbers become the names of a table without any."""
    if not source.columns:
        names = _first_line(source, data)
        return {role: role for role in _OURS if role in names}
    found: dict[str, str] = {}
    for part in source.columns.split(","):
        role, equals, column = (word.strip() for word in part.partition("="))
        if role not in ROLES or not equals or not column:
            allowed = ", ".join(ROLES)
            raise TraceError(f"columns {part!r}: allowed is ROLE=COLUMN; roles are {allowed}")
        if role in found:
            raise TraceError(f"columns {source.columns!r}: {role} is there twice")
        found[role] = column
    divisor = found.get("t", "").partition("/")
    if divisor[1] and not re.fullmatch(r"(?=.*[1-9])\d{1,15}(\.\d{1,9})?", divisor[2], re.ASCII):
        raise TraceError(f"columns t={found['t']!r}: {divisor[2]!r} is no number above 0")
    if "size" in found and "address" not in found:
        raise TraceError("columns: a size needs an address")
    if all(re.fullmatch(r"\d{1,4}", name.partition("/")[0]) for name in found.values()):
        found = {role: f"column_{column}" for role, column in found.items()}
    return found


def _first_line(source: Source, data: bytes) -> Sequence[str]:
    line = data.split(b"\n", 1)[0].decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        return [name.strip() for name in next(csv.reader(StringIO(line)), [])]
    except csv.Error as error:
        raise TraceError(f"{source}: line 1: {error}") from None


def _table(source: Source, data: bytes, roles: dict[str, str]) -> pl.DataFrame:
    """The table as texts, with the columns that `roles` name."""
    bare = bool(roles) and all(name.startswith("column_") for name in roles.values())
    try:
        table = pl.read_csv(data, infer_schema=False, has_header=not bare)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise TraceError(f"{source}: no CSV table: {error}{way_on(data)}") from None
    if bare:
        table.columns = [f"column_{number + 1}" for number in range(table.width)]
    table = table.rename({name: name.strip() for name in table.columns}, strict=False)
    # Polars gives a name that is there twice another ending, and reads the first.
    twice = [name for name in table.columns if name.partition("_duplicated_")[0] in roles.values()]
    if len({name.partition("_duplicated_")[0] for name in twice}) < len(twice):
        raise TraceError(f"{source}: line 1: a column is there twice: {table.columns}")
    for role, name in roles.items():
        if name.partition("/")[0] not in table.columns:
            known = f"{table.width} columns" if bare else ", ".join(table.columns[:20])
            raise TraceError(f"{source}: columns {role}={name}: there is none; it has {known}")
    if bare and table.height > 1 and not _like(table.row(0), table.row(1)):
        first = ", ".join(str(value) for value in table.row(0)[:20])
        raise TraceError(f"{source}: line 1 has names: give those instead of numbers: {first}")
    return table


def _like(first: Sequence[str | None], second: Sequence[str | None]) -> bool:
    """Whether the first line has a number where the second one has, in any column; or none has."""
    numbers = [bool(re.fullmatch(r"[0-9.]+", value or "")) for value in second]
    found = [bool(re.fullmatch(r"[0-9.]+", value or "")) for value in first]
    return any(found) or not any(numbers)
