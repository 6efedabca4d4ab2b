"""Charts of the model next to recorded kernels: frames of lab/truth/against.py in."""

import re
from typing import cast

import altair as alt
import polars as pl

from mglru_lab.lab.truth.against import KERNEL, MODEL, PLACES
from mglru_lab.show.kit.charts import GENERATIONS, KERNELS, WIDTH

PLACE_COLORS = [*GENERATIONS, "#c9ccd1", "#f4f4f4", "#e0691b"]
SOURCES = [KERNEL, MODEL]


def _place_color() -> alt.Color:
    names = list(PLACES.values())
    scale = alt.Scale(domain=names, range=PLACE_COLORS)
    return alt.Color("place:N", sort=names, scale=scale, title="where the page is")


def page_maps(frame: pl.DataFrame, title: str) -> alt.FacetChart:
    """Each dump's pages in page table order, the kernel's above the model's."""
    chart: alt.FacetChart = (
        alt.Chart(frame, width=WIDTH, height={"step": 20})
        .mark_bar(cornerRadius=0)
        .encode(
            x=alt.X("first:Q", title="page", scale=alt.Scale(nice=False)),
            x2="end:Q",
            y=alt.Y("source:N", sort=SOURCES, title=None),
            color=_place_color(),
            tooltip=["dump:N", "source:N", "first:Q", "end:Q", "place:N"],
        )
        .facet(row=alt.Row("dump:N", sort=None, title=None, header=alt.Header(
            labelAngle=0, labelAlign="left", labelOrient="top", labelAnchor="start")))
        .properties(title=title)
    )  # fmt: skip
    return chart


def misses(frame: pl.DataFrame, title: str) -> alt.LayerChart:
    """Misses per window of accesses: the kernel's as an area, the model's as a line on its edge."""
    base = alt.Chart(frame, width=WIDTH, height=220).encode(
        x=alt.X("access:Q", title="accesses", scale=alt.Scale(nice=False)),
        y=alt.Y("misses:Q", title="misses in a window"),
        color=alt.Color("source:N", sort=SOURCES, title=None,
                        scale=alt.Scale(domain=SOURCES, range=["#c9ccd1", KERNELS[1]])),
        tooltip=["source:N", "access:Q", "misses:Q"],
    )  # fmt: skip
    kernel = base.transform_filter(alt.datum.source == KERNEL).mark_area()
    model = base.transform_filter(alt.datum.source == MODEL).mark_line(strokeDash=[4, 2])
    return cast("alt.LayerChart", alt.layer(kernel, model).properties(title=title))


def repeats(frame: pl.DataFrame, title: str) -> alt.LayerChart:
    """One line per recorded run: a ring for the kernel's misses, dots for the model's."""
    models = [one for one in frame["source"].unique(maintain_order=True) if one != KERNEL]
    base = alt.Chart(frame, width=WIDTH - 60, height={"step": 24}).encode(
        x=alt.X("misses:Q", title="pages swapped in", scale=alt.Scale(zero=False, nice=True)),
        y=alt.Y("run:N", sort=None, title=None, axis=alt.Axis(grid=True, labelLimit=240)),
        tooltip=["run:N", "source:N", "misses:Q", "found:N"],
    )
    ring = alt.Stroke("source:N", title=None, scale=alt.Scale(domain=[KERNEL], range=["#333333"]))
    disc = alt.Fill("source:N", title=None, scale=alt.Scale(domain=models, range=KERNELS[:2]))
    kernel = base.transform_filter(alt.datum.source == KERNEL).mark_point(size=190)
    model = base.transform_filter(alt.datum.source != KERNEL).mark_point(size=50, strokeOpacity=0)
    kernel, model = kernel.encode(stroke=ring), model.encode(fill=disc)
    return cast("alt.LayerChart", alt.layer(kernel, model).properties(title=title))


def by_step(frame: pl.DataFrame, title: str) -> alt.FacetChart:
    """Where pages are at each dump, one column per kernel."""
    frame = frame.with_columns(pl.col("dump").map_elements(_in_words, pl.String))
    dumps = frame["dump"].unique(maintain_order=True).to_list()
    names = list(PLACES.values())
    ranked = frame.with_columns(
        rank=pl.col("place").replace_strict({name: at for at, name in enumerate(names)})
    )
    chart: alt.FacetChart = (
        alt.Chart(ranked, width=280, height={"step": 26})
        .mark_bar()
        .encode(
            y=alt.Y("dump:N", sort=dumps, title=None, axis=alt.Axis(labelLimit=330)),
            x=alt.X("pages:Q", title="pages of the guest", scale=alt.Scale(nice=False)),
            color=_place_color(),
            order="rank:Q",
            tooltip=["kernel:N", "dump:N", "place:N", "pages:Q"],
        )
        .facet(column=alt.Column("kernel:N", title="kernel"))
        .properties(title=title)
    )
    return chart


def _in_words(label: str) -> str:
    """A dump's label as a recorded scenario has it (s3_three_ages), less its number."""
    return re.sub(r"^s\d+_", "", label).replace("_", " ")


def scanning(frame: pl.DataFrame, title: str) -> alt.FacetChart:
    """Pages scanned, by who touches the memory, one column per kernel."""
    chart: alt.FacetChart = (
        alt.Chart(frame, width=260, height={"step": 16})
        .mark_bar()
        .encode(
            x=alt.X("scanned:Q", title="pages scanned by eviction"),
            y=alt.Y("trace:N", title=None),
            yOffset=alt.YOffset("by:N", sort=["userspace", "a guest"]),
            color=alt.Color("by:N", title="memory touched by", sort=["userspace", "a guest"],
                            scale=alt.Scale(domain=["userspace", "a guest"], range=KERNELS[1::-1])),
            tooltip=["kernel:N", "trace:N", "by:N", "scanned:Q", "misses:Q"],
        )
        .facet(column=alt.Column("kernel:N", title="kernel"))
        .properties(title=title)
    )  # fmt: skip
    return chart


def counters(frame: pl.DataFrame, title: str) -> alt.LayerChart:
    """Counters over the run: the model as lines, the kernel's marks as points on them."""
    base = alt.Chart(frame, width=WIDTH, height=220).encode(
        x=alt.X("accesses:Q", title="accesses", scale=alt.Scale(nice=False)),
        y=alt.Y("count:Q", title="events since the start"),
        color=alt.Color("counter:N", title=None, scale=alt.Scale(range=KERNELS)),
        tooltip=["source:N", "counter:N", "accesses:Q", "count:Q"],
    )
    lines = base.transform_filter(alt.datum.source == MODEL).mark_line()
    points = base.transform_filter(alt.datum.source == KERNEL).mark_point(size=50)
    return cast("alt.LayerChart", alt.layer(lines, points).properties(title=title))
