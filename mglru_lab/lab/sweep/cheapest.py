"""Which kernel of a sweep is the cheapest at each amount of memory, and how sure that is."""

from collections.abc import Mapping

import polars as pl

from mglru_lab.lab.price.costs import Costs
from mglru_lab.lab.sweep.sweep import Sweep

EQUAL = 1e-9
"""Relative difference below which two kernels cost the same."""

SCHEMA = pl.Schema(
    {
        "memory": pl.Float64(),
        "kernel": pl.String(),
        "ms": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "turns": pl.List(pl.String()),
    }
)


def cheapest(sweep: Sweep, costs: Costs) -> pl.DataFrame:
    """One row per memory: memory, kernel, ms, low, high, turns.

    `kernel`: the cheapest, or several that cost the same. `ms`: what a run costs on average; `low`,
    `high`: with every price at an end of its range. `turns`: who else is the cheapest with one
    price at an end of its range: "PRICE at N ns: KERNEL".
    """
    frame = sweep.frame.filter(pl.col("error").is_null())
    paid = [name for name in frame.collect_schema().names() if "/" in name]
    means = frame.group_by("memory", "kernel").agg(pl.col(paid).fill_null(0).mean())
    rows = []
    for (memory,), part in (
        means.sort("memory", "kernel").collect().group_by("memory", maintain_order=True)
    ):
        counts = {row["kernel"]: {n: row[n] for n in paid} for row in part.to_dicts()}
        names = {name.split("/")[1] for name in paid if sum(part[name].to_list())}
        prices = {name: costs.ns(name) for name in names}
        best = _best(counts, prices)
        ends = [{name: costs.bounds(name)[end] for name in names} for end in (0, 1)]
        turns = {}
        for name in sorted(names):
            for end in costs.bounds(name):
                other = _best(counts, prices | {name: end})
                if other != best:
                    turns[name] = f"{name} at {end:,.0f} ns: {' and '.join(other)}"
        first = counts[best[0]]
        at = [_ms(first, paid_at) for paid_at in (prices, *ends)]
        rows.append((memory, " and ".join(best), *at, list(turns.values())))
    return pl.DataFrame(rows, SCHEMA, orient="row")


def _ms(counts: Mapping[str, float], prices: Mapping[str, float]) -> float:
    return sum(n * prices.get(name.split("/")[1], 0) for name, n in counts.items()) / 1e6


def _best(counts: Mapping[str, Mapping[str, float]], prices: Mapping[str, float]) -> list[str]:
    """The kernels that cost least."""
    ms = {kernel: _ms(paid, prices) for kernel, paid in counts.items()}
    least = min(ms.values())
    return [kernel for kernel, one in ms.items() if one <= least * (1 + EQUAL)]
