"""Advice: which variant and look-around rule the model would choose on a host, and how sure it is.

Every candidate runs on the same accesses and rules; runs are priced with the host's swap device and
its vCPUs' contention. The margin is what the next best would cost more. How sure: in how many of
some draws, each price anywhere in its range (uniform in its logarithm), the same one is best.
"""

import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from mglru_lab.lab.price.costs import Costs, Counts, counts
from mglru_lab.lab.price.prices import Price
from mglru_lab.lab.run.pressure import Pressure
from mglru_lab.lab.run.run import Run, run
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.mmu import DEFAULT_MMU
from mglru_lab.scenario.workloads import WORKLOADS, workload

VARIANTS = ("existing", "v4+kconfig", "proposed", "6.12", "6.15")
RULES = ("primary", "v2", "6.12", "none")
CANDIDATES = tuple(f"{variant}:{rule}" for variant in VARIANTS for rule in RULES)
"""Every way to age that a host could run, with every look-around rule."""
DRAWS = 400


@dataclass(frozen=True)
class Advice:
    """What every candidate costs on a host: `paid` by workload and candidate, as counts."""

    mmu: str
    vcpus: int
    costs: Costs
    paid: dict[str, dict[str, Counts]]

    @property
    def totals(self) -> pl.DataFrame:
        """What each candidate costs against the best one of that workload: a column a workload.

        In percent above the best; `all` is their mean, and the order.
        """
        columns = self._relative(self.costs)
        frame = pl.DataFrame({"kernel": list(CANDIDATES)} | columns)
        mean = pl.mean_horizontal(pl.col(list(columns)))
        return frame.with_columns(all=mean).sort("all", maintain_order=True)

    def _relative(self, costs: Costs) -> dict[str, list[float]]:
        found = {}
        for name, paid in self.paid.items():
            totals = np.array([costs.total(paid[kernel]) for kernel in CANDIDATES])
            least = totals.min()
            found[name] = (100 * (totals - least) / max(least, 1)).tolist()
        return found

    def best(self, costs: Costs) -> str:
        """The candidate that costs least on the mean of all workloads."""
        means = np.mean(list(self._relative(costs).values()), axis=0)
        return CANDIDATES[int(means.argmin())]

    @property
    def chosen(self) -> str:
        """The advice."""
        return self.best(self.costs)

    @property
    def margin(self) -> float:
        """How much more the best one of another variant costs, in percentage points."""
        variant = self.chosen.split(":")[0]
        others = self.totals.filter(~pl.col("kernel").str.starts_with(f"{variant}:"))
        return float(others["all"][0] - self.totals["all"][0])

    @cached_property
    def drawn(self) -> dict[str, float]:
        """The share of draws in which each candidate is best, the most frequent first."""
        random = np.random.default_rng(np.random.SeedSequence(1).spawn(1)[0])
        names = list(self.costs.prices)
        low, high = np.array([self.costs.prices[name][1:3] for name in names], float).T
        floor = np.maximum(low, 0.1)
        drawn: Counter[str] = Counter()
        for at in random.random((DRAWS, len(names))):
            values = np.where(high > 0, floor * (np.maximum(high, floor) / floor) ** at, 0)
            prices = {n: Price(v, v, v, "") for n, v in zip(names, values.tolist(), strict=True)}
            drawn[self.best(self.costs.but(**prices))] += 1
        return {name: count / DRAWS for name, count in drawn.most_common()}

    @property
    def changes(self) -> pl.DataFrame:
        """Single prices that, at an end of their range, change the advice: price, ns, instead."""
        rows = []
        for name in self.costs.prices:
            for ns in self.costs.prices[name][1:3]:
                instead = self.best(self.costs.but(**{name: ns}))
                if instead != self.chosen:
                    rows.append((name, float(ns), instead))
        schema = {"price": pl.String, "ns": pl.Float64, "instead": pl.String}
        return pl.DataFrame(rows, schema, orient="row")

    @property
    def _no_different(self) -> str:
        """The candidates that do the very same on this host."""
        mine = [paid[self.chosen] for paid in self.paid.values()]
        others = [
            name
            for name in CANDIDATES
            if name != self.chosen and [paid[name] for paid in self.paid.values()] == mine
        ]
        return f" ({', '.join(others)}: no different here)" if others else ""

    @property
    def in_words(self) -> str:
        """The advice in sentences."""
        variant, rule = self.chosen.split(":")
        sure = self.drawn.get(self.chosen, 0)
        same = sum(share for name, share in self.drawn.items() if name.startswith(f"{variant}:"))
        return (
            f"On {self.mmu} with {self.vcpus} vCPUs and {self.costs.swap} this model would run "
            f"{variant} with look-around rule {rule}{self._no_different}. The best of any other "
            f"variant costs {self.margin:.1f} percentage points more, on the mean of "
            f"{', '.join(self.paid)}. With all prices anywhere in their ranges it stays best in "
            f"{sure:.0%} of {DRAWS} draws, its variant with any rule in {same:.0%}."
        )


def advise(
    mmu: str = DEFAULT_MMU,
    vcpus: int = 8,
    swap: str = "zram",
    trace: str | None = None,
    *,
    memory: float = 0.5,
    fault_us: float | None = None,
    pages: int = 2048,
    length: int = 32768,
    seed: int = 1,
) -> Advice:
    """Run every candidate on the host that `mmu`, `vcpus` and `swap` say, and price the runs.

    `trace`: a guest's own, by path or by name in data/, instead of the shipped workloads (all but
    the nested one). The real ones, guest.parquet and sqlite.parquet, are run if asked for: with
    437,611 and 615,537 records each takes longer than all workloads together.
    `memory`: the share of its pages that there is.
    `fault_us`: how often each vCPU faults; not said: as fast as it can. Raises ValueError naming
    what is allowed.
    """
    costs = Costs(swap=swap).contended(vcpus, fault_us, shadow=mmu == "x86-shadow")
    kernels = {name: Kernel.parse(name, mmu=mmu) for name in CANDIDATES}
    paid: dict[str, dict[str, Counts]] = {}

    def priced(runs: dict[str, Run]) -> dict[str, Counts]:
        return {name: counts(made) for name, made in runs.items()}

    if trace is not None:
        pressed = Pressure(trace=trace, memory=memory, mmu=mmu)
        runs = {name: run(pressed.scenario, kernel) for name, kernel in kernels.items()}
        paid[Path(trace).name] = priced(runs)
        return Advice(mmu, vcpus, costs, paid)
    with tempfile.TemporaryDirectory() as folder:
        for name in WORKLOADS:
            if name == "nested":
                continue
            scenario = workload(name, pages, length, seed).scenario(Path(folder), memory)
            runs = {name: run(scenario, kernel) for name, kernel in kernels.items()}
            paid[name] = priced(runs)
    return Advice(mmu, vcpus, costs, paid)
