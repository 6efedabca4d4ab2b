"""Charts of releases side by side: frames in, Altair charts out; each shows one thing."""

from typing import cast

import altair as alt
import polars as pl

from mglru_lab.lab.mechanisms.on_real_kernels import KERNEL, MODEL
from mglru_lab.show.kit.charts import DASHES, LINES

BAR, TICK = "#b9c3d1", "#e0691b"
WHO = {"host": "the host", "guest": "the guest"}


def _bars_and_ticks(base: alt.Chart) -> alt.LayerChart:
    bars = base.transform_filter(alt.datum.source == KERNEL).mark_bar(color=BAR)
    ticks = base.transform_filter(alt.datum.source == MODEL).mark_tick(
        color=TICK, thickness=3, size=16
    )
    return cast("alt.LayerChart", alt.layer(bars, ticks))


def who_pays(against: pl.DataFrame) -> alt.FacetChart:
    """Percent of refaults that being a guest adds; frame: kernel, source, who, percent."""
    named = against.with_columns(who=pl.col("who").replace(WHO))
    base = alt.Chart(named, width=270, height={"step": 26}).encode(
        y=alt.Y("kernel:N", sort=None, title="Linux"),
        x=alt.X("percent:Q", title="refaults against the control (%)"),
        tooltip=["kernel:N", "source:N", "who:N", "percent:Q"],
    )
    chart: alt.FacetChart = (
        _bars_and_ticks(base)
        .facet(column=alt.Column("who:N", sort=list(WHO.values()), title=None))
        .properties(
            title="Who pays because one of the two is a guest: kernel (bars), model (ticks)"
        )
    )
    return chart


def fault_mark(frame: pl.DataFrame) -> alt.FacetChart:
    """The same with the fault's mark and without; frame: kernel, faults_mark, host, guest."""
    said = pl.when("as_released").then(pl.lit("")).otherwise(pl.lit(", never released"))
    what = pl.format("{}: {}{}", "kernel", pl.col("faults_mark").replace({
        "yes": "every fault marks", "no": "only a guest's fault marks"}), said)  # fmt: skip
    long = (
        frame.with_columns(what=what)
        .unpivot(["host", "guest"], index=["what"], variable_name="who", value_name="percent")
        .with_columns(who=pl.col("who").replace(WHO))
    )
    base = alt.Chart(long, width=230, height={"step": 26}).encode(
        y=alt.Y("what:N", sort=None, title=None, axis=alt.Axis(labelLimit=320)),
        x=alt.X("percent:Q", title="refaults against the control (%)"),
        color=alt.Color("who:N", legend=None, scale=alt.Scale(range=LINES[:2])),
        tooltip=["what:N", "who:N", "percent:Q"],
    )
    chart: alt.FacetChart = (
        base.mark_bar()
        .facet(column=alt.Column("who:N", sort=list(WHO.values()), title=None))
        .properties(title="One rule exchanged, on the model: what a fault marks")
    )
    return chart


def _by_kernel(frame: pl.DataFrame) -> tuple[alt.Color, alt.StrokeDash]:
    """A colour and a dash per kernel, with one legend that is long enough to tell the dashes."""
    kernels = frame["kernel"].unique(maintain_order=True).to_list()
    colors, dashes = (
        alt.Scale(domain=kernels, range=values[: len(kernels)]) for values in (LINES, DASHES)
    )
    legend = alt.Legend(symbolSize=900, symbolType="stroke")
    return (
        alt.Color("kernel:N", title="Linux", scale=colors, legend=legend),
        alt.StrokeDash("kernel:N", title="Linux", scale=dashes),
    )


def memory_kept(kept: pl.DataFrame) -> alt.LayerChart:
    """Memory at each mark; frame: kernel, source, access, pages."""
    color, dash = _by_kernel(kept)
    base = alt.Chart(kept, width=560, height=240).encode(
        x=alt.X("access:Q", title="accesses", scale=alt.Scale(nice=False)),
        y=alt.Y("pages:Q", title="pages charged (memory.current)"),
        color=color,
        tooltip=["kernel:N", "source:N", "access:Q", "pages:Q"],
    )
    lines = base.transform_filter(alt.datum.source == KERNEL).mark_line(strokeWidth=2.5)
    lines = lines.encode(strokeDash=dash)
    points = base.transform_filter(alt.datum.source == MODEL).mark_point(size=40)
    title = "A guest alone in 4,096 pages: kernel (lines) and model (rings)"
    return cast("alt.LayerChart", alt.layer(lines, points).properties(title=title))


def families(frame: pl.DataFrame) -> alt.FacetChart:
    """Counters of one scenario on each release; frame: kernel, counter, value."""
    base = alt.Chart(frame, width=230, height={"step": 18}).encode(
        y=alt.Y("kernel:N", sort=None, title="Linux"),
        x=alt.X("value:Q", title="in the whole run"),
        tooltip=["kernel:N", "counter:N", "value:Q"],
    )
    counters = frame["counter"].unique(maintain_order=True).to_list()
    text = base.mark_text(align="left", dx=3).encode(text=alt.Text("value:Q", format=","))
    chart: alt.FacetChart = (
        alt.layer(base.mark_bar(color=LINES[1]), text)
        .facet(alt.Facet("counter:N", sort=counters, title=None), columns=2)
        .resolve_scale(x="independent")
        .properties(title="One scenario on every family of kernels (the model)")
    )
    return chart


def by_size(frame: pl.DataFrame) -> alt.FacetChart:
    """Swap-ins of a working set that moves; frame: by, share, kernel, swapins."""
    color, dash = _by_kernel(frame)
    base = (
        alt.Chart(frame, width=280, height=240)
        .mark_line(strokeWidth=2.5, point=True)
        .encode(
            x=alt.X("share:Q", title="working set / memory", scale=alt.Scale(zero=False)),
            y=alt.Y("swapins:Q", title="pages swapped in"),
            color=color,
            strokeDash=dash,
            tooltip=["by:N", "kernel:N", "size:Q", "swapins:Q"],
        )
    )
    users = frame["by"].unique(maintain_order=True).to_list()
    chart: alt.FacetChart = base.facet(
        column=alt.Column("by:N", sort=users, title=None)
    ).properties(title="A working set that moves (the model)")
    return chart
