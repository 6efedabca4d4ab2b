"""A guest writes its memory, then uses half of it: where aging and eviction put the pages."""

import numpy as np
import polars as pl

from mglru_lab.kernel.lruvec import MAX_NR_GENS
from mglru_lab.lab.run.run import SWAPPED, Run, run
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario

PAGES = 1024

STEPS = {
    "written": "all written, then aged",
    "used": "first half used, then aged",
    "again": "used again, then aged",
    "evicted": "oldest generation evicted",
}
HALVES = ("the half in use", "the idle half")
PLACES = ("youngest", "1 behind", "2 behind", "3 behind (oldest possible)", "swapped out")


def scenario(nested: str = "") -> Scenario:
    """The story as a scenario; `nested` such as "nested=0.3" maps a share for a nested guest."""
    return Scenario(
        f"region {PAGES} kvm {nested}\n"
        f"touch 0 {PAGES}\nsettle\nage\ndump written\n"
        f"touch 0 {PAGES // 2}\nage\ndump used\n"
        f"touch 0 {PAGES // 2}\nage\ndump again\n"
        "evict old\ndump evicted\n",
        "a guest uses half of its memory",
    )


def tell(kernel: Kernel, nested: str = "") -> Run:
    """The story on one kernel."""
    return run(scenario(nested), kernel)


def places(told: Run) -> pl.DataFrame:
    """Pages by place, step by step: kernel, step, half, place, pages."""
    rows = []
    for label, step in STEPS.items():
        halves = np.split(told.page_generations(label), 2)
        for half, pages in zip(HALVES, halves, strict=True):
            for place, name in zip((*range(MAX_NR_GENS), SWAPPED), PLACES, strict=True):
                count = int(np.count_nonzero(pages == place))
                rows.append((told.kernel.name, step, half, name, count))
    return pl.DataFrame(rows, ["kernel", "step", "half", "place", "pages"], orient="row")


def both(told: dict[str, Run]) -> pl.DataFrame:
    """The places on several kernels, one below the other."""
    return pl.concat([places(run) for run in told.values()])


def verdict(told: Run) -> str:
    """What the eviction took, in a sentence."""
    used, idle = np.split(told.page_generations("evicted"), 2)
    wrong, right = (int(np.count_nonzero(half == SWAPPED)) for half in (used, idle))
    events = dict(
        told.events.filter(event="secondary MMU asked")
        .group_by("where")
        .agg(pl.col("count").sum())
        .iter_rows()
    )
    asked = ", ".join(f"{count:,} at {where}" for where, count in sorted(events.items()))
    half = PAGES // 2
    rescued = told.counters("evicted")["rescues"]
    code = " (one of them is the guest's code)" if rescued > PAGES else ""
    return (
        f"Evicted: {right} of the {half} idle pages, {wrong} of the {half} in use. "
        f"{rescued:,} pages were rescued one by one{code}. "
        f"Questions to the secondary MMU: {asked or 'none'}."
    )
