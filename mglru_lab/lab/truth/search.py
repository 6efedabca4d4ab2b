"""The search for what a recording does not tell: what else happened on the machine.

The LRU-add batch is shared with other tasks, whose pages shift its phase; a context switch may
come between two agings that none is expected between, so that the second walks, too, or be late
where one is; a guest's code may share its page table with the worker's own memory; making the guest
may take one more page of the worker's stack; and an interrupt may free slab pages amid reclaim.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import product

from mglru_lab.kernel.rules import RULES
from mglru_lab.lab.run.layout import tables_of
from mglru_lab.lab.run.run import Run
from mglru_lab.lab.run.snapshot import PAGE_SIZE
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.lab.truth.flushes import Search, is_flushed_by_timer
from mglru_lab.lab.truth.groundtruth import Attempt, attempt
from mglru_lab.lab.truth.match import Match
from mglru_lab.lab.truth.recordings import Recording
from mglru_lab.scenario.language import FILES

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
    """Pages that are touched and given back to make a scenario's regions."""
    made = re.findall(r"(?m)^region (\d+) (\w+)", text)
    return sum(tables_of(int(pages)) for pages, kind in made if kind not in FILES)


def _candidates(recording: Recording, model: Run) -> Iterator[Unrecorded]:
    looks = [snapshot for snapshot in model.snapshots.values() if snapshot.maps]
    pages = max((len(letters) for look in looks for letters in look.maps), default=0)
    before, after = -(-8 * pages // PAGE_SIZE), -(-pages // PAGE_SIZE) + 1
    if recording.text.count("region ") > 1:
        firsts = [(before + more, 0) for more in (1, 2, 0, 3)]
    else:
        firsts = [(before, after + more) for more in (0, -1, 1, 2)] if len(looks) > 1 else []
    for phase in _phases(recording, model):
        yield Unrecorded(phase=phase)
        for first in firsts:
            yield Unrecorded(phase=phase, first_dump=first)


def _search_batch(recording: Recording, first: Attempt) -> Attempt:
    """Find what other pages did to the LRU-add batch."""
    best = first
    for unrecorded in _candidates(recording, first[1]):
        candidate = attempt(recording, unrecorded)
        if candidate[0].distance < best[0].distance:
            best = candidate
        if best[0].equal and not best[0].undrained:
            break
    return best


def _equal_until(match: Match, model: Run) -> int:
    """How many labels, from the first on, have no difference at all."""
    wrong = {label for rows in match.counters.values() for label, _, _ in rows}
    wrong |= {dump.split("@")[0] for dump, pages in match.pages.items() if pages}
    labels = list(model.snapshots)
    return next((at for at, label in enumerate(labels) if label in wrong), len(labels))


def _search_walks(recording: Recording, first: Attempt) -> Attempt:
    """Find which agings walked, or did not, because a context switch came or was late.

    One bit at a time: of the agings before the first label that differs, and not long before,
    the one that carries equality farthest.
    """
    best = first
    while not best[0].equal and len(best[0].unrecorded.flipped_walks) < MOST_FLIPPED_WALKS:
        match, model = best
        until = _equal_until(match, model)
        agings = [0, *(snapshot.counters["agings"] for snapshot in model.snapshots.values())]
        known = match.unrecorded.flipped_walks
        near = max(agings[max(until - 3, 0)] - 1, 0)
        # A walk more may show much later: it fills the Bloom filter that a later walk passes.
        for ordinals in (
            range(near, agings[min(until + 1, len(agings) - 1)]),
            range(max(near - MOST_BEFORE, 0), near),
        ):
            tried = [
                attempt(recording, replace(match.unrecorded, flipped_walks=(*known, ordinal)))
                for ordinal in ordinals
                if ordinal not in known
            ]
            best = max(tried, key=lambda made: _equal_until(*made), default=first)
            if _equal_until(*best) > until:
                break
        else:
            return match, model
    return best


def _agreed(match: Match, model: Run) -> int:
    """How many accesses agree: those before the first miss, or the first label, that differs."""
    labels = list(model.snapshots.values())
    at = labels[min(_equal_until(match, model), len(labels) - 1)].counters["accesses"]
    return at if match.first_miss in (None, -1) else min(at, match.first_miss or 0)


def _reclaims_after_marks(match: Match, model: Run) -> Iterable[int]:
    """The first reclaims after the last two marks before the first difference.

    What others did at a mark is freed a grace period later.
    """
    marks = [snapshot.counters for snapshot in model.snapshots.values()]
    agreed = _agreed(match, model)
    return [mark["reclaims"] + 1 for mark in marks if mark["accesses"] < agreed][-2:]


def _reclaims_of_label(match: Match, model: Run) -> Iterable[int]:
    """All reclaims up to the first label that differs, from the label before."""
    reclaims = [0, *(snapshot.counters["reclaims"] for snapshot in model.snapshots.values())]
    until = _equal_until(match, model)
    return range(reclaims[until] + 1, reclaims[min(until + 1, len(reclaims) - 1)] + 1)


def _search_slab(
    recording: Recording,
    first: Attempt,
    reclaims: Callable[[Match, Run], Iterable[int]],
    most: int,
) -> Attempt:
    """Find the reclaims, `most` of them, amid which others' slab pages were freed, and how many.

    One at a time, that which carries equality farthest with the fewest pages. In a reclaim's first
    round, because none was found in which the round made a difference.
    """
    best = first
    while not best[0].equal and len(best[0].unrecorded.freed_slab) < most:
        known, agreed = best[0].unrecorded, _agreed(*best)
        tried = []
        for reclaim, pages in product(reclaims(*best), SLAB_PAGES):
            freed = (*known.freed_slab, (reclaim, 1, pages))
            tried.append(attempt(recording, replace(known, freed_slab=freed)))
            if tried[-1][0].equal:
                return tried[-1]
        best = max(tried, key=lambda made: _agreed(*made), default=first)
        if _agreed(*best) <= agreed:
            return first
    return best if best[0].equal else first


def _search_addresses(recording: Recording, first: Attempt) -> list[Attempt]:
    """Find what random addresses decided for a guest: all that carry equality equally far."""
    tried = [first]
    for shares, crowded, stack in GUEST:
        unrecorded = replace(
            first[0].unrecorded,
            code_shares_table=shares,
            code_table_crowded=crowded,
            stack_page=stack,
        )
        tried.append(attempt(recording, unrecorded))
        if tried[-1][0].equal:
            return tried[-1:]
    farthest = max(_equal_until(*made) for made in tried)
    return [made for made in tried if _equal_until(*made) == farthest]


def improve(recording: Recording, first: Attempt) -> Attempt:
    """Search for what the recording does not tell; bits count only where they explain everything.

    Of several such explanations the one with the fewest bits.
    """
    if is_flushed_by_timer(recording) and not first[0].equal:
        flushes = Search(recording).found()
        made = attempt(recording, Unrecorded(flushes=flushes)) if flushes else first
        return made if made[0].equal else first
    best = first
    # Without a limit nothing drains the batch for long, so its phase decides what comes after.
    undrained = best[0].undrained or "limit" not in recording.text
    if best[0].distance > (0, 0, 0) and (best[0].group.must_equal or undrained):
        best = _search_batch(recording, best)
    exact = "fifo 1" in recording.text
    slab_counts = RULES[recording.rules].slab_is_reclaimed and not recording.walks
    if slab_counts and exact:
        best = _search_slab(recording, best, _reclaims_after_marks, MOST_SLABS)
    if best[0].equal:
        return best
    has_guest = " kvm" in recording.text
    for unpreempted in (False,) if exact else (False, True):
        tried = [attempt(recording, replace(best[0].unrecorded, unpreempted=unpreempted))]
        if has_guest and not tried[0][0].equal:
            tried = _search_addresses(recording, tried[0])
        # Exact mode left a few context switches, which matter where no access makes one.
        if not best[0].group.must_equal and (has_guest or not exact):
            tried = [made if made[0].equal else _search_walks(recording, made) for made in tried]
            if slab_counts:
                tried = [_search_slab(recording, made, _reclaims_of_label, 1) for made in tried]
        equal = [made for made in tried if made[0].equal]
        if equal:
            return min(equal, key=lambda made: len(made[0].unrecorded.flipped_walks))
    return best
