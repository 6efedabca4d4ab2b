"""Recordings of DAMON by damo, perf, trace-cmd: regions of addresses, how often found accessed.

DAMON does not see pages: every page of a region that was found accessed counts as touched, once per
snapshot, and as written, because DAMON does not tell. So a region's cold pages look hot.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from mglru_lab.kernel.replay import PAGE_MASK
from mglru_lab.scenario.traces import damo_records, damo_text
from mglru_lab.scenario.traces.damo_records import Snapshot
from mglru_lab.scenario.traces.entries import TraceError
from mglru_lab.scenario.traces.source import Source

PAGE_SHIFT = 12
MOST_TOUCHES = 1 << 26
_MOST_TARGETS = 4095
_TARGET_SHIFT = 52
Numbers = npt.NDArray[np.int64]


class _Spans(NamedTuple):
    """Regions found accessed: quantum, first page, the page after the last one, samples."""

    t: Numbers
    first: npt.NDArray[np.uint64]
    end: npt.NDArray[np.uint64]
    n: Numbers


def read_damo(source: Source) -> pl.DataFrame:
    """Quanta of a recording: a snapshot each, those of several targets together.

    Where its pages are too many, a row is a region: `page` is its first one, `pages` how many.
    """
    data = source.data()
    if data.startswith(b"PERFILE2"):
        name = source.path.name
        raise TraceError(f"{source}: perf's own file: give what `perf script -i {name}` prints")
    if damo_records.are_records(data):
        snapshots = list(damo_records.read_records(source, data))
    else:
        snapshots = list(damo_text.read_text(source, data))
    snapshots.sort(key=lambda one: one.time)
    table = _table(source, _spans(source, snapshots))
    _tell_filters(source, snapshots)
    return table


def _quanta(snapshots: Sequence[Snapshot]) -> list[int]:
    """Which quantum each snapshot is in: a new one begins where a target comes for the second time.

    So targets of one kdamond share a quantum, though each has a time of its own.
    """
    found: list[int] = []
    seen: set[tuple[tuple[int, int, int], int | None]] = set()
    quantum = 0
    for one in snapshots:
        if (one.target, one.scheme) in seen:
            quantum, seen = quantum + 1, set()
        seen.add((one.target, one.scheme))
        found.append(quantum)
    return found


def _spans(source: Source, snapshots: Sequence[Snapshot]) -> _Spans:
    targets = {one: i for i, one in enumerate(dict.fromkeys(one.target for one in snapshots))}
    if len(targets) > _MOST_TARGETS:
        raise TraceError(f"{source}: {len(targets)} targets; allowed are {_MOST_TARGETS}")
    rows = []
    for quantum, one in zip(_quanta(snapshots), snapshots, strict=True):
        base = targets[one.target] << _TARGET_SHIFT
        for start, end, accesses, passed in one.regions:
            if not 0 <= start < end <= 1 << 64 or not 0 <= accesses < 1 << 32:
                reason = f"region {start}-{end}, {accesses} accesses: impossible"
                raise TraceError(f"{source}: {reason}")
            if accesses and passed != 0:
                last = end - 1 >> PAGE_SHIFT
                rows.append((quantum, base + (start >> PAGE_SHIFT), base + last + 1, accesses))
    if not rows:
        raise TraceError(f"{source}: no region in it was found accessed")
    t, first, end_, n = zip(*rows, strict=True)
    return _Spans(
        np.array(t, np.int64), np.array(first, np.uint64), np.array(end_, np.uint64),
        np.array(n, np.int64),
    )  # fmt: skip


def _table(source: Source, spans: _Spans) -> pl.DataFrame:
    """Cut where any region begins or ends: a piece's pages are always touched together."""
    cuts = np.unique(np.concatenate([spans.first, spans.end]))
    low, high = np.searchsorted(cuts, spans.first), np.searchsorted(cuts, spans.end)
    if int((high - low).sum()) > MOST_TOUCHES:
        raise TraceError(f"{source}: {(high - low).sum()} touches of regions; {_less()}")
    row, piece = _counted_up(low, high - low)
    rows = pl.DataFrame({"t": spans.t[row], "piece": piece, "n": spans.n[row]})
    # Schemes may have seen the same memory: it was touched once.
    rows = rows.group_by("t", "piece", maintain_order=True).agg(pl.col("n").max())
    piece = rows["piece"].to_numpy()
    sizes = np.diff(cuts).astype(np.int64)
    used = np.unique(piece)
    starts = np.zeros(sizes.size, np.int64)
    starts[used] = np.cumsum(sizes[used]) - sizes[used]
    if int(sizes[used].sum()) > PAGE_MASK:
        raise TraceError(f"{source}: {sizes[used].sum()} pages; allowed are {PAGE_MASK}")
    touches = int(sizes[piece].sum())
    if touches <= MOST_TOUCHES:
        row, page = _counted_up(starts[piece], sizes[piece])
        return _quanta_table(rows["t"].to_numpy()[row], page, rows["n"].to_numpy()[row])
    table = _quanta_table(rows["t"].to_numpy(), starts[piece], rows["n"].to_numpy())
    source.note(
        f"{touches:,} touches of pages; allowed are {MOST_TOUCHES:,}: counted by regions "
        "whose pages were always touched together"
    )
    return table.with_columns(pages=pl.Series(sizes[piece], dtype=pl.UInt32))


def _counted_up(start: Numbers, count: Numbers) -> tuple[Numbers, Numbers]:
    """For each row, `count` numbers from `start`: the row, the number."""
    row = np.repeat(np.arange(count.size), count)
    within = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    return row, start[row] + within


def _quanta_table(t: Numbers, page: Numbers, n: Numbers) -> pl.DataFrame:
    return pl.DataFrame(
        {"t": t.astype(np.uint32), "page": page.astype(np.uint32), "n": n.astype(np.uint64)}
    ).with_columns(w=pl.lit(True))


def _less() -> str:
    return (
        f"allowed are {MOST_TOUCHES}: record fewer snapshots or fewer addresses (damo record "
        "--regions); `trace info` also counts by regions"
    )


def by_pages(source: object, table: pl.DataFrame) -> pl.DataFrame:
    """The table, if its rows are pages; TraceError if they are regions."""
    if "pages" in table.columns:
        raise TraceError(f"{source}: {table['pages'].sum()} touches of pages; {_less()}")
    return table


def _tell_filters(source: Source, snapshots: Sequence[Snapshot]) -> None:
    """Say what DAMON does not: which pages of a region passed a filter."""
    touched = passed = 0
    for one in snapshots:
        for start, end, accesses, through in one.regions:
            if accesses and through is not None:
                touched += -(-(end - start) >> PAGE_SHIFT)
                passed += -(-through >> PAGE_SHIFT)
    filters = sorted({name for one in snapshots for name in one.filters})
    if filters and touched:
        source.note(
            f"a filter was on ({', '.join(filters)}): of {touched:,} touches of pages {passed:,} "
            "passed it. DAMON does not tell which: of a region of which some passed all pages are "
            "counted"
        )
    elif filters:
        source.note(f"a filter was on ({', '.join(filters)}); what passed it was not recorded")
    schemes = {one.scheme for one in snapshots} - {None}
    if len(schemes) > 1:
        source.note(f"{len(schemes)} schemes saw this memory: a page counts once per snapshot")
