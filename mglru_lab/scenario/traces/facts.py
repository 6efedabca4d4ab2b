"""What a trace holds: its footprint, its working set over time, how soon pages are used again."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

WINDOWS = 100
"""Spans of equal length into which a trace's time is cut; fewer where it has fewer quanta."""
BANDS = 40
"""Bands of equally many pages into which its pages are cut, by number."""
PAGES_PER_MIB = 256


@dataclass(frozen=True, eq=False)
class TraceFacts:
    """Of a table of quanta: `t`, `page`, `n`, `w`."""

    table: pl.DataFrame

    @cached_property
    def quanta(self) -> int:
        """From the first one to the last one, empty ones included."""
        return int(self.table["t"][-1]) - int(self.table["t"][0]) + 1

    @cached_property
    def window(self) -> int:
        """Quanta in a window."""
        return -(-self.quanta // WINDOWS)

    @cached_property
    def _cut(self) -> pl.DataFrame:
        start = int(self.table["t"][0])
        return self.table.with_columns(window=(pl.col("t") - start) // self.window)

    @cached_property
    def summary(self) -> pl.DataFrame:
        """What, value: sizes and counts as numbers."""
        pages = self.table["page"].n_unique()
        written = self.table.filter("w")["page"].n_unique()
        sets = self.working_set["working set"]
        rows = {
            "pages touched (footprint)": pages,
            "the same in MiB (4 KiB pages)": round(pages / PAGES_PER_MIB),
            "pages written at least once": written,
            "accesses": int(self.table["n"].sum()),
            "quanta": self.quanta,
            "touches: a page in a quantum": self.table.height,
            "quanta in a window of the charts": self.window,
            "pages in the median window (working set)": int(np.median(sets.to_numpy())),
            "pages in the largest window": int(sets.to_numpy().max()),
        }
        return pl.DataFrame({"what": list(rows), "value": list(rows.values())})

    @cached_property
    def working_set(self) -> pl.DataFrame:
        """A row a window: `quantum` (its first), `working set`, `footprint` so far, in pages."""
        every = pl.DataFrame({"window": np.arange(-(-self.quanta // self.window), dtype=np.uint32)})
        first = self._cut.group_by("page").agg(pl.col("window").min())
        new = first.group_by("window").agg(new=pl.len())
        sets = self._cut.group_by("window").agg(pl.col("page").n_unique().alias("working set"))
        joined = every.join(sets, "window", how="left").join(new, "window", how="left")
        return joined.sort("window").select(
            (pl.col("window") * self.window).alias("quantum"),
            pl.col("working set").fill_null(0),
            pl.col("new").fill_null(0).cum_sum().alias("footprint"),
        )

    @cached_property
    def reuse(self) -> pl.DataFrame:
        """How many quanta lie between two touches of a page: `quanta` ("4 to 7"), `share`.

        The shares are of all touches; those of a page's first touch are the row "first touch".
        """
        gap = self.table.select(gap=pl.col("t") - pl.col("t").shift(1).over("page"))["gap"]
        known = gap.drop_nulls().to_numpy().astype(np.int64)
        power = np.bincount(np.frexp(known)[1] - 1) if known.size else np.zeros(0, np.int64)
        names = ["1" if p == 0 else f"{1 << p} to {(2 << p) - 1}" for p in range(power.size)]
        counts = [*power.tolist(), gap.null_count()]
        return pl.DataFrame(
            {
                "quanta": [*names, "first touch"],
                "share": [count / self.table.height for count in counts],
            }
        )

    @cached_property
    def heat(self) -> pl.DataFrame:
        """Touches by time and place: `quantum`, `page` (first of a band), `touches`, none left out.

        `touches` is a share: of the band's pages times the window's quanta.
        """
        pages = int(self.table["page"].max()) + 1  # type: ignore[arg-type]
        band = -(-pages // BANDS)
        cut = self._cut.with_columns(band=pl.col("page") // band)
        counted = cut.group_by("window", "band").agg(count=pl.len()).sort("window", "band")
        return counted.select(
            (pl.col("window") * self.window).alias("quantum"),
            (pl.col("band") * band).alias("page"),
            touches=pl.col("count") / (band * self.window),
        )
