"""The answers about a sweep of memory, kernels and workloads, with its numbers. Markdown out."""

import polars as pl

from mglru_lab.lab.sweep.sweep import Sweep


def done(sweep: Sweep) -> str:
    """What was run, and what became of it."""
    cells, failed = len(sweep.grid.cells), sweep.failed.height
    axes = ", ".join(f"{len(sweep.grid.axes[name])} of {name}" for name in sweep.grid.swept)
    told = "none failed" if not failed else f"{failed} failed, each with its error in its row"
    return (
        f"{cells:,} cells: {axes}; {told}. Each is a file in a folder, named by a checksum of "
        "its whole configuration: what is there is never computed again, by whomever."
    )


def _means(sweep: Sweep, *names: str) -> pl.DataFrame:
    rows = sweep.frame.filter(pl.col("error").is_null())
    return rows.group_by(names).agg(pl.col("pgmajfault").mean()).sort(names).collect()


def memory(sweep: Sweep) -> str:
    """Refaults at both ends of the memory."""
    means = _means(sweep, "memory")
    (low, most), (high, least) = means.row(0), means.row(-1)
    return (
        f"With {low:.0%} of its pages in memory a run refaults {most:,.0f} times in the mean, with "
        f"{high:.0%} {least:,.0f} times. Most of the distance between the least and the most run "
        "is the workload's, not the seed's: see below."
    )


def kernels(sweep: Sweep) -> str:
    """Which kernel refaults least, in the mean of all."""
    means = _means(sweep, "kernel").sort("pgmajfault")
    (best, least), (worst, most) = means.row(0), means.row(-1)
    return (
        f"In the mean of all workloads **{best}** refaults least ({least:,.0f}), **{worst}** most "
        f"({most:,.0f}): {(most - least) / most if most else 0:.0%} apart."
    )


def workloads(sweep: Sweep) -> str:
    """Whether the same kernel is best in each workload."""
    best = best_kernels(_means(sweep, "workload", "kernel"), "workload", "pgmajfault")
    named = [f"{workload}: **{kernels}**" for workload, kernels in best.items()]
    winners = len(set(best.values()))
    told = "The same are best in all" if winners == 1 else "Not the same are best in all"
    return f"{told}: {', '.join(named)}. A mean over workloads hides that."


def best_kernels(means: pl.DataFrame, per: str, value: str) -> dict[str | float, str]:
    """Those with the least value for each `per`, in order; several where they are alike."""
    alike = pl.col(value) <= pl.col(value).min().over(per) * (1 + 1e-9)
    best = means.sort(per, "kernel").filter(alike).group_by(per, maintain_order=True)
    return {place: " and ".join(part["kernel"]) for (place,), part in best}


def prices(swap: str, costs: pl.DataFrame) -> str:
    """Which kernel is cheapest at which memory; `costs`: memory, kernel, mean."""
    best = best_kernels(costs, "memory", "mean")
    named = [f"{memory:.0%}: **{kernels}**" for memory, kernels in best.items()]
    return (
        f"Swapping to {swap}, the cheapest are, by memory, {', '.join(named)}. The same counts can "
        "be priced again at any other price: no cell runs again."
    )
