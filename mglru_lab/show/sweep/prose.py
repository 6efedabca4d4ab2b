"""The answers about a sweep of memory, kernels and workloads, with its numbers. Markdown out."""

import polars as pl

from mglru_lab.lab.sweep.cell import kernel_of
from mglru_lab.lab.sweep.sweep import Sweep
from mglru_lab.policy import comparable


def done(sweep: Sweep) -> str:
    """What was run, and how many cells failed."""
    cells, failed = len(sweep.grid.cells), sweep.failed.height
    swept = ", ".join(f"{len(sweep.grid.axes[name])} of {name}" for name in sweep.grid.swept)
    result = "none failed" if not failed else f"{failed} failed, each with its error in its row"
    return (
        f"{compared(sweep)} {cells:,} cells: {swept}; {result}. Each is a file in a folder, named "
        "by a checksum of its whole configuration. A cell that is there is not computed again."
    )


def compared(sweep: Sweep) -> str:
    """What is compared: policies on the same rules and KVM code, or releases."""
    cells = [dict(cell.values) for cell in sweep.grid.cells]
    kernels = list(dict.fromkeys(map(kernel_of, cells)))
    return comparable.in_words(kernels)


def _means(sweep: Sweep, *names: str) -> pl.DataFrame:
    rows = sweep.frame.filter(pl.col("error").is_null())
    return rows.group_by(names).agg(pl.col("pgmajfault").mean()).sort(names).collect()


def memory(sweep: Sweep) -> str:
    """Refaults at both ends of the memory, and whether workloads or seeds spread them."""
    means = _means(sweep, "memory")
    (low, most), (high, least) = means.row(0), means.row(-1)
    at_low = _means(sweep, "memory", "workload", "seed").filter(pl.col("memory") == low)
    by_load = at_low.group_by("workload").agg(pl.col("pgmajfault").mean())["pgmajfault"]
    by_seed = at_low.group_by("workload").agg(
        (pl.col("pgmajfault").max() - pl.col("pgmajfault").min()).alias("spread")
    )["spread"]
    loads, seeds = _range(by_load), float(by_seed.to_numpy().mean())
    return (
        f"With {low:.0%} of its pages in memory a run refaults {most:,.0f} times on average, with "
        f"{high:.0%} {least:,.0f} times. With {low:.0%}, workloads lie up to {loads:,.0f} refaults "
        f"apart, seeds of one workload {seeds:,.0f} on average."
    )


def _range(values: pl.Series) -> float:
    numbers = values.to_numpy()
    return float(numbers.max() - numbers.min())


def kernels(sweep: Sweep) -> str:
    """Which kernel refaults least, averaged over everything else."""
    means = _means(sweep, "kernel").sort("pgmajfault")
    (best, least), (worst, most) = means.row(0), means.row(-1)
    return (
        f"Averaged over all workloads, **{best}** refaults least ({least:,.0f}), **{worst}** most "
        f"({most:,.0f}): {(most - least) / most if most else 0:.0%} apart."
    )


def alike(sweep: Sweep) -> str:
    """Kernels that refault alike in every cell, so that their lines coincide."""
    means = _means(sweep, *sweep.grid.swept)
    wide = means.pivot("kernel", index=[n for n in sweep.grid.swept if n != "kernel"])
    names = [name for name in sweep.grid.axes["kernel"] if name in wide.columns]
    groups: dict[tuple[float, ...], list[str]] = {}
    for name in names:
        groups.setdefault(tuple(wide[name]), []).append(str(name))
    same = [" and ".join(group) for group in groups.values() if len(group) > 1]
    return f"The same in every cell, so that lines coincide: {'; '.join(same)}." if same else ""


def workloads(sweep: Sweep) -> str:
    """Whether the same kernel is best in each workload."""
    best = best_kernels(_means(sweep, "workload", "kernel"), "workload", "pgmajfault")
    named = [f"{workload}: **{kernels}**" for workload, kernels in best.items()]
    winners = len(set(best.values()))
    said = "The same kernel is best everywhere" if winners == 1 else "No kernel is best everywhere"
    return f"{said}: {', '.join(named)}. An average over workloads hides that."


def best_kernels(means: pl.DataFrame, per: str, value: str) -> dict[str | float, str]:
    """Those with the lowest value for each `per`, in order; several if they are equal."""
    alike = pl.col(value) <= pl.col(value).min().over(per) * (1 + 1e-9)
    best = means.sort(per, "kernel").filter(alike).group_by(per, maintain_order=True)
    return {place: " and ".join(part["kernel"]) for (place,), part in best}


def prices(swap: str, best: pl.DataFrame) -> str:
    """Which kernel is cheapest at which memory, and how sure; `best`: of `cheapest`."""
    named = []
    for memory, kernels, ms, low, high, turns in best.iter_rows():
        sure = "whatever single price is at an end of its range"
        if turns:
            sure = f"but not with {'; '.join(turns)}"
        named.append(
            f"- {memory:.0%}: **{kernels}**, {ms:,.1f} ms per run on average (range {low:,.1f} to "
            f"{high:,.1f}), {sure}\n"
        )
    return (
        f"Swapping to {swap}, the cheapest kernel at each amount of memory:\n\n{''.join(named)}\n"
        "A range has every price at an end of its own. The same counts can be priced again at "
        "other prices; no cell has to run again."
    )
