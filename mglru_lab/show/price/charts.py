"""Charts of what looking costs: frames in, Altair charts out; each shows one thing."""

from typing import Any, cast

import altair as alt
import polars as pl

from mglru_lab.lab.price.prices import IN_WORDS
from mglru_lab.show.kit.charts import LINES, steps

LOCKLESS, CONTENDED = 110.0, 585.0
"""Published: a page in a lockless pass, and in one that locks beside 64 vCPUs, in nanoseconds."""

PAYS = {
    "never pays": "#e0691b",
    "undecided; at these prices it costs": "#f3cfae",
    "undecided; at these prices it saves": "#8fd1c5",
    "pays": "#2f6c99",
    "no difference": "#f0f0f0",
}
"""What holds of a place for all prices within their ranges."""
SERIES = {
    "published": "#222222",
    "model, row left out": "#e0691b",
    "straight line, left out": "#7f8c8d",
    "power law, left out": "#b59f3b",
}


def _pays(frame: pl.DataFrame) -> pl.Series:
    never, costs, saves, pays, same = PAYS
    gains = pl.col("saved_ms") > 0
    named = (
        pl.when(pl.col("kind") == "equal")
        .then(pl.lit(same))
        .when(pl.col("kind") == "undecided")
        .then(pl.when(gains).then(pl.lit(saves)).otherwise(pl.lit(costs)))
        .otherwise(pl.when(gains).then(pl.lit(pays)).otherwise(pl.lit(never)))
    )
    return frame.select(named.alias("pays")).to_series()


def threshold_map(frame: pl.DataFrame, title: str) -> alt.LayerChart:
    """Break-even prices, coloured by what is decided; frame: `ThresholdMap.frame`."""
    label = (
        pl.when(pl.col("break_even").is_not_null())
        .then(pl.col("break_even").round(0).cast(pl.Int64).cast(pl.String))
        .otherwise(pl.col("verdict"))
    )
    pays = _pays(frame)
    shown = frame.with_columns(
        pays,
        label=label,
        dark=pays == list(PAYS)[3],
        memory=(100 * pl.col("memory")).round(0),
        guest=(100 * pl.col("guest")).round(0),
    )
    base = alt.Chart(shown, height={"step": 34}, width={"step": 84}).encode(
        x=alt.X("guest:O", title="the guest's share of the accesses (%)", axis={"labelAngle": 0}),
        y=alt.Y("memory:O", sort="descending", title="memory, share of all pages (%)"),
        tooltip=["memory:O", "guest:O", "verdict:N", "low:Q", "high:Q", "saved_ms:Q", "calls:Q"],
    )
    boxes = base.mark_rect(stroke="white").encode(
        color=alt.Color(
            "pays:N",
            title="asking",
            sort=list(PAYS),
            scale=alt.Scale(domain=list(PAYS), range=list(PAYS.values())),
            legend=alt.Legend(labelLimit=320),
        )
    )
    text = base.mark_text().encode(
        text="label:N", color=alt.condition("datum.dark", alt.value("white"), alt.value("#222"))
    )
    return cast("alt.LayerChart", alt.layer(boxes, text).properties(title=title))


def part_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """What the chart of parts draws of `Threshold.parts`."""
    return frame.with_columns(saves=pl.col("saved_ms") > 0, order=pl.int_range(pl.len()))


def with_rows(spec: dict[str, Any], rows: pl.DataFrame) -> dict[str, Any]:
    """A chart's specification with its one table replaced: quicker than a new chart."""
    (name,) = spec["datasets"]
    return {**spec, "datasets": {name: rows.to_dicts()}}


def parts(frame: pl.DataFrame, title: str) -> alt.LayerChart:
    """What asking saves and spends, with ranges, the largest on top; frame: `Threshold.parts`."""
    base = alt.Chart(part_rows(frame), width=460, height={"step": 22}).encode(
        y=alt.Y("part:N", sort=alt.SortField("order"), title=None, axis=alt.Axis(labelLimit=260))
    )
    bars = base.mark_bar().encode(
        x=alt.X("saved_ms:Q", title="saved by asking (ms; left of 0: spent)"),
        color=alt.condition("datum.saves", alt.value("#2f6c99"), alt.value("#e0691b")),
        tooltip=["part:N", "fewer:Q", "saved_ms:Q", "low_ms:Q", "high_ms:Q"],
    )
    ranges = base.mark_rule(strokeWidth=1.5, color="#222").encode(x="low_ms:Q", x2="high_ms:Q")
    return cast("alt.LayerChart", alt.layer(bars, ranges).properties(title=title))


def lever_rows(frame: pl.DataFrame, saved_ms: float) -> pl.DataFrame:
    """What the tornado draws of `Threshold.levers`; `saved_ms`: at the prices as they are."""
    moving = frame.filter(pl.col("at_low") != pl.col("at_high")).head(8)
    turn = pl.when("decides").then(
        pl.format("turns at {} ns", pl.col("turns_at").round(0).cast(pl.Int64))
    )
    return moving.with_columns(
        price=pl.col("price").replace(IN_WORDS),
        says=turn.otherwise(pl.lit("")),
        end=pl.max_horizontal("at_low", "at_high"),
        saved=pl.lit(saved_ms),
        order=pl.int_range(pl.len()),
    )


def tornado(frame: pl.DataFrame, title: str) -> alt.LayerChart:
    """How far each price moves the sum within its range, the widest on top; `lever_rows`."""
    base = alt.Chart(frame, width=460, height={"step": 24}).encode(
        y=alt.Y("price:N", sort=alt.SortField("order"), title=None, axis=alt.Axis(labelLimit=260))
    )
    tips = ["price:N", "ns:Q", "low:Q", "high:Q", "at_low:Q", "at_high:Q", "turns_at:Q"]
    bars = base.mark_bar(height=14, color="#8fa9bd").encode(
        x=alt.X(
            "at_low:Q",
            title="saved by asking in all (ms; left of 0: it costs)",
            scale=alt.Scale(padding=110, nice=False),  # room for what is written
        ),
        x2="at_high:Q",
        tooltip=tips,
    )
    now = base.mark_tick(color="#222", thickness=2, height=18).encode(x="saved:Q")
    says = base.mark_text(align="left", dx=5, color="#b3261e").encode(x="end:Q", text="says:N")
    zero = alt.Chart(pl.DataFrame({"x": [0]})).mark_rule(color="#b3261e", strokeWidth=2)
    return cast(
        "alt.LayerChart",
        alt.layer(bars, now, zero.encode(x="x:Q"), says).properties(title=title),
    )


def left_out(frame: pl.DataFrame) -> alt.FacetChart:
    """Published times and what was said of them unseen; frame: `calibration.leave_one_out`."""
    names = dict(zip(("published", "model", "line", "power"), SERIES, strict=True))
    long = frame.unpivot(
        list(names), index=["vcpus", "aging", "what"], variable_name="source", value_name="seconds"
    ).filter(pl.col("seconds") > 0)
    shown = long.with_columns(
        pl.col("source").replace(names),
        panel=pl.when(pl.col("what") == "wall")
        .then(pl.lit("populating, ") + pl.col("aging").replace("none", "no aging"))
        .otherwise(pl.lit("aging pass, ") + pl.col("aging")),
    )
    color = alt.Color(
        "source:N",
        sort=list(SERIES),
        title=None,
        scale=alt.Scale(domain=list(SERIES), range=list(SERIES.values())),
        legend=alt.Legend(orient="top", labelLimit=300),
    )
    base = alt.Chart(shown, width=230, height=170).encode(
        x=alt.X(
            "vcpus:Q", title="vCPUs", scale=alt.Scale(type="log", base=2), axis={"tickCount": 7}
        ),
        y=alt.Y("seconds:Q", title="seconds", scale=alt.Scale(type="log")),
        color=color,
        tooltip=["source:N", "vcpus:Q", "seconds:Q"],
    )
    published = alt.datum.source == "published"
    drawn = alt.layer(
        base.transform_filter(~published).mark_line(strokeWidth=1.5),
        base.transform_filter(published).mark_point(filled=True, size=45, opacity=1),
    )
    chart: alt.FacetChart = (
        drawn.facet(alt.Facet("panel:N", title=None), columns=3)
        .resolve_scale(y="independent")
        .resolve_axis(x="independent")  # else a place without a chart gets an axis, too
        .properties(title="access_tracking_perf_test: published, and said without having seen it")
    )
    return chart


def freed(frame: pl.DataFrame) -> alt.LayerChart:
    """Memory freed against refaults caused, a curve a kernel; frame: `freed_and_refaulted`."""
    names = frame["kernel"].unique(maintain_order=True).to_list()
    base = alt.Chart(frame, width=460, height=260).encode(
        x=alt.X("refaults:Q", title="pages refaulted in the whole run"),
        y=alt.Y("freed:Q", title="pages freed, mean over the passes"),
        color=alt.Color("kernel:N", sort=names, scale=alt.Scale(domain=names, range=LINES)),
        tooltip=["kernel:N", "every:Q", "freed:Q", "refaults:Q"],
    )
    labels = base.mark_text(dy=-9, fontSize=10).encode(text="every:Q")
    drawn = alt.layer(base.mark_line(point=True).encode(order="every:Q"), labels)
    title = "Proactive reclaim; beside each point the accesses between two passes"
    return cast("alt.LayerChart", drawn.properties(title=title))


def working_set(frame: pl.DataFrame) -> alt.Chart:
    """The estimate of each kernel beside the truth, pass by pass; frame: `working_set`."""
    true = frame.select(option=pl.lit("truly used"), step="pass", value="true").unique()
    seen = frame.select(option="kernel", step="pass", value="estimate")
    title = "The two youngest generations after each pass, and what was truly used since the last"
    return steps(pl.concat([true.sort("step"), seen]), "pages", "pass", title)
