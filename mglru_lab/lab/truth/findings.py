"""The table of what searches found: per recording, what else happened on the machine (data/)."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from mglru_lab.files import whole
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.lab.truth.match import Match
from mglru_lab.lab.truth.recordings import FOLDER

COLUMNS = [
    *("file", "scenario", "phase", "before", "after", "flipped_walks", "unpreempted"),
    *("code_shares_table", "code_table_crowded", "stack_page", "flushes", "freed_slab"),
]
"""Of the table of what was found, `found.parquet`."""


def load(folder: Path = FOLDER) -> dict[tuple[str, str], Unrecorded]:
    """What earlier searches found, by file and scenario; nothing where none was kept."""
    path = folder / "found.parquet"
    if not path.exists():
        return {}
    found = {}
    for row in pl.read_parquet(path, columns=COLUMNS).iter_rows(named=True):
        key = row.pop("file"), row.pop("scenario")
        first_dump = row.pop("before"), row.pop("after")
        row["flipped_walks"] = tuple(row["flipped_walks"])
        for name in ("flushes", "freed_slab"):
            row[name] = tuple(map(tuple, row[name]))
        found[key] = Unrecorded(first_dump=first_dump, **row)
    return found


def keep(
    found: Iterable[Match], known: Mapping[tuple[str, str], Unrecorded], folder: Path = FOLDER
) -> None:
    """Add to the table what these matches used."""
    kept = dict(known)
    for match in found:
        key = match.recording.file, match.recording.scenario
        kept.pop(key, None)
        if match.unrecorded != Unrecorded():
            kept[key] = match.unrecorded
    rows = [
        (
            *key,
            *(r.phase, *r.first_dump, list(r.flipped_walks), r.unpreempted),
            *(r.code_shares_table, r.code_table_crowded, r.stack_page),
            *(list(map(list, r.flushes)), list(map(list, r.freed_slab))),
        )
        for key, r in sorted(kept.items())
    ]
    table = pl.DataFrame(rows, COLUMNS, orient="row", infer_schema_length=None)
    with whole(folder / "found.parquet") as partial:
        table.with_columns(
            pl.col("flipped_walks").cast(pl.List(pl.Int64)),
            pl.col("flushes", "freed_slab").cast(pl.List(pl.List(pl.Int64))),
        ).write_parquet(partial)
