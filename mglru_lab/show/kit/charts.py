"""What charts of several subjects share: colours, dashes, sizes, a counter over time."""

from typing import Any

import altair as alt
import polars as pl

WIDTH = 640
# Cividis, dark to light: generations differ for every kind of colour vision, and in print.
GENERATIONS = ["#00204d", "#5d6d91", "#a59c74", "#ffe945"]
NAMES = ["youngest", "1 behind", "2 behind", "3 behind (oldest possible)"]
KERNELS = ["#e0691b", "#00204d", "#7f8c8d", "#b59f3b"]
LINES = [*KERNELS, "#1b9e9e", "#7a4fa3", "#5c8a2f", "#333333"]
DASHES = [[1, 0], [8, 3], [2, 2], [6, 2, 2, 2], [1, 4], [10, 4, 2, 4], [4, 4], [12, 2]]


def _scale(domain: list[str], values: list[Any]) -> alt.Scale:
    """One value each; colour and dash share a legend if both scales are of this form."""
    repeated = [values[i % len(values)] for i in range(len(domain))]
    return alt.Scale(domain=domain, range=repeated)


def steps(frame: pl.DataFrame, y: str, x: str, title: str) -> alt.Chart:
    """A cumulative counter over a run, one line per option; frame: option, step, value."""
    options = frame["option"].unique(maintain_order=True).to_list()
    chart: alt.Chart = (
        alt.Chart(frame, width=560, height=260)
        .mark_line(interpolate="step-after", strokeWidth=2.5)
        .encode(
            x=alt.X("step:Q", title=x, scale=alt.Scale(nice=False)),
            y=alt.Y("value:Q", title=y),
            color=alt.Color(
                "option:N",
                title="kernel",
                scale=_scale(options, LINES),
                legend=alt.Legend(symbolSize=900),  # long enough to tell the dashes
            ),
            strokeDash=alt.StrokeDash("option:N", title="kernel", scale=_scale(options, DASHES)),
            tooltip=["option:N", "step:Q", "value:Q"],
        )
        .properties(title=title)
    )
    return chart
