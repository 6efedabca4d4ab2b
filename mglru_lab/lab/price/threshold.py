"""The threshold: at which price of a call asking the secondary MMU while aging stops to pay.

What a run costs is its counts times the prices, so it is linear in each price. Between two runs of
one scenario everything but the calls in dispute (`costs.ASKING`: those of walks and windows) comes
to a saving, and the break-even price is that saving a call: two runs, no search.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from mglru_lab.lab.price.costs import ASKING, Costs, Counts, counts
from mglru_lab.lab.run.run import run
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.mmu import DEFAULT_MMU
from mglru_lab.scenario.language import Scenario

PARTS = {
    "pages swapped in": ("swap_in",),
    "pages swapped out": ("swap_out",),
    "rmap walks": ("rmap",),
    "walked and looked-around entries": ("pte", "look_around_pte"),
    "promotions": ("promote",),
    "accessed bits set again": ("retouch",),
    "pages in batches": ("batch_page",),
}
"""What is saved or spent, by the prices that make it; calls come beside, by who makes them."""


def part_of(where: str, name: str) -> str:
    """The part that a paid item belongs to."""
    if name.startswith("lookup_"):
        return "calls in dispute" if (where, name) in ASKING else "calls at eviction"
    return next(part for part, names in PARTS.items() if name in names)


@dataclass(frozen=True)
class Threshold:
    """Two runs' counts, compared at some prices; nothing is run again when these change."""

    asks: str
    instead: str
    asking: Counts
    existing: Counts
    costs: Costs

    def at(self, costs: Costs) -> "Threshold":
        """The same runs at other prices."""
        return Threshold(self.asks, self.instead, self.asking, self.existing, costs)

    @cached_property
    def fewer(self) -> dict[tuple[str, str], int]:
        """How much less often each item is paid for by asking than by the other."""
        items = self.asking.keys() | self.existing.keys()
        return {
            item: self.existing.get(item, 0) - self.asking.get(item, 0) for item in sorted(items)
        }

    @cached_property
    def calls(self) -> int:
        """Calls in dispute that asking makes more than the other."""
        return -sum(count for item, count in self.fewer.items() if item in ASKING)

    @cached_property
    def saved(self) -> float:
        """Nanoseconds that asking saves in all that is not in dispute."""
        return sum(
            count * self.costs.ns(item[1])
            for item, count in self.fewer.items()
            if item not in ASKING
        )

    @property
    def price(self) -> float | None:
        """The break-even price of a call, ns; None where `verdict` is never, always or equal."""
        if self.calls == 0 or self.saved / self.calls <= 0:
            return None
        return self.saved / self.calls

    @property
    def verdict(self) -> str:
        """never, always or equal, or below or above which price asking pays."""
        price = self.price
        if price is not None:
            return f"{'below' if self.calls > 0 else 'above'} {price:,.0f} ns"
        if self.calls == 0 and self.saved == 0:
            return "equal"
        return "always" if self.calls <= 0 and self.saved >= 0 else "never"

    @property
    def difference(self) -> float:
        """Nanoseconds that asking saves in all, its calls paid at their own prices."""
        return self.costs.total(self.existing) - self.costs.total(self.asking)

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Break-even price if every price is at the worse, and at the better end of its range.

        They are all wrong in the same direction: an outer bound. A price below 0 is never, or
        always where asking makes fewer calls.
        """
        if self.calls == 0:
            return float("nan"), float("nan")
        ends = [sorted(pair) for pair in self._ends()]
        return sum(low for low, _ in ends), sum(high for _, high in ends)

    @property
    def range_in_words(self) -> str:
        """The interval as text."""
        if self.calls == 0:
            return "none: both make as many calls by walks and windows"
        low, high = self.interval
        return f"{low:,.0f} to {high:,.0f} ns"

    def _ends(self) -> list[tuple[float, float]]:
        """What each price moves the break-even to: (at low, at high), summed over its items."""
        return [
            (count * low / self.calls, count * high / self.calls)
            for name, count in self._by_price().items()
            for low, high in [self.costs.bounds(name)]
        ]

    def _by_price(self) -> dict[str, int]:
        by_price: dict[str, int] = {}
        for item, count in self.fewer.items():
            if item not in ASKING and count:
                by_price[item[1]] = by_price.get(item[1], 0) + count
        return by_price

    @property
    def parts(self) -> pl.DataFrame:
        """What asking saves, and what it spends (negative): part, fewer, saved_ms, low, high.

        low and high: with all of its prices at the ends of their ranges. Calls in dispute are paid
        at their own prices. The parts sum to `difference`.
        """
        sums: dict[str, list[float]] = {}
        for (where, name), count in self.fewer.items():
            total = sums.setdefault(part_of(where, name), [0, 0, 0, 0])
            ends = sorted(count * ns for ns in self.costs.bounds(name))
            for i, value in enumerate((count, count * self.costs.ns(name), *ends)):
                total[i] += value
        rows = [
            (part, int(n), *(ns / 1e6 for ns in times))
            for part, (n, *times) in sums.items()
            if n or any(times)
        ]
        schema = {"part": pl.String, "fewer": pl.Int64}
        schema |= dict.fromkeys(("saved_ms", "low_ms", "high_ms"), pl.Float64)
        return pl.DataFrame(rows, schema, orient="row").sort("saved_ms", descending=True)

    @property
    def moves(self) -> pl.DataFrame:
        """Break-even with one price at either end of its range: price, at_low, at_high (ns)."""
        if self.calls == 0:
            return pl.DataFrame(schema={"price": pl.String, "at_low": float, "at_high": float})
        now = self.saved / self.calls
        rows = []
        for name, count in self._by_price().items():
            low, high = self.costs.bounds(name)
            each = [now + count * (end - self.costs.ns(name)) / self.calls for end in (low, high)]
            rows.append((name, *each))
        frame = pl.DataFrame(rows, ["price", "at_low", "at_high"], orient="row")
        size = (pl.col("at_high") - pl.col("at_low")).abs()
        return frame.sort(size, descending=True)


def threshold(
    scenario: Scenario,
    asks: str | Kernel = "proposed",
    instead: str | Kernel = "existing",
    costs: Costs | None = None,
    *,
    mmu: str = DEFAULT_MMU,
    traces: Sequence[Path | str] = (),
) -> Threshold:
    """Where `asks` breaks even with `instead` on `scenario`, both on the same rules.

    Names are read as `Kernel.parse` reads them, on the host that `mmu` says. Raises ValueError for
    kernels of different rules or hosts, and what `run` raises.
    """
    kernels = [
        given if isinstance(given, Kernel) else Kernel.parse(given, mmu=mmu)
        for given in (asks, instead)
    ]
    first, second = kernels
    for what in ("rules", "mmu"):
        ours, theirs = getattr(first, what), getattr(second, what)
        if ours != theirs:
            raise ValueError(
                f"{first.name} has {what} {ours}, {second.name} {theirs}: allowed are the same"
            )
    made = [counts(run(scenario, kernel, traces=traces)) for kernel in kernels]
    return Threshold(first.name, second.name, made[0], made[1], costs or Costs())
