"""One scenario on every family of rules, as whole releases: which release changed what."""

from collections.abc import Mapping, Sequence

import polars as pl

from mglru_lab.kernel.rules import FAMILIES
from mglru_lab.lab.price.threshold import Threshold
from mglru_lab.lab.run.run import run
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario
from mglru_lab.scenario.traces.entries import Entries

COUNTERS = {
    "pages swapped in": "pgmajfault",
    "of the host": "host_majflt",
    "of the guest": "guest_majflt",
    "pages scanned": "pgscan",
    "rescued by eviction": "rescues",
    "asked while aging": "asks_aging",
    "asked by look-around": "asks_lookaround",
    "agings": "agings",
}


def over_families(
    scenario: Scenario,
    kernels: Sequence[str] = FAMILIES,
    entries: Mapping[str, Entries] | None = None,
    **host: object,
) -> pl.DataFrame:
    """Counters at the scenario's end on each release: kernel, counter (of COUNTERS), value.

    `host`: other fields of `Kernel.parse`, such as mmu. A counter that is 0 on all is left out.
    """
    ends = {n: run(scenario, Kernel.parse(n, **host), entries=entries).end for n in kernels}
    rows = [
        (name, what, end[counter])
        for what, counter in COUNTERS.items()
        if any(end[counter] for end in ends.values())
        for name, end in ends.items()
    ]
    return pl.DataFrame(rows, ["kernel", "counter", "value"], orient="row")


def saved_by(thresholds: Mapping[str, Threshold]) -> pl.DataFrame:
    """What asking saves, part by part, ms, on each family's rules: part, one column per family."""
    frames = [
        found.parts.select("part", pl.col("saved_ms").round(2).alias(f"ms saved on {rules}"))
        for rules, found in thresholds.items()
    ]
    joined = frames[0]
    for frame in frames[1:]:
        joined = joined.join(frame, on="part", how="full", coalesce=True, maintain_order="left")
    return joined.fill_null(0.0)
