"""Charts of a real host's generations."""

import altair as alt
import polars as pl

from mglru_lab.kernel.lruvec import MAX_NR_GENS
from mglru_lab.show.kit.charts import GENERATIONS, NAMES, WIDTH


def every_generation(frame: pl.DataFrame) -> pl.DataFrame:
    """Add rows of 0 pages for generations that a moment does not have: bands need all of them."""
    every = pl.DataFrame({"distance": range(MAX_NR_GENS)}, {"distance": frame.schema["distance"]})
    moments = frame.select("seconds").unique(maintain_order=True).join(every, how="cross")
    joined = moments.join(frame, on=["seconds", "distance"], how="left", maintain_order="left")
    return joined.with_columns(pl.col("anon", "file").fill_null(0))


def generations(frame: pl.DataFrame, path: str) -> alt.FacetChart:
    """Pages by generation over time, or as bars if there is one moment; one row per type.

    `frame`: seconds, distance, anon, file, as `over_time` makes it. A snapshot is drawn until
    the next one; the last one is as wide as the one before it.
    """
    frame = every_generation(frame)
    *_, before, last = [0.0, *frame["seconds"].unique().sort()]
    ends = frame.filter(pl.col("seconds") == last).with_columns(seconds=pl.lit(2 * last - before))
    moments = frame["seconds"].n_unique()
    frame = pl.concat([frame, ends]) if moments > 1 else frame
    long = frame.unpivot(["anon", "file"], index=["seconds", "distance"], value_name="pages")
    long = long.filter((pl.col("pages") > 0).any().over("variable"))
    named = long.with_columns(
        pl.col("distance").cast(pl.Int64).replace_strict(dict(enumerate(NAMES))).alias("generation")
    )
    scale = alt.Scale(domain=NAMES, range=GENERATIONS)
    color = alt.Color("generation:N", sort=NAMES, scale=scale)
    row = alt.Row("variable:N", title=None)
    title = f"Which generation the pages of {path} are in"
    tooltip = ["seconds:Q", "generation:N", "pages:Q"]
    if moments == 1:
        bars = alt.Chart(named, width=WIDTH, height=110).mark_bar()
        x = alt.X("pages:Q", title="pages of 4 KiB")
        y = alt.Y("generation:N", sort=NAMES, title=None)
        drawn = bars.encode(x=x, y=y, color=color.legend(None), tooltip=tooltip)
    else:
        drawn = (
            alt.Chart(named, width=WIDTH, height=170)
            .mark_area(interpolate="step-after")
            .encode(
                x=alt.X("seconds:Q", title="time (s)", scale=alt.Scale(nice=False)),
                y=alt.Y("pages:Q", title="pages of 4 KiB", stack="zero"),
                color=color,
                order=alt.Order("distance:Q", sort="descending"),
                tooltip=tooltip,
            )
        )
    chart: alt.FacetChart = drawn.facet(row=row).properties(title=title)
    return chart
