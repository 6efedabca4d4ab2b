"""The answers about a trace, with its numbers. Markdown out."""

from collections.abc import Sequence
from html import escape

import polars as pl

from mglru_lab.scenario.traces.facts import TraceFacts


def notes(found: Sequence[str]) -> str:
    """Below an answer: what its reader said of a trace; empty where it said nothing."""
    return "".join(f"\n\n*Note:* {escape(note)}." for note in found)


def working_set(facts: TraceFacts) -> str:
    """Beside `trace_charts.working_set`."""
    values = dict(facts.summary.rows())
    pages = values["pages touched (footprint)"]
    median = values["pages in the median window (working set)"]
    largest = values["pages in the largest window"]
    return (
        f"Of {pages:,} pages touched the median window of {facts.window} quanta needs {median:,} "
        f"({median / pages:.1%}), the largest {largest:,} ({largest / pages:.0%}). What a window "
        "does not need is idle, and reclaim has something to find; where the largest is near all, "
        "it must find it again and again."
    )


def reuse(facts: TraceFacts) -> str:
    """Beside `trace_charts.reuse`."""
    shares = facts.reuse
    first = shares["share"][-1]
    soon = shares["share"][0] if shares.height > 1 else 0.0
    later = max(1 - first - soon, 0.0)
    return (
        f"{soon:.0%} of the touches find a page that was used in the quantum before, {later:.0%} "
        f"one that rested longer, and {first:.0%} are a page's first. Those that rest longest are "
        "the hard ones: an aging finds such a page idle many times before it is used again."
    )


def heat(facts: TraceFacts) -> str:
    """Beside `trace_charts.heat`."""
    bands = facts.heat.group_by("page").agg(pl.col("touches").sum()).sort("touches")
    touches = bands["touches"].to_numpy()
    top = max(round(len(touches) / 10), 1)
    share = float(touches[-top:].sum() / touches.sum())
    return (
        f"The hottest tenth of the places takes {share:.0%} of the touches. A bright stripe along "
        "time is such a hot spot, a slanted line a scan."
    )


def pressed(totals: pl.DataFrame) -> str:
    """Below the counts of a trace that ran under pressure on some kernels."""
    rows = {row[0]: row[1:] for row in totals.iter_rows()}
    refaults = rows["pages swapped in again (refaults)"]
    scanned = rows["pages scanned at the end of the list"]
    parts = [
        f"**{name}** swaps in {back:,} pages again and scans {looked:,}"
        for name, back, looked in zip(totals.columns[1:], refaults, scanned, strict=True)
    ]
    apart = max(refaults) / max(min(refaults), 1) - 1
    said = (
        "Knowing or not knowing what the guest used hardly changes what comes back on this trace; "
        "what it changes is how often eviction has to look"
        if apart < 0.02
        else f"They are {apart:.0%} apart in what comes back"
    )
    return f"{'; '.join(parts)}. {said}. With another memory or trace the order may change."
