"""Traces: which page is touched next, as a file of 32-bit words or a table of quanta."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from mglru_lab.kernel.replay import GUEST_BIT, PAGE_MASK, READ_BIT
from mglru_lab.paths import DATA
from mglru_lab.scenario.generators import WORKLOADS, trace

Entries = npt.NDArray[np.uint32]


_OTHERS = (".csv", ".npy", ".lackey", ".oraclegeneral", ".oraclegeneral.bin", ".damo", "damon.data",
           ".gz", ".zst", ".zstd")  # fmt: skip


_SEEDED = re.compile(rf"({'|'.join(WORKLOADS)})(?:[@_](\d+))?(?:\.u32)?", re.ASCII)


class TraceError(ValueError):
    """A trace that cannot be read: its name, the place and the reason."""


def load_trace(name: str, folders: Iterable[Path | None]) -> tuple[str, Entries]:
    """Where a `trace` command's file was found, and its entries.

    It is looked up by its name in `folders`, then in data/. The recorder's own traces are made
    anew; `zipf10_20@7` is one of them from seed 7, which a recording names `zipf10_20_7`.
    """
    looked = [folder for folder in folders if folder is not None] + [DATA]
    for folder in looked:
        path = folder / Path(name).name
        try:
            found = path.is_file()
        except OSError as error:
            raise TraceError(f"trace {name[:40]!r}...: {error.strerror}") from None
        if found:
            return str(path), read_trace(path)
    seeded = _SEEDED.fullmatch(Path(name).name)
    if seeded:
        return Path(name).name, trace(seeded[1], int(seeded[2] or 0))
    places = ", ".join(dict.fromkeys(str(folder) for folder in looked))
    raise TraceError(
        f"trace {name!r} is in none of: {places}; nor is it one of {', '.join(WORKLOADS)}"
    )


def read_trace(path: Path) -> Entries:
    """Entries of a trace: bit 31 a read, bit 30 the guest region, bits 0..29 the page.

    A `.parquet` file holds quanta (`t`, `page`, and perhaps `w`: written) in order of first touch;
    every record is one access. Anything else is little-endian 32-bit words.
    """
    if path.suffix == ".parquet":
        return _from_quanta(path)
    if path.name.lower().endswith(_OTHERS):
        raise TraceError(f"{path}: not words: mglru-lab trace convert {path.name} NAME.parquet")
    return words_of(str(path), path.read_bytes())


def words_of(name: str, data: bytes) -> Entries:
    """Little-endian 32-bit words; TraceError, naming `name`, for another number of bytes."""
    if not data or len(data) % 4:
        raise TraceError(f"{name}: {len(data)} bytes are not a whole number of 32-bit words")
    return np.frombuffer(data, "<u4").astype(np.uint32)


def check_entries(name: str, entries: Entries, pages: Sequence[int]) -> None:
    """Raise TraceError for the first entry outside the regions, which have `pages` pages."""
    page = entries & np.uint32(PAGE_MASK)
    of_guest = (entries >> np.uint32(GUEST_BIT)) & np.uint32(1) == 1
    limits = np.array([*pages, 0, 0][:2], np.uint32)[of_guest.astype(np.int64)]
    wrong = np.flatnonzero(page >= limits)
    if wrong.size:
        first = wrong[0]
        which = "second" if of_guest[first] else "first"
        allowed = f"allowed are 0 to {limits[first] - 1}" if limits[first] else "there is none"
        raise TraceError(
            f"{name}: entry {first}: page {page[first]} of the {which} region; {allowed}"
        )


def read_quanta(path: Path) -> pl.DataFrame:
    """The table of a Parquet trace: `t` (quantum), `page`, `w` (written; true if not given)."""
    try:
        table = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise TraceError(f"{path}: no Parquet table: {error}") from None
    for column in ("t", "page"):
        if column not in table.columns or not table.schema[column].is_integer():
            raise TraceError(f"{path}: an integer column {column!r} is missing: {table.columns}")
    if "w" not in table.columns:
        table = table.with_columns(w=pl.lit(True))
    if table.schema["w"] != pl.Boolean:
        raise TraceError(f"{path}: column 'w' is {table.schema['w']}, allowed is Boolean")
    table = table.select("t", "page", "w")
    if table.is_empty() or sum(table.null_count().row(0)):
        raise TraceError(f"{path}: the table is empty or has nulls")
    if not table["t"].is_sorted():
        raise TraceError(f"{path}: column 't' is not in ascending order")
    first, last = int(table["page"].min()), int(table["page"].max())  # type: ignore[arg-type]
    if first < 0 or last > PAGE_MASK:
        raise TraceError(f"{path}: pages {first} to {last}; allowed are 0 to {PAGE_MASK}")
    return table.with_columns(pl.col("page").cast(pl.UInt32))


def _from_quanta(path: Path) -> Entries:
    table = read_quanta(path)
    reads = (~table["w"]).to_numpy().astype(np.uint32)
    return table["page"].to_numpy().astype(np.uint32) | (reads << np.uint32(READ_BIT))
