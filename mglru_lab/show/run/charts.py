"""Charts: frames in, Altair charts out. Each shows one thing, with units on its axes."""

import altair as alt
import polars as pl

from mglru_lab.show.kit.charts import GENERATIONS, KERNELS, NAMES, WIDTH

KNOWN = ["#00204d", "#e0691b", "#c9ccd1"]


def _bands(
    frame: pl.DataFrame, time_axis: str, color: alt.Color, order: alt.Order, title: str
) -> alt.FacetChart:
    """Stacked areas of pages in memory over time, per kernel; frame: kernel, time, pages."""
    chart: alt.FacetChart = (
        alt.Chart(frame, width=WIDTH, height=170)
        .mark_area(interpolate="step-after")  # an aging is one moment, no ramp
        .encode(
            x=alt.X("time:Q", title=time_axis, scale=alt.Scale(nice=False)),
            y=alt.Y("pages:Q", title="pages in memory", stack="zero"),
            color=color,
            order=order,
            tooltip=["kernel:N", "time:Q", str(color.shorthand), "pages:Q"],
        )
        .facet(row=alt.Row("kernel:N", title="kernel", sort=None))
        .properties(title=title)
    )
    return chart


def generations(frame: pl.DataFrame, time_axis: str) -> alt.FacetChart:
    """Pages by generation over time, one row per kernel; frame: kernel, time, distance, pages."""
    named = frame.with_columns(generation=pl.col("distance").replace_strict(dict(enumerate(NAMES))))
    scale = alt.Scale(domain=NAMES, range=GENERATIONS)
    color = alt.Color("generation:N", sort=NAMES, title="generation", scale=scale)
    order = alt.Order("distance:Q", sort="descending")
    return _bands(named, time_axis, color, order, "Which generation the guest's pages are in")


def accessed(frame: pl.DataFrame, time_axis: str, known: tuple[str, ...]) -> alt.FacetChart:
    """Who knows of accesses since the bits were last cleared; frame: kernel, time, known, pages."""
    ranked = frame.with_columns(
        rank=pl.col("known").replace_strict({k: i for i, k in enumerate(known)})
    )
    scale = alt.Scale(domain=list(known), range=KNOWN)
    color = alt.Color("known:N", title=["accessed since its bit", "was last cleared"], scale=scale)
    title = "Which MMU's accessed bit knows that a page was used"
    return _bands(ranked, time_axis, color, alt.Order("rank:Q"), title)


def costs(frame: pl.DataFrame) -> alt.FacetChart:
    """Counts of what costs time, one row of bars per event; frame: kernel, event, count."""
    bars = alt.Chart(frame, width=WIDTH - 200, height=44).encode(
        y=alt.Y("kernel:N", title=None, sort=None),
        x=alt.X("count:Q", title="events in the whole run"),
    )
    drawn = bars.mark_bar().encode(
        color=alt.Color("kernel:N", legend=None, sort=None, scale=alt.Scale(range=KERNELS)),
        tooltip=["kernel:N", "event:N", "count:Q"],
    )
    numbers = bars.mark_text(align="left", dx=4).encode(text=alt.Text("count:Q", format=","))
    events = frame["event"].unique(maintain_order=True).to_list()
    header = alt.Header(labelAngle=0, labelAlign="left", labelLimit=260)
    chart: alt.FacetChart = (
        alt.layer(drawn, numbers)
        .facet(row=alt.Row("event:N", title=None, sort=events, header=header), spacing=8)
        .properties(title="Who pays: how often each expensive thing was done")
    )
    return chart


def refaults(frame: pl.DataFrame, time_axis: str) -> alt.Chart:
    """Pages swapped back in, cumulative, one line per kernel; frame: kernel, time, pgmajfault."""
    chart: alt.Chart = (
        alt.Chart(frame.select("kernel", "time", "pgmajfault"), width=WIDTH, height=220)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("time:Q", title=time_axis, scale=alt.Scale(nice=False)),
            y=alt.Y("pgmajfault:Q", title="refaults since the start (pages)"),
            color=alt.Color("kernel:N", sort=None, scale=alt.Scale(range=KERNELS)),
            strokeDash=alt.StrokeDash("kernel:N", sort=None),
            tooltip=["kernel:N", "time:Q", "pgmajfault:Q"],
        )
        .properties(title="Pages that had to be swapped back in")
    )
    return chart
