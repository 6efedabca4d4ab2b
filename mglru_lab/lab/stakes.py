"""What is at stake besides time: who refaults, how much is scanned, what eviction rescues."""

import polars as pl

from mglru_lab.lab.bounds import bounds
from mglru_lab.lab.comparison import Comparison

COUNTERS = {
    "host refaults": "host_majflt",
    "guest refaults": "guest_majflt",
    "pages scanned": "pgscan",
    "rescued at eviction": "rescues",
}


def who_pays(comparison: Comparison) -> pl.DataFrame:
    """One row a kernel: kernel, host and guest refaults, their sum, scanned and rescued pages.

    With one region of kind kvm all refaults stand under `host`: it has no other.
    """
    rows = []
    for name, made in comparison.runs.items():
        values = {what: made.end[counter] for what, counter in COUNTERS.items()}
        both = values["host refaults"] + values["guest refaults"]
        rows.append({"kernel": name, **values, "refaults": both})
    return pl.DataFrame(rows)


def beside_bounds(comparison: Comparison) -> pl.DataFrame:
    """Refaults of each kernel and of each bound: policy, refaults, times the optimum's."""
    known = bounds(comparison.scenario)
    ours = who_pays(comparison).select(pl.col("kernel").alias("policy"), "refaults")
    both = pl.concat([ours, known]).sort("refaults")
    least = known.filter(policy="Belady's optimum")["refaults"].item()
    return both.with_columns(times=(pl.col("refaults") / max(least, 1)).round(2))
