"""A sweep's folder, which is its state: one Parquet file per finished cell, named by its key."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from mglru_lab.files import whole

_FILE = re.compile(r"[0-9a-f]{24}\.parquet")
_MAGIC = b"PAR1"
_SCHEMA = {"key": pl.String(), "code": pl.String(), "error": pl.String()}
"""Of every folder; the parameters and counters of its cells follow."""


class SweepError(RuntimeError):
    """A sweep that could not go on, or a folder that cannot be read; what is finished is kept."""


def path_of(folder: Path, key: str) -> Path:
    """Where the cell's row is, or will be."""
    return folder / f"{key}.parquet"


def finished(folder: Path) -> set[str]:
    """The keys of the cells whose files are there, whole as far as their ends tell.

    A power cut may leave a file that is empty; such a cell is computed again.
    """
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if _FILE.fullmatch(entry.name)]
    return {name[:24] for name in names if is_there(folder, name[:24])}


def is_there(folder: Path, key: str) -> bool:
    """Whether the cell's file is there and whole."""
    try:
        with path_of(folder, key).open("rb") as file:
            if file.read(4) != _MAGIC:
                return False
            file.seek(-4, os.SEEK_END)
            return file.read(4) == _MAGIC
    except FileNotFoundError:
        return False


def keep(folder: Path, key: str, row: bytes) -> None:
    """Write a finished cell's file in one step; OSError leaves nothing behind."""
    with whole(path_of(folder, key)) as partial:
        partial.write_bytes(row)


def read(folder: Path, keys: Iterable[str] | None = None) -> pl.LazyFrame:
    """The rows of these cells, or of all that are finished, sorted by key.

    `key`, `code` (version), `error` (null: it ran), the parameters, every counter at the end, and
    as `WHERE/PRICE` how often each price is paid. A column that a cell does not have is null.
    Raises SweepError naming the file that is damaged.
    """
    if not folder.is_dir():
        raise SweepError(f"{folder}: no such folder")
    paths = [path_of(folder, key) for key in sorted(finished(folder) if keys is None else keys)]
    if not paths:
        raise SweepError(f"{folder}: no finished cell of a sweep is in it")
    schema: dict[str, pl.DataType] = dict(_SCHEMA)
    for path in paths:
        for name, kind in _schema(path).items():
            if schema.setdefault(name, kind) != kind:
                raise SweepError(f"{path}: column {name!r} is {kind}, elsewhere {schema[name]}")
    # What is read stays in the order of the paths; files hold no statistics to push down to.
    return pl.scan_parquet(paths, schema=schema, missing_columns="insert")


def _schema(path: Path) -> dict[str, pl.DataType]:
    try:
        found = pl.read_parquet_schema(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise SweepError(f"{path}: no Parquet table: {error}") from None
    if "key" not in found or any(kind.is_nested() for kind in found.values()):
        raise SweepError(f"{path}: no cell of a sweep")
    return dict(found)
