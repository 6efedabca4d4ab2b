"""What else is at stake besides time: whose pages refault, how much is scanned, what others pay."""

from collections.abc import Iterable

import polars as pl

from mglru_lab.kernel.features import enabled_show
from mglru_lab.lab.run.bounds import bounds
from mglru_lab.lab.run.comparison import Comparison
from mglru_lab.lab.run.run import run
from mglru_lab.policy import comparable
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario

WITHOUT_VM = """region 4096 anon
touch 0 4096
settle
age 1 1
evict old 200 1000000
dump forced
touch 0 4096
age 1 0
dump all
touch 0 512
age 1 0
dump one
"""
"""Eight full page tables of a process without a VM, then one in use: recorded as o_nonleaf."""

COUNTERS = {
    "host refaults": "host_majflt",
    "guest refaults": "guest_majflt",
    "pages scanned": "pgscan",
    "rescued at eviction": "rescues",
}


def who_pays(comparison: Comparison) -> pl.DataFrame:
    """One row per kernel: kernel, host and guest refaults, their sum, scanned and rescued pages.

    A scenario with a guest's memory alone has no refaults of a host.
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


def without_vm(kernels: Iterable[Kernel]) -> pl.DataFrame:
    """What the last walk of WITHOUT_VM visits: kernel, tables walked, PTEs walked, of 8 and 4096.

    Each kernel has the feature bits that it boots with. A real kernel counts one PTE more, of the
    program itself.
    """
    rows = []
    kernels = list(kernels)
    for kernel, name in zip(kernels, comparable.names(kernels), strict=True):
        text = f"enabled {enabled_show(int(kernel.enabled))}\n{WITHOUT_VM}"
        made = run(Scenario(text, "a process without a VM"), kernel)
        before, after = made.counters("all"), made.counters("one")
        walked = {
            what: after[counter] - before[counter]
            for what, counter in (
                ("tables walked", "tables_walked"),
                ("PTEs walked", "ptes_walked"),
            )
        }
        rows.append({"kernel": name, **walked})
    return pl.DataFrame(rows)
