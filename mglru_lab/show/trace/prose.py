"""The answers about a trace, with its numbers. Markdown out."""

from collections.abc import Sequence
from html import escape

import polars as pl

from mglru_lab.scenario.traces.facts import TraceFacts


def notes(found: Sequence[str]) -> str:
    """Below an answer: what its reader said of a trace; empty where it said nothing."""
    return "".join(f"\n\n*Note:* {escape(note)}." for note in found)


def working_set(facts: TraceFacts) -> str:
    """About `charts.working_set`."""
    values = dict(facts.summary.rows())
    pages = values["pages touched (footprint)"]
    median = values["pages in the median window (working set)"]
    largest = values["pages in the largest window"]
    return (
        f"Of {pages:,} pages touched, the median window of {facts.window} quanta needs {median:,} "
        f"({median / pages:.1%}), the largest {largest:,} ({largest / pages:.0%}). The pages that "
        "a window does not need are idle: reclaim can take them. If the largest window needs "
        "nearly all, what reclaim took must come back."
    )


def reuse(facts: TraceFacts) -> str:
    """About `charts.reuse`."""
    shares = facts.reuse
    first = shares["share"][-1]
    soon = shares["share"][0] if shares.height > 1 else 0.0
    later = max(1 - first - soon, 0.0)
    return (
        f"{soon:.0%} of the touches find a page that was used in the quantum before, {later:.0%} "
        f"find one that rested longer, and {first:.0%} are a page's first. The pages that rest "
        "longest are the hard ones: agings find such a page idle many times before it is used "
        "again."
    )


def heat(facts: TraceFacts) -> str:
    """About `charts.heat`."""
    bands = facts.heat.group_by("page").agg(pl.col("touches").sum()).sort("touches")
    touches = bands["touches"].to_numpy()
    top = max(round(len(touches) / 10), 1)
    share = float(touches[-top:].sum() / touches.sum())
    return (
        f"The hottest tenth of the places gets {share:.0%} of the touches. In the picture a hot "
        "spot is a bright stripe along time, a scan is a slanted line."
    )


def pressed(totals: pl.DataFrame) -> str:
    """About the counts of a trace that ran under pressure on some kernels."""
    rows = {row[0]: row[1:] for row in totals.iter_rows()}
    refaults = rows["pages swapped back in (refaults)"]
    scanned = rows["pages scanned at the end of the list"]
    parts = [
        f"**{name}** swaps {back:,} pages back in and scans {looked:,}"
        for name, back, looked in zip(totals.columns[1:], refaults, scanned, strict=True)
    ]
    apart = max(refaults) / max(min(refaults), 1) - 1
    said = (
        "On this trace, knowing what the guest used hardly changes how much comes back; it changes "
        "how often eviction has to look"
        if apart < 0.02
        else f"They differ by {apart:.0%} in what comes back"
    )
    return f"{'; '.join(parts)}. {said}. With another memory or trace the order may change."
