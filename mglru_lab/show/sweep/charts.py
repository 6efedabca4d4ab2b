"""Charts of a sweep: what came out, over one, two or three of the parameters that were swept."""

from collections.abc import Sequence
from typing import Any, cast

import altair as alt
import polars as pl

from mglru_lab.choose import choose
from mglru_lab.show.kit.charts import DASHES, LINES

TITLES = {
    "pgmajfault": "refaults (pages swapped back in)",
    "pgscan": "pages that reclaim scanned",
    "ptes_walked": "PTEs that aging walked",
    "ms": "cost of everything counted (ms)",
    "memory": "memory, as a share of the pages",
    "length": "accesses",
    "pages": "pages of memory",
}
"""Titles of axes; a name that is not here is its own title."""


def _scale(values: list[Any], given: Sequence[Any]) -> alt.Scale:
    """One of `given` for each value; in this form colour and dash share one legend."""
    return alt.Scale(domain=values, range=[given[i % len(given)] for i in range(len(values))])


def spread(frame: pl.DataFrame | pl.LazyFrame, what: str, *over: str) -> pl.DataFrame:
    """`what` by the parameters `over`: mean, least, most, runs; one row per combination.

    Whatever else was swept is averaged over; cells that failed are left out. Raises ValueError
    naming the columns that there are.
    """
    table = frame.lazy()
    for name in (what, *over):
        choose("column", name, table.collect_schema().names())
    values = pl.col(what).cast(pl.Float64)
    return (
        table.filter(pl.col(what).is_not_null())
        .group_by(over)
        .agg(
            mean=values.mean(),
            least=values.min(),
            most=values.max(),
            runs=pl.len(),
        )
        .sort(over)
        .collect()
    )


def swept(
    frame: pl.DataFrame | pl.LazyFrame,
    what: str,
    over: str,
    by: str | None = None,
    per: str | None = None,
    *,
    title: str = "",
) -> alt.LayerChart | alt.FacetChart:
    """The mean of `what` over one parameter, which may be numbers (lines) or names (points).

    One colour for each value of a second one (`by`), one panel for each of a third (`per`); the
    range from the lowest to the highest run is shaded.
    """
    names = [name for name in (over, by, per) if name is not None]
    table = spread(frame, what, *names)
    is_number = table.schema[over].is_numeric()
    x: dict[str, Any] = {"title": TITLES.get(over, over)}
    if is_number:
        where = alt.X(f"{over}:Q", scale=alt.Scale(zero=False), **x)
    else:
        where = alt.X(f"{over}:N", sort=None, axis=alt.Axis(labelAngle=0), **x)
    width = 640 if per is None else 290
    base = alt.Chart(table, width=width, height=300 if per is None else 170).encode(where)
    dash: dict[str, Any] = {}
    if by is not None:
        values, named = table[by].unique().sort().to_list(), TITLES.get(by, by)
        colour = alt.Color(f"{by}:N", title=named, scale=_scale(values, LINES))
        if is_number:
            colour = colour.legend(symbolOpacity=1, symbolType="stroke", symbolStrokeWidth=3)
        base = base.encode(color=colour)
        if is_number:
            scale = _scale(values, DASHES)
            dash = {"strokeDash": alt.StrokeDash(f"{by}:N", title=named, scale=scale)}
        else:
            base = base.encode(xOffset=f"{by}:N")
    y = alt.Y("mean:Q", title=TITLES.get(what, what))
    tips = [*(f"{name}:{'Q' if name == over and is_number else 'N'}" for name in names)]
    tips += ["mean:Q", "least:Q", "most:Q", "runs:Q"]
    ends = {"y": alt.Y("least:Q", title=TITLES.get(what, what)), "y2": "most:Q"}
    if is_number:
        band = base.mark_area(opacity=0.07).encode(**ends)
        marks = base.mark_line(strokeWidth=2.5).encode(y=y, tooltip=tips, **dash)
    else:
        band = base.mark_rule(strokeWidth=2, opacity=0.5).encode(**ends)
        marks = base.mark_point(filled=True, size=70).encode(y=y, tooltip=tips)
    runs: list[int] = table["runs"].to_list()
    many = f"{min(runs)}" if min(runs) == max(runs) else f"{min(runs)} to {max(runs)}"
    each = f"Each point is the mean of {many} runs; shaded: from the lowest run to the highest."
    text: Any = {"text": title or f"{TITLES.get(what, what)}, {sum(runs):,} runs", "subtitle": each}
    drawn: Any = alt.layer(band, marks)
    if per is not None:
        field = alt.Facet(f"{per}:N", title=TITLES.get(per, per), sort=None)
        drawn = drawn.facet(field, columns=2)
        # A place without a panel would get an axis, too.
        drawn = drawn.resolve_scale(y="independent").resolve_axis(x="independent")
    return cast("alt.LayerChart | alt.FacetChart", drawn.properties(title=text))
