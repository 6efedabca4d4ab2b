"""The threshold: up to which price of a call asking the secondary MMU while aging pays.

What a run costs is its counts times the prices, so it is linear in each price. Between two runs of
one scenario everything but the calls in dispute (`costs.ASKING`: those of walks and windows) comes
to a saving. Divided by the number of those calls it is the break-even price: two runs, no search.
Whether that settles anything is said in verdict.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from mglru_lab.lab.price.costs import ASKING, Costs, Counts, Item, counts
from mglru_lab.lab.run.run import run
from mglru_lab.policy import comparable
from mglru_lab.policy.kernel import NEWEST, Kernel
from mglru_lab.policy.mmu import DEFAULT_MMU
from mglru_lab.scenario.language import Scenario

PARTS = {
    "pages swapped in": ("swap_in",),
    "pages swapped out": ("swap_out",),
    "rmap walks": ("rmap",),
    "entries walked and looked around": ("pte", "look_around_pte"),
    "promotions": ("promote",),
    "accessed bits set again": ("retouch",),
    "pages in batches": ("batch_page",),
}
"""What is saved or spent, by the prices that make it; calls are named by who makes them."""
IN_DISPUTE, AT_EVICTION = "calls in dispute", "calls at eviction"


def part_of(where: str, name: str) -> str:
    """The part that a paid item belongs to."""
    if name.startswith("lookup_"):
        return IN_DISPUTE if (where, name) in ASKING else AT_EVICTION
    return next(part for part, names in PARTS.items() if name in names)


def fewer(mine: Counts, other: Counts) -> dict[Item, int]:
    """How much less often each item is paid for in `mine` than in `other`, where that differs."""
    items = sorted(mine.keys() | other.keys())
    found = {item: other.get(item, 0) - mine.get(item, 0) for item in items}
    return {item: count for item, count in found.items() if count}


def parts(saved: Mapping[Item, int], costs: Costs) -> pl.DataFrame:
    """What is saved, and spent (negative): part, fewer, saved_ms, low_ms, high_ms; largest first.

    low and high: with all of its prices at the ends of their ranges.
    """
    sums: dict[str, list[float]] = {}
    for (where, name), count in saved.items():
        total = sums.setdefault(part_of(where, name), [0, 0, 0, 0])
        ends = sorted(count * ns for ns in costs.bounds(name))
        for i, value in enumerate((count, count * costs.ns(name), *ends)):
            total[i] += value
    rows = [(part, int(n), *(ns / 1e6 for ns in times)) for part, (n, *times) in sums.items()]
    schema = {"part": pl.String, "fewer": pl.Int64}
    schema |= dict.fromkeys(("saved_ms", "low_ms", "high_ms"), pl.Float64)
    frame = pl.DataFrame(rows, schema, orient="row")
    return frame.sort(pl.col("saved_ms").abs(), descending=True, maintain_order=True)


@dataclass(frozen=True)
class Threshold:
    """Two runs' counts, compared at some prices; nothing is run again when these change."""

    asks: str
    instead: str
    asking: Counts
    existing: Counts
    costs: Costs
    compared: str = ""
    """What is compared, policies or releases, in one sentence."""
    same_pages: bool = False
    """Both runs went the same way page by page."""

    def at(self, costs: Costs) -> "Threshold":
        """The same runs at other prices."""
        return replace(self, costs=costs)

    @cached_property
    def fewer(self) -> dict[Item, int]:
        """How much less often each item is paid for by asking than by the other."""
        return fewer(self.asking, self.existing)

    @cached_property
    def calls(self) -> int:
        """Calls in dispute that asking makes more than the other."""
        return -sum(count for item, count in self.fewer.items() if item in ASKING)

    @cached_property
    def saved(self) -> float:
        """Nanoseconds that asking saves in all that is not in dispute."""
        return sum(n * self.costs.ns(name) for (where, name), n in self._undisputed())

    @property
    def break_even(self) -> float | None:
        """The price of a call, ns, at which both cost the same; below 0: not even for free."""
        return self.saved / self.calls if self.calls else None

    @property
    def difference(self) -> float:
        """Nanoseconds that asking saves in all, its calls paid at their own prices."""
        return sum(count * self.costs.ns(name) for (_, name), count in self.fewer.items())

    @cached_property
    def saved_range(self) -> tuple[float, float]:
        """`saved` if every price is at the worse, and at the better end of its range.

        They are then all wrong in the same direction: an outer bound.
        """
        ends = [
            sorted(count * ns for ns in self.costs.bounds(name))
            for name, count in _by_price(self._undisputed()).items()
        ]
        return sum(low for low, _ in ends), sum(high for _, high in ends)

    @property
    def interval(self) -> tuple[float, float]:
        """The break-even price at both ends of `saved_range`, ns; NaN where no call is in dispute.

        Where asking makes fewer calls it is the price above which asking pays.
        """
        if self.calls == 0:
            return float("nan"), float("nan")
        low, high = sorted(end / self.calls for end in self.saved_range)
        return low, high

    @cached_property
    def call(self) -> tuple[float, float, float]:
        """What a call in dispute costs on this KVM code and MMU: ns, low, high.

        On average over those that only one of the two makes; zeros where there is none.
        """
        extra = {item: n for item, n in self.fewer.items() if item in ASKING}
        total = sum(map(abs, extra.values()))
        if not total:
            return 0.0, 0.0, 0.0
        prices = [
            (self.costs.ns(name), *self.costs.bounds(name), abs(n))
            for (_, name), n in extra.items()
        ]
        ns, low, high = (sum(p[i] * p[3] for p in prices) / total for i in range(3))
        return ns, low, high

    @property
    def parts(self) -> pl.DataFrame:
        """What asking saves and spends, the largest part first; sums to `difference` (`parts`).

        Calls in dispute are paid at their own prices.
        """
        return parts(self.fewer, self.costs)

    @property
    def levers(self) -> pl.DataFrame:
        """How far each price moves `difference` within its range, the widest first.

        price, ns, low, high; at_low, at_high: ms saved in all with this price alone at that end;
        turns_at: its value, ns, at which asking neither saves nor costs (null: no value from 0 up);
        decides: whether that lies within its range.
        """
        rows = []
        for name, count in _by_price(self.fewer.items()).items():
            ns, ends = self.costs.ns(name), self.costs.bounds(name)
            at = [(self.difference + count * (end - ns)) / 1e6 for end in ends]
            turns = ns - self.difference / count
            within = ends[0] <= turns <= ends[1] and ends[0] < ends[1]
            rows.append((name, ns, *ends, *at, turns if turns >= 0 else None, within))
        schema: dict[str, pl.DataType | type[pl.DataType]] = {"price": pl.String}
        names = ("ns", "low", "high", "at_low", "at_high", "turns_at")
        schema |= dict.fromkeys(names, pl.Float64) | {"decides": pl.Boolean}
        frame = pl.DataFrame(rows, schema, orient="row")
        moved = (pl.col("at_high") - pl.col("at_low")).abs()
        return frame.sort(moved, descending=True, maintain_order=True)

    def _undisputed(self) -> list[tuple[Item, int]]:
        return [(item, count) for item, count in self.fewer.items() if item not in ASKING]


def _by_price(paid: Iterable[tuple[Item, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_, name), count in paid:
        found[name] = found.get(name, 0) + count
    return {name: count for name, count in found.items() if count}


def on_kvms(
    scenario: Scenario,
    asks: str,
    instead: str,
    costs: Costs | None = None,
    *,
    mmu: str = DEFAULT_MMU,
    kvms: Sequence[str] = ("6.12", "6.13", "6.15"),
    rules: str = NEWEST,
) -> dict[str, Threshold]:
    """The same two policies on several KVM codes: what locks and flushes alone change."""
    return {
        kvm: threshold(scenario, asks, instead, costs, mmu=mmu, kvm=kvm, rules=rules)
        for kvm in kvms
    }


def threshold(
    scenario: Scenario,
    asks: str | Kernel = "proposed",
    instead: str | Kernel = "existing",
    costs: Costs | None = None,
    *,
    mmu: str = DEFAULT_MMU,
    kvm: str = "",
    rules: str = NEWEST,
    releases: bool = False,
    traces: Sequence[Path | str] = (),
) -> Threshold:
    """Where `asks` breaks even with `instead` on `scenario`: two policies on the same KVM code.

    Names are read as `Kernel.parse` reads them, on the host that `mmu` says, on `kvm`'s code
    (`comparable.COMMON_KVM`) and the same `rules`; as `releases` each has its own KVM code and
    rules. Raises ValueError for kernels of different hosts, and of different rules unless they are
    releases, and what `run` raises.
    """
    kernels = comparable.alike(
        (asks, instead), rules="" if releases else rules, kvm=kvm, releases=releases, mmu=mmu
    )
    first, second = kernels
    for what in ("mmu",) if releases else ("mmu", "rules"):
        ours, theirs = getattr(first, what), getattr(second, what)
        if ours != theirs:
            raise ValueError(
                f"{first.name} has {what} {ours}, {second.name} {theirs}: allowed are the same"
            )
    asking, existing = (run(scenario, kernel, traces=traces) for kernel in kernels)
    mine, other = comparable.names(kernels)
    return Threshold(
        asks=mine,
        instead=other,
        asking=counts(asking),
        existing=counts(existing),
        costs=costs or Costs(),
        compared=comparable.in_words(kernels),
        same_pages=asking.pages == existing.pages,
    )
