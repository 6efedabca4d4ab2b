"""Several kernels under the same pressure, side by side: frames for charts and tables."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from mglru_lab.kernel.lruvec import MAX_NR_GENS
from mglru_lab.lab.run.pressure import Pressure
from mglru_lab.lab.run.run import Run, run

SEEN = ("primary MMU knows", "only the secondary MMU knows", "not accessed")


@dataclass(frozen=True)
class SideBySide:
    """The runs of one configuration, one per kernel; frames: one row per kernel and moment."""

    pressure: Pressure
    runs: dict[str, Run]

    @classmethod
    def run(cls, pressure: Pressure) -> "SideBySide":
        """Run the same scenario on every kernel."""
        scenario = pressure.scenario
        kernels = [pressure.kernel(given) for given in pressure.kernels]
        runs = {kernel.name: run(scenario, kernel) for kernel in kernels}
        return cls(pressure, runs)

    @cached_property
    def timeline(self) -> pl.DataFrame:
        """Every counter at every mark, cumulative: kernel, time, then the counters."""
        times = self.pressure.times()
        frames = [
            run.timeline.filter(pl.col("label").str.starts_with("mark"))
            .with_columns(kernel=pl.lit(name), time=pl.Series(times))
            .select("kernel", "time", pl.exclude("kernel", "time"))
            for name, run in self.runs.items()
        ]
        return pl.concat(frames)

    @cached_property
    def generations(self) -> pl.DataFrame:
        """Pages by distance from the youngest generation: kernel, time, distance, pages."""
        marks = {f"mark{mark}": time for mark, time in enumerate(self.pressure.times(), start=1)}
        frames = [
            run.generations.filter(pl.col("type") == "anon", pl.col("dump").is_in(list(marks)))
            .with_columns(kernel=pl.lit(name), time=pl.col("dump").replace_strict(marks))
            .select("kernel", "time", "distance", "pages")
            for name, run in self.runs.items()
        ]
        every = pl.DataFrame({"distance": range(MAX_NR_GENS)}, {"distance": pl.Int64})
        found = pl.concat(frames)
        moments = found.select("kernel", "time").unique(maintain_order=True)
        return (
            moments.join(every, how="cross")
            .join(found, on=["kernel", "time", "distance"], how="left", maintain_order="left")
            .with_columns(pl.col("pages").fill_null(0))
        )

    @cached_property
    def accessed(self) -> pl.DataFrame:
        """Pages in memory by who knows that they were accessed: kernel, time, known, pages."""
        in_memory = pl.col("anon") // 4096
        return self.timeline.select(
            "kernel",
            "time",
            pl.col("young_primary").alias(SEEN[0]),
            pl.col("young_secondary_only").alias(SEEN[1]),
            (in_memory - pl.col("young_primary") - pl.col("young_secondary_only")).alias(SEEN[2]),
        ).unpivot(index=["kernel", "time"], variable_name="known", value_name="pages")

    @cached_property
    def costs(self) -> pl.DataFrame:
        """What costs time, over the whole run: kernel, event, count."""
        counters = {
            "PTEs read by agings": "ptes_walked",
            "secondary MMU asked: aging": "asks_aging",
            "secondary MMU asked: eviction": "asks_eviction",
            "secondary MMU asked: look-around": "asks_lookaround",
            "rmap walks": "rmap_walks",
            "pages swapped out": "pgsteal",
            "pages swapped in": "pgmajfault",
        }
        rows = [
            (name, event, self.total(name, counter))
            for event, counter in counters.items()
            for name in self.runs
        ]
        return pl.DataFrame(rows, ["kernel", "event", "count"], orient="row")

    def total(self, kernel: str, counter: str) -> int:
        """A counter at the end of the run."""
        return self.runs[kernel].counters("end")[counter]

    @cached_property
    def totals(self) -> pl.DataFrame:
        """The counters that matter first, one column per kernel."""
        wanted = {
            "pages swapped back in (refaults)": "pgmajfault",
            "pages scanned at the end of the list": "pgscan",
            "pages swapped out": "pgsteal",
            "of the scanned pages rescued by an accessed bit": "rescues",
            "agings": "agings",
            "PTEs read by agings": "ptes_walked",
            "secondary MMU asked by agings": "asks_aging",
            "secondary MMU asked by eviction": "asks_eviction",
            "secondary MMU asked by look-around": "asks_lookaround",
        }
        columns = {name: [self.total(name, c) for c in wanted.values()] for name in self.runs}
        return pl.DataFrame({"what": list(wanted)} | columns)


def under_pressure(table: pl.DataFrame, memory: float, kernels: Sequence[str]) -> pl.DataFrame:
    """Counts of the whole run, one row per count, one column per kernel; this trace is a guest's.

    `table`: quanta (`t`, `page`, `w`). `memory`: the limit as a share of the pages touched.
    """
    with tempfile.TemporaryDirectory(prefix="mglru-lab-") as scratch:
        path = Path(scratch) / "yours.parquet"
        table.write_parquet(path)
        pressure = Pressure(trace=str(path), memory=memory, kernels=tuple(kernels))
        return SideBySide.run(pressure).totals
