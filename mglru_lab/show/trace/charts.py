"""Charts of what a trace holds."""

import altair as alt
import polars as pl

from mglru_lab.scenario.traces.facts import TraceFacts
from mglru_lab.show.kit.charts import KERNELS, WIDTH


def working_set(facts: TraceFacts) -> alt.Chart:
    """Pages used in each window, and pages seen so far."""
    long = facts.working_set.unpivot(index="quantum", variable_name="which", value_name="pages")
    names = {
        "working set": f"used in a window of {facts.window} quanta",
        "footprint": "touched so far",
    }
    named = long.with_columns(pl.col("which").replace_strict(names))
    order = list(names.values())
    color = alt.Color("which:N", title="pages", sort=order, scale=alt.Scale(range=KERNELS[:2]))
    chart: alt.Chart = (
        alt.Chart(named, width=WIDTH, height=220)
        .mark_line(strokeWidth=2, interpolate="step-after")
        .encode(
            x=alt.X("quantum:Q", title="time (quanta)", scale=alt.Scale(nice=False)),
            y=alt.Y("pages:Q", title="pages of 4 KiB"),
            color=color.legend(labelLimit=240),
            tooltip=["quantum:Q", "which:N", "pages:Q"],
        )
        .properties(title="How much memory it uses: working set and footprint")
    )
    return chart


def reuse(facts: TraceFacts) -> alt.Chart:
    """How soon a page is used again, as shares of all touches."""
    order = facts.reuse["quanta"].to_list()
    chart: alt.Chart = (
        alt.Chart(facts.reuse, width=WIDTH, height=180)
        .mark_bar(color=KERNELS[1])
        .encode(
            x=alt.X("quanta:N", sort=order, title="quanta since the page's last touch"),
            y=alt.Y("share:Q", title="share of touches", axis=alt.Axis(format="%")),
            tooltip=["quanta:N", alt.Tooltip("share:Q", format=".2%")],
        )
        .configure_axisX(labelAngle=-35)
        .properties(title="How soon a page is used again")
    )
    return chart


def heat(facts: TraceFacts) -> alt.Chart:
    """Where and when touches fall; the scale keeps rare ones visible."""
    heat = facts.heat
    step = heat["page"].filter(heat["page"] > 0).min() or 1
    drawn = heat.with_columns(
        until=pl.col("quantum") + facts.window,
        upto=pl.col("page") + step,
    )
    scale = alt.Scale(scheme="cividis", type="sqrt", domain=[0, 1])
    color = alt.Color("touches:Q", title=["share of the pages", "touched in a quantum"])
    chart: alt.Chart = (
        alt.Chart(drawn, width=WIDTH, height=260)
        .mark_rect()
        .encode(
            x=alt.X("quantum:Q", title="time (quanta)", scale=alt.Scale(nice=False)),
            x2="until:Q",
            y=alt.Y("page:Q", title="page number", scale=alt.Scale(nice=False)),
            y2="upto:Q",
            color=color.scale(scale).legend(format="%"),
            tooltip=["quantum:Q", "page:Q", alt.Tooltip("touches:Q", format=".1%")],
        )
        .properties(title="Where and when: yellow is hot, dark is cold, white untouched")
    )
    return chart
