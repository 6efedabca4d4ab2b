"""What the notebook about a trace asks, and what is so. Facts in, guesses out."""

import polars as pl

from mglru_lab.scenario.traces.facts import TraceFacts
from mglru_lab.show.kit.predict import Guess, highest


def working_set(facts: TraceFacts) -> Guess:
    """How much of its memory a program needs at any one time."""
    values = dict(facts.summary.rows())
    pages = values["pages touched (footprint)"]
    return Guess(
        f"Of the {pages:,} pages touched, how many does the median window need?",
        values["pages in the median window (working set)"],
        unit="pages",
    )


def reuse(facts: TraceFacts) -> Guess:
    """How many touches find a page that was used just before."""
    soon = facts.reuse["share"][0] if facts.reuse.height > 1 else 0.0
    return Guess(
        "How many of the touches find a page that was used in the quantum before?",
        round(100 * float(soon)),
        unit="%",
    )


def heat(facts: TraceFacts) -> Guess:
    """How much of the touches the hottest tenth gets."""
    bands = facts.heat.group_by("page").agg(pl.col("touches").sum()).sort("touches")
    touches = bands["touches"].to_numpy()
    top = max(round(len(touches) / 10), 1)
    return Guess(
        "What share of the touches does the hottest tenth of the places get?",
        round(100 * float(touches[-top:].sum() / touches.sum())),
        unit="%",
    )


def pressed(totals: pl.DataFrame) -> Guess:
    """Which kernel swaps most back in; totals: what, then a column per kernel."""
    rows = {row[0]: row[1:] for row in totals.iter_rows()}
    refaults = rows["pages swapped back in (refaults)"]
    return highest(
        "Which kernel swaps more pages back in?",
        dict(zip(totals.columns[1:], refaults, strict=True)),
    )
