"""Advice: which policy and look-around rule the model would choose on a host, and how sure it is.

Every candidate runs on the same accesses, rules and KVM code; runs are priced with the host's
prices. The margin is what the next best would cost more. How sure: in how many of some draws, each
price anywhere in its range (uniform in its logarithm), the same one is best.
"""

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from mglru_lab.choose import choose
from mglru_lab.lab.price.costs import Costs, Counts, counts
from mglru_lab.lab.price.prices import Price
from mglru_lab.lab.price.proactive_curves import working_set
from mglru_lab.lab.run.pressure import Pressure
from mglru_lab.lab.run.run import Run, run
from mglru_lab.policy import comparable
from mglru_lab.policy.kernel import NEWEST, Kernel
from mglru_lab.policy.mmu import DEFAULT_MMU
from mglru_lab.scenario.workloads import WORKLOADS, workload

POLICIES = ("existing", "v4+kconfig", "proposed", "6.12")
RULES = ("primary", "v2", "6.12", "none")
CANDIDATES = tuple(f"{policy}:{rule}" for policy in POLICIES for rule in RULES)
"""Every way to age that a host could run, with every look-around rule."""
BASE = "existing:primary"
"""What a candidate is compared with where money does not tell: nothing asks but eviction."""
DRAWS = 400
SURE = 0.95
"""The share of the draws in which a policy must be best, or the advice is called undecided."""
NOT_MONEY = ("host_majflt", "guest_majflt", "rescues")


def policy_of(candidate: str) -> str:
    """A candidate without its look-around rule."""
    return candidate.partition(":")[0]


@dataclass(frozen=True)
class Advice:
    """What every candidate costs on a host: `paid` by workload and candidate, as counts."""

    kernels: tuple[Kernel, ...]
    costs: Costs
    paid: Mapping[str, Mapping[str, Counts]]
    ends: Mapping[str, Mapping[str, Mapping[str, int]]]
    """By workload and candidate: the counters NOT_MONEY in the end."""
    seen: Mapping[str, float]
    """By policy: of the working set's pages, how many it sees (1: as many), median of passes."""

    def at(self, costs: Costs) -> "Advice":
        """The same runs at other prices."""
        return replace(self, costs=costs)

    @property
    def compared(self) -> str:
        """What is compared: policies, on which rules and KVM code."""
        return comparable.in_words(self.kernels)

    @property
    def totals(self) -> pl.DataFrame:
        """What each candidate costs, in percent above the best: one column per workload.

        `all` is their mean, and the order.
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
        """The candidate that costs least on average of all workloads."""
        means = np.mean(list(self._relative(costs).values()), axis=0)
        return CANDIDATES[int(means.argmin())]

    @property
    def chosen(self) -> str:
        """The advice."""
        return self.best(self.costs)

    @property
    def margin(self) -> float:
        """How much more the best one of a policy that does otherwise costs, percentage points."""
        same = {self.chosen, *self.no_different}
        others = self.totals.filter(
            ~pl.col("kernel").is_in(list(same))
            & ~pl.col("kernel").str.starts_with(f"{policy_of(self.chosen)}:")
        )
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
    def by_policy(self) -> dict[str, float]:
        """The share of draws in which each policy is best, with whichever rule."""
        found: dict[str, float] = {}
        for name, share in self.drawn.items():
            found[policy_of(name)] = found.get(policy_of(name), 0) + share
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    @property
    def decided(self) -> bool:
        """The chosen policy is best in nearly all draws."""
        return self.by_policy.get(policy_of(self.chosen), 0) >= SURE

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
    def no_different(self) -> list[str]:
        """The candidates that do the very same as the chosen one on this host."""
        mine = [paid[self.chosen] for paid in self.paid.values()]
        return [
            name
            for name in CANDIDATES
            if name != self.chosen and [paid[name] for paid in self.paid.values()] == mine
        ]

    def total(self, candidate: str, counter: str) -> int:
        """One counter of NOT_MONEY, summed over the workloads."""
        return sum(ends[candidate][counter] for ends in self.ends.values())


def advise(
    mmu: str = DEFAULT_MMU,
    costs: Costs | None = None,
    trace: str | None = None,
    *,
    kvm: str = "",
    rules: str = NEWEST,
    memory: float = 0.5,
    pages: int = 2048,
    length: int = 32768,
    seed: int = 1,
) -> Advice:
    """Run every candidate on the host that `mmu` says, and price the runs.

    On `kvm`'s code and the `rules` of a family, by default those of `comparable.alike`.

    `costs`: the host's (`Costs.on_host`). `trace`: a guest's own, by path or by name in data/,
    instead of the shipped workloads (all but the nested one). The real ones, guest.parquet and
    sqlite.parquet, are run if asked for: with 437,611 and 615,537 records each takes longer than
    all workloads together. `memory`: the share of its pages that there is. Raises ValueError naming
    what is allowed.
    """
    made = comparable.alike(CANDIDATES, rules=rules, kvm=kvm, mmu=mmu)
    kernels = dict(zip(CANDIDATES, made, strict=True))
    paid: dict[str, dict[str, Counts]] = {}
    ends: dict[str, dict[str, dict[str, int]]] = {}

    def keep(name: str, runs: dict[str, Run]) -> None:
        paid[name] = {one: counts(made) for one, made in runs.items()}
        ends[name] = {one: {c: made.end[c] for c in NOT_MONEY} for one, made in runs.items()}

    if trace is not None:
        pressed = Pressure(trace=trace, memory=memory, mmu=mmu)
        keep(Path(trace).name, {one: run(pressed.scenario, k) for one, k in kernels.items()})
    else:
        with tempfile.TemporaryDirectory() as folder:
            for name in WORKLOADS:
                if name != "nested":
                    one_load = workload(name, pages, length, seed)
                    scenario = one_load.scenario(Path(folder), memory)
                    keep(name, {one: run(scenario, k) for one, k in kernels.items()})
    return Advice(
        tuple(made), costs or Costs(), paid, ends, _seen(mmu, kvm, rules, pages, length, seed)
    )


def _seen(mmu: str, kvm: str, rules: str, pages: int, length: int, seed: int) -> dict[str, float]:
    """Of a moving working set's pages, how many each policy's two youngest generations hold."""
    moving = workload("phases", pages, length, seed)
    kernels = comparable.alike(POLICIES, rules=rules, kvm=kvm, mmu=mmu)
    sets = working_set(moving, kernels, max(length // 16, 1))
    share = sets.with_columns(share=pl.col("estimate") / pl.col("true"))
    median = dict(share.group_by("kernel").agg(pl.col("share").median()).rows())
    return {policy: median[policy] for policy in POLICIES}


def in_words(found: Advice) -> str:
    """The advice in sentences: what, against what, how sure, and what is not money."""
    chosen, (policy, _, rule) = found.chosen, found.chosen.partition(":")
    same = f" ({', '.join(found.no_different)}: no different here)" if found.no_different else ""
    shares = ", ".join(f"{name} {share:.0%}" for name, share in found.by_policy.items())
    sure = (
        f"With all prices anywhere in their ranges {policy} stays best"
        if found.decided
        else f"It is undecided: with prices anywhere in their ranges {policy} is not always best"
    )
    return (
        f"{found.compared} On {found.kernels[0].mmu}, swapping to {found.costs.swap}, at these "
        f"prices the cheapest is {policy} with look-around rule {rule}{same}. The best of any "
        f"other policy costs {found.margin:.1f} percentage points more, on average of "
        f"{', '.join(found.paid)}. {sure} ({DRAWS} draws: {shares}). {not_money(found, chosen)}"
    )


def not_money(found: Advice, candidate: str) -> str:
    """Who pays, what is known and what is rescued with a candidate, against `BASE`."""
    choose("candidate", candidate, CANDIDATES)
    if policy_of(candidate) == policy_of(BASE):
        others = found.totals.filter(~pl.col("kernel").str.starts_with(f"{policy_of(BASE)}:"))
        candidate = str(others["kernel"][0])
    said = []
    for counter, whose in (("host_majflt", "the host"), ("guest_majflt", "the guest")):
        ours, theirs = (found.total(one, counter) for one in (candidate, BASE))
        if theirs:
            said.append(f"{whose} refaults {ours:,} times instead of {theirs:,}")
    rescued = [found.total(one, "rescues") for one in (candidate, BASE)]
    seen = [found.seen[policy_of(one)] for one in (candidate, BASE)]
    return (
        f"Not in these sums: with {candidate} instead of {BASE} {', '.join(said)}; eviction "
        f"rescues {rescued[0]:,} pages instead of {rescued[1]:,}; of a guest's moving working set "
        f"its two youngest generations hold {seen[0]:.0%} instead of {seen[1]:.0%}."
    )
