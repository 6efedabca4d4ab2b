"""What a recording does not tell of its recorder, searched for and kept.

The LRU-add batch is shared with other tasks, whose pages shift its phase; a context switch may
come between two agings that none is expected between, so that the second walks, too, or be late
where one is; a guest's code may share its page table with the worker's own memory; making the guest
may take one more page of the worker's stack; and an interrupt may free slab pages amid reclaim.

What was found is kept in a table beside the recordings and used by every later comparison.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path

import polars as pl

from mglru_lab.files import whole
from mglru_lab.kernel.rules import RULES
from mglru_lab.lab.run.layout import tables_of
from mglru_lab.lab.run.run import Run
from mglru_lab.lab.run.snapshot import PAGE_SIZE
from mglru_lab.lab.run.unrecorded import Recorder
from mglru_lab.lab.truth.flushes import Search, is_flushed_by_timer
from mglru_lab.lab.truth.groundtruth import Attempt, Comparison, attempt
from mglru_lab.lab.truth.recordings import FOLDER, Recording
from mglru_lab.scenario.language import FILES

COLUMNS = [
    *("file", "scenario", "phase", "before", "after", "flipped_walks", "unpreempted"),
    *("code_shares_table", "code_table_crowded", "stack_page", "flushes", "freed_slab"),
]
"""Of the table of what was found, `found.parquet`."""

GUEST = tuple(product((False, True), repeat=3))[1:]
"""`code_shares_table`, `code_table_crowded` and `stack_page` of a guest: random addresses."""

MOST_FLIPPED_WALKS = 12
"""Bits after which the search gives up: with more of them a fit would prove little."""

MOST_BEFORE = 12
"""Agings long before a difference that are tried, too."""

SLAB_PAGES = (1, *range(2, 22, 2))
"""Slab pages freed amid one reclaim that are tried: traces showed one slab of two pages to ten."""

MOST_SLABS = 3
"""Reclaims amid which slab pages were freed, after which the search gives up."""


def _phases(recording: Recording, model: Run) -> Iterator[int]:
    """Phases worth a try: those that explain the first label's sizes, else all.

    Until the batch is drained for another reason, the pages listed are those of its full batches.
    Pages that making a region gave back may wait in it, too.
    """
    rules = RULES[recording.rules]
    batch = rules.batch
    label, first = next(iter(model.snapshots.items()))
    faulted = (first.counters["anon"] + first.counters["file"]) // PAGE_SIZE
    listed = sum(recording.gens[label].values())
    before = 0 if rules.unmapping_drains else given_back(recording.text)
    phases = range(batch if rules.unmapping_drains else 2 * batch)
    waiting = {p: p + before * (p < batch) for p in phases}
    read_off = [p for p in phases if (waiting[p] + faulted) % batch == faulted - listed]
    if first.counters["reclaims"] or listed == faulted:  # it may have been emptied since
        read_off = []
    yield from dict.fromkeys([0, *(read_off or phases)])


def given_back(text: str) -> int:
    """Pages that the recorder touches and gives back to make a scenario's regions."""
    made = re.findall(r"(?m)^region (\d+) (\w+)", text)
    return sum(tables_of(int(pages)) for pages, kind in made if kind not in FILES)


def _recorders(recording: Recording, model: Run) -> Iterator[Recorder]:
    looks = [snapshot for snapshot in model.snapshots.values() if snapshot.maps]
    pages = max((len(letters) for look in looks for letters in look.maps), default=0)
    before, after = -(-8 * pages // PAGE_SIZE), -(-pages // PAGE_SIZE) + 1
    if recording.text.count("region ") > 1:
        firsts = [(before + more, 0) for more in (1, 2, 0, 3)]
    else:
        firsts = [(before, after + more) for more in (0, -1, 1, 2)] if len(looks) > 1 else []
    for phase in _phases(recording, model):
        yield Recorder(phase=phase)
        for first in firsts:
            yield Recorder(phase=phase, first_dump=first)


def _search_batch(recording: Recording, first: Attempt) -> Attempt:
    """Find what the recorder's pages did to the LRU-add batch."""
    best = first
    for recorder in _recorders(recording, first[1]):
        candidate = attempt(recording, recorder)
        if candidate[0].distance < best[0].distance:
            best = candidate
        if best[0].equal and not best[0].undrained:
            break
    return best


def _equal_until(comparison: Comparison, model: Run) -> int:
    """How many labels, from the first on, have no difference at all."""
    wrong = {label for rows in comparison.counters.values() for label, _, _ in rows}
    wrong |= {dump.split("@")[0] for dump, pages in comparison.pages.items() if pages}
    labels = list(model.snapshots)
    return next((at for at, label in enumerate(labels) if label in wrong), len(labels))


def _search_walks(recording: Recording, first: Attempt) -> Attempt:
    """Find which agings walked, or did not, because a context switch came or was late.

    One bit at a time: of the agings before the first label that differs, and not long before,
    the one that carries equality farthest.
    """
    best = first
    while not best[0].equal and len(best[0].recorder.flipped_walks) < MOST_FLIPPED_WALKS:
        comparison, model = best
        until = _equal_until(comparison, model)
        agings = [0, *(snapshot.counters["agings"] for snapshot in model.snapshots.values())]
        known = comparison.recorder.flipped_walks
        near = max(agings[max(until - 3, 0)] - 1, 0)
        # A walk more may show much later: it fills the Bloom filter that a later walk passes.
        for ordinals in (
            range(near, agings[min(until + 1, len(agings) - 1)]),
            range(max(near - MOST_BEFORE, 0), near),
        ):
            tried = [
                attempt(recording, replace(comparison.recorder, flipped_walks=(*known, ordinal)))
                for ordinal in ordinals
                if ordinal not in known
            ]
            best = max(tried, key=lambda made: _equal_until(*made), default=first)
            if _equal_until(*best) > until:
                break
        else:
            return comparison, model
    return best


def _agreed(comparison: Comparison, model: Run) -> int:
    """How many accesses agree: those before the first miss, or the first label, that differs."""
    labels = list(model.snapshots.values())
    at = labels[min(_equal_until(comparison, model), len(labels) - 1)].counters["accesses"]
    return at if comparison.first_miss in (None, -1) else min(at, comparison.first_miss or 0)


def _search_slab_after_marks(recording: Recording, first: Attempt) -> Attempt:
    """Find the reclaims amid which others' slab pages were freed: the first ones after a mark.

    What others did at a mark is freed a grace period later. Of the last two marks before the
    first difference, the one that carries equality farthest, with the fewest pages that do.
    """
    best = first
    while not best[0].equal and len(best[0].recorder.freed_slab) < MOST_SLABS:
        comparison, model = best
        agreed = _agreed(comparison, model)
        marks = [snapshot.counters for snapshot in model.snapshots.values()]
        reclaims = [mark["reclaims"] + 1 for mark in marks if mark["accesses"] < agreed][-2:]
        known = comparison.recorder.freed_slab
        tried = [
            attempt(
                recording, replace(comparison.recorder, freed_slab=(*known, (reclaim, 1, pages)))
            )
            for reclaim in reclaims
            for pages in SLAB_PAGES
        ]
        best = max(tried, key=lambda made: (made[0].equal, _agreed(*made)), default=first)
        if not best[0].equal and _agreed(*best) <= agreed:
            return first
    return best if best[0].equal else first


def _search_slab(recording: Recording, first: Attempt) -> Attempt:
    """Find the one reclaim amid which slab pages were freed, and how many.

    In its first round, because none was found in which the round made a difference.
    """
    comparison, model = first
    reclaims = [0, *(snapshot.counters["reclaims"] for snapshot in model.snapshots.values())]
    until = _equal_until(comparison, model)
    for reclaim in range(reclaims[until] + 1, reclaims[min(until + 1, len(reclaims) - 1)] + 1):
        for pages in SLAB_PAGES:
            freed = replace(comparison.recorder, freed_slab=((reclaim, 1, pages),))
            made = attempt(recording, freed)
            if made[0].equal:
                return made
    return first


def _search_addresses(recording: Recording, first: Attempt) -> list[Attempt]:
    """Find what random addresses decided for a guest: all that carry equality equally far."""
    tried = [first]
    for shares, crowded, stack in GUEST:
        recorder = replace(
            first[0].recorder,
            code_shares_table=shares,
            code_table_crowded=crowded,
            stack_page=stack,
        )
        tried.append(attempt(recording, recorder))
        if tried[-1][0].equal:
            return tried[-1:]
    farthest = max(_equal_until(*made) for made in tried)
    return [made for made in tried if _equal_until(*made) == farthest]


def improve(recording: Recording, first: Attempt) -> Attempt:
    """Search for what the recorder did; bits are believed only where they explain everything.

    Of several such explanations the one with the fewest bits.
    """
    if is_flushed_by_timer(recording) and not first[0].equal:
        flushes = Search(recording).found()
        made = attempt(recording, Recorder(flushes=flushes)) if flushes else first
        return made if made[0].equal else first
    best = first
    # Without a limit nothing drains the batch for long, so its phase decides what comes after.
    undrained = best[0].undrained or "limit" not in recording.text
    if best[0].distance > (0, 0, 0) and (best[0].group.must_equal or undrained):
        best = _search_batch(recording, best)
    exact = "fifo 1" in recording.text
    slab_counts = RULES[recording.rules].slab_is_reclaimed and not recording.walks
    if slab_counts and exact:
        best = _search_slab_after_marks(recording, best)
    if best[0].equal:
        return best
    has_guest = " kvm" in recording.text
    for unpreempted in (False,) if exact else (False, True):
        tried = [attempt(recording, replace(best[0].recorder, unpreempted=unpreempted))]
        if has_guest and not tried[0][0].equal:
            tried = _search_addresses(recording, tried[0])
        # Exact mode left a few context switches, which matter where no access makes one.
        if not best[0].group.must_equal and (has_guest or not exact):
            tried = [made if made[0].equal else _search_walks(recording, made) for made in tried]
            if slab_counts:
                tried = [made if made[0].equal else _search_slab(recording, made) for made in tried]
        equal = [made for made in tried if made[0].equal]
        if equal:
            return min(equal, key=lambda made: len(made[0].recorder.flipped_walks))
    return best


def load(folder: Path = FOLDER) -> dict[tuple[str, str], Recorder]:
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
        found[key] = Recorder(first_dump=first_dump, **row)
    return found


def keep(
    found: Iterable[Comparison], known: Mapping[tuple[str, str], Recorder], folder: Path = FOLDER
) -> None:
    """Add to the table what these comparisons used."""
    kept = dict(known)
    for comparison in found:
        key = comparison.recording.file, comparison.recording.scenario
        kept.pop(key, None)
        if comparison.recorder != Recorder():
            kept[key] = comparison.recorder
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
