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
    """Of a table of quanta: `t`, `page`, `n`, `w`; with `pages`, a row is a region of so many."""

    table: pl.DataFrame

    @cached_property
    def _pages(self) -> pl.Expr:
        """How many pages a row is."""
        return pl.col("pages") if "pages" in self.table.columns else pl.lit(1, pl.UInt32)

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

    def _sum(self, rows: pl.DataFrame, of: pl.Expr | int = 1) -> int:
        """The sum of `of` over every page of some rows."""
        weighted = rows.with_columns(pages=self._pages).select(
            (pl.col("pages").cast(pl.UInt64) * of).sum()
        )
        return int(weighted.item())

    @cached_property
    def summary(self) -> pl.DataFrame:
        """What, value: sizes and counts as numbers."""
        pages = self._sum(self.table.unique("page"))
        written = self._sum(self.table.filter("w").unique("page"))
        sets = self.working_set["working set"]
        rows = {
            "pages touched (footprint)": pages,
            "the same in MiB (4 KiB pages)": round(pages / PAGES_PER_MIB),
            "pages written at least once": written,
            "accesses": self._sum(self.table, pl.col("n")),
            "quanta": self.quanta,
            "touches: a page in a quantum": self._sum(self.table),
            "quanta in a window of the charts": self.window,
            "pages in the median window (working set)": int(np.median(sets.to_numpy())),
            "pages in the largest window": int(sets.to_numpy().max()),
        }
        return pl.DataFrame({"what": list(rows), "value": list(rows.values())})

    @cached_property
    def working_set(self) -> pl.DataFrame:
        """One row per window: `quantum` (its first); in pages `working set`, `footprint` so far."""
        every = pl.DataFrame({"window": np.arange(-(-self.quanta // self.window), dtype=np.uint32)})
        cut = self._cut.with_columns(pages=self._pages)
        first = cut.group_by("page").agg(pl.col("window").min(), pl.col("pages").first())
        new = first.group_by("window").agg(new=pl.col("pages").sum())
        once = cut.unique(["window", "page"])
        sets = once.group_by("window").agg(pl.col("pages").sum().alias("working set"))
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
        gap = pl.col("t") - pl.col("t").shift(1).over("page")
        rows = self.table.select(gap=gap, pages=self._pages)
        known = rows.drop_nulls("gap")
        lengths, pages = known["gap"].to_numpy().astype(np.int64), known["pages"].to_numpy()
        power = np.bincount(np.frexp(lengths)[1] - 1, pages) if lengths.size else np.zeros(0)
        names = ["1" if p == 0 else f"{1 << p} to {(2 << p) - 1}" for p in range(power.size)]
        total = self._sum(self.table)
        counts = [*power.tolist(), total - power.sum()]
        return pl.DataFrame(
            {
                "quanta": [*names, "first touch"],
                "share": [count / total for count in counts],
            }
        )

    @cached_property
    def heat(self) -> pl.DataFrame:
        """Touches by time and place: `quantum`, `page` (first of a band), `touches`, none left out.

        `touches` is a share: of the band's pages times the window's quanta.
        """
        cut = self._cut.with_columns(end=pl.col("page") + self._pages)
        band = -(-int(cut["end"].max()) // BANDS)  # type: ignore[arg-type]
        cut = cut.with_columns(band=pl.col("page") // band)
        if "pages" in cut.columns:  # a region may reach over several bands
            bands = pl.int_ranges("band", (pl.col("end") - 1) // band + 1, dtype=pl.UInt32)
            cut = cut.with_columns(band=bands).explode("band")
        inside = pl.min_horizontal("end", (pl.col("band") + 1) * band) - pl.max_horizontal(
            "page", pl.col("band") * band
        )
        counted = cut.group_by("window", "band").agg(count=inside.cast(pl.UInt64).sum())
        counted = counted.sort("window", "band")
        return counted.select(
            (pl.col("window") * self.window).alias("quantum"),
            (pl.col("band") * band).alias("page"),
            touches=pl.col("count") / (band * self.window),
        )
