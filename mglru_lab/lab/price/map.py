"""Break-even prices by memory share and guest share: a point is two runs, priced afterwards."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import polars as pl

from mglru_lab.lab.price.costs import Costs
from mglru_lab.lab.price.threshold import Threshold, threshold
from mglru_lab.lab.price.verdict import verdict
from mglru_lab.policy.kernel import NEWEST
from mglru_lab.policy.mmu import DEFAULT_MMU
from mglru_lab.scenario.workloads import mix

MEMORY = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class ThresholdMap:
    """Thresholds by (memory share, guest's share of the accesses)."""

    thresholds: dict[tuple[float, float], Threshold]

    def at(self, costs: Costs) -> "ThresholdMap":
        """The same runs at other prices."""
        return ThresholdMap({where: found.at(costs) for where, found in self.thresholds.items()})

    @property
    def compared(self) -> str:
        """What is compared, policies or releases, in one sentence."""
        return next(iter(self.thresholds.values())).compared

    @property
    def frame(self) -> pl.DataFrame:
        """One row per point: memory, guest, break_even, low, high (null: no call is in dispute).

        verdict and kind (verdict.py), saved_ms at the prices as they are, calls in dispute.
        """
        rows = []
        for where, found in self.thresholds.items():
            made = verdict(found)
            numbers = (found.break_even, made.low, made.high)
            said = (made.short, made.kind, found.difference / 1e6, found.calls)
            rows.append((*where, *numbers, *said))
        schema = {
            "memory": pl.Float64,
            "guest": pl.Float64,
            "break_even": pl.Float64,
            "low": pl.Float64,
            "high": pl.Float64,
            "verdict": pl.String,
            "kind": pl.String,
            "saved_ms": pl.Float64,
            "calls": pl.Int64,
        }
        return pl.DataFrame(rows, schema, orient="row").fill_nan(None)


def threshold_map(
    asks: str = "proposed",
    instead: str = "existing",
    costs: Costs | None = None,
    *,
    memory: Sequence[float] = MEMORY,
    guest: Sequence[float] = SHARES,
    mmu: str = DEFAULT_MMU,
    kvm: str = "",
    rules: str = NEWEST,
    pages: int = 2048,
    length: int = 32768,
    seed: int = 1,
) -> ThresholdMap:
    """The map of `workloads.mix`: `memory` shares of its pages, `guest` shares of its accesses.

    Policies on the same KVM code, as `threshold` compares them.
    """
    for share in guest:
        if not 0 <= share <= 1:
            raise ValueError(f"guest {share:g}: allowed is a share of the accesses, 0 to 1")
    thresholds = {}
    with tempfile.TemporaryDirectory() as name:
        for limit, share in product(memory, guest):
            scenario = mix(pages, length, seed, share).scenario(Path(name), limit)
            thresholds[limit, share] = threshold(
                scenario, asks, instead, costs, mmu=mmu, kvm=kvm, rules=rules
            )
    return ThresholdMap(thresholds)
