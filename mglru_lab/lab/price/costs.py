"""`Costs`: prices on a run's counts, after the fact: a new price needs no new run."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from mglru_lab.choose import choose
from mglru_lab.lab.price.contention import Contention
from mglru_lab.lab.price.prices import PRICES, SWAP, Price
from mglru_lab.lab.run.run import Run, lock_text
from mglru_lab.policy.mmu import DEFAULT_MMU, Lock
from mglru_lab.policy.policy import IN_VAIN, Where
from mglru_lab.scenario.language import Scenario

Item = tuple[str, str]
"""What is paid for: where it happened, and the price's name."""
Counts = Mapping[Item, int]

PRICED_KINDS = ("anon", "kvm")

EVENTS = {
    "PTE walked": "pte",
    "page promoted by the walk": "promote",
    "page promoted by look-around": "promote",
    "rmap walk": "rmap",
    "PTE looked at": "look_around_pte",
    "page swapped in": "swap_in",
    "page swapped out": "swap_out",
    "accessed bit set again": "retouch",
}
"""The price of each event that has one of its own; calls are priced by their lock."""


def lookup(lock: str) -> str:
    """The name of a call's price, by the lock as frames name it."""
    return "lookup_" + lock.replace("+", "_").replace(" ", "_")


LOCKED = tuple(lookup(lock.text) for lock in Lock if lock not in (Lock.NONE, Lock.READ))
"""Calls that make vCPUs' faults wait."""


def is_priced(scenario: Scenario) -> bool:
    """Whether all memory of a scenario is of a kind that has prices."""
    regions = (command for command in scenario.commands() if command.name == "region")
    return all(command.args[1] in PRICED_KINDS for command in regions)


def counts(run: Run) -> dict[Item, int]:
    """How often each price is paid in a run, by where.

    A call answers for one page; pages asked about beyond the calls were in batches. Raises
    ValueError for a file's pages, which come back from it at no price that is known here.
    """
    for command in run.scenario.commands():
        if command.name == "region" and command.args[1] not in PRICED_KINDS:
            raise command.error(f"kind {command.args[1]} has no price; allowed are anon and kvm")
    found: dict[Item, int] = {}
    for event, where, _, count in run.events.iter_rows():
        if event in EVENTS:
            found[where, EVENTS[event]] = found.get((where, EVENTS[event]), 0) + count
    asks = dict(_by_lock(run, "secondary MMU asked"))
    for (where, lock), calls in _by_lock(run, "notifier call"):
        found[where, lookup(lock)] = calls
        beyond = asks.get((where, lock), 0) - calls
        if beyond > 0:
            found[where, "batch_page"] = found.get((where, "batch_page"), 0) + beyond
    return found


def _by_lock(run: Run, event: str) -> list[tuple[tuple[str, str], int]]:
    rows = run.events.filter(event=event).select("where", "lock", "count").iter_rows()
    return [((where, lock), count) for where, lock, count in rows]


class Costs:
    """Nanoseconds an event, each with its range and source; `Costs(swap="nvme", rmap=400)`.

    `swap`: zram, nvme or disk. Other names are those of `prices.PRICES`, swap_in and swap_out; a
    value may be a number (its range is then that number) or a Price. Raises ValueError naming what
    is allowed.
    """

    def __init__(self, *, swap: str = "zram", **changed: "float | Price") -> None:
        choose("swap", swap, list(SWAP))
        self.swap = swap
        self.prices: dict[str, Price] = PRICES | SWAP[swap]
        for name, value in changed.items():
            choose("price", name, list(self.prices))
            price = value if isinstance(value, Price) else Price(value, value, value, "given")
            if not 0 <= price.low <= price.ns <= price.high < float("inf"):
                raise ValueError(f"price {name} {price[:3]}: allowed is 0 <= low <= ns <= high")
            self.prices[name] = price
        self._changed: dict[str, Any] = changed

    @classmethod
    def on_host(
        cls,
        swap: str = "zram",
        vcpus: int = 0,
        mmu: str = DEFAULT_MMU,
        fault_us: float | None = None,
        **changed: "float | Price",
    ) -> "Costs":
        """The prices on a host, the same in every notebook, panel and command.

        `vcpus` that fault meanwhile make locked calls wait (`contended`); with 0 nobody waits.
        """
        made = cls(swap=swap)
        if vcpus or fault_us is not None:
            made = made.contended(vcpus, fault_us, shadow=mmu == "x86-shadow")
        return made.but(**changed)

    def swapping_to(self, swap: str) -> "Costs":
        """The same prices with another swap device's."""
        kept = {name: value for name, value in self._changed.items() if name not in SWAP[self.swap]}
        return Costs(swap=swap, **kept)

    def but(self, **changed: "float | Price") -> "Costs":
        """The same prices but for these."""
        return Costs(swap=self.swap, **{**self._changed, **changed})

    def contended(self, vcpus: int, fault_us: float | None = None, shadow: bool = False) -> "Costs":
        """Prices of locked calls beside `vcpus` vCPUs that fault, by the contention model.

        `fault_us`: how often each of them faults; not said: as fast as it can, the worst case.
        `shadow`: a shadow MMU's faults, which take the lock for write. What the vCPUs lose is part
        of the price. Ranges: the model's worst errors about times that it had not seen,
        0.7 and 1.4 times the waiting, and their squares.
        """
        if vcpus < 1:
            raise ValueError(f"vcpus {vcpus}: allowed are 1 and more")
        if fault_us is not None and fault_us <= 0:
            raise ValueError(f"fault_us {fault_us:g}: allowed is above 0")
        queue = Contention().locked(vcpus, fault_us, shadow)
        source = f"a lockless call and the model's wait beside {vcpus} vCPUs"
        call, wait, lost = self.prices["lookup_none"], queue.wait_ns, queue.vcpus_wait_ns
        locked = Price(call.ns + wait, call.low + 0.7 * wait, call.high + 1.4 * wait, source)
        flush = self.prices["lookup_write_tlbflush"]
        return self.but(
            lookup_write=locked,
            lookup_exclusive=locked,
            lookup_write_tlbflush=Price(
                flush.ns + wait, flush.low + 0.7 * wait, flush.high + 1.4 * wait, source
            ),
            vcpu_wait=Price(lost, 0.5 * lost, 2 * lost, "the model's: half of the squared wait"),
        )

    def ns(self, name: str) -> float:
        """One price, what the vCPUs lose included where the call takes a lock."""
        waits = self.prices["vcpu_wait"].ns if name in LOCKED else 0
        return self.prices[name].ns + waits

    def bounds(self, name: str) -> tuple[float, float]:
        """The range of one price."""
        waits = self.prices["vcpu_wait"] if name in LOCKED else Price(0, 0, 0, "")
        price = self.prices[name]
        return price.low + waits.low, price.high + waits.high

    def total(self, run: "Run | Counts") -> float:
        """Nanoseconds in all."""
        found = counts(run) if isinstance(run, Run) else run
        return sum(count * self.ns(name) for (_, name), count in found.items())

    def bill(self, run: "Run | Counts") -> pl.DataFrame:
        """What was paid for, the most expensive first: where, price, count, ns_each, ms."""
        found = counts(run) if isinstance(run, Run) else run
        rows = [
            (where, name, count, self.ns(name), count * self.ns(name) / 1e6)
            for (where, name), count in found.items()
            if count
        ]
        schema = {
            "where": pl.String,
            "price": pl.String,
            "count": pl.Int64,
            "ns_each": pl.Float64,
            "ms": pl.Float64,
        }
        return pl.DataFrame(rows, schema, orient="row").sort("ms", descending=True)

    def table(self) -> pl.DataFrame:
        """Every price: price, ns, low, high, source."""
        rows = [(name, *price) for name, price in self.prices.items()]
        return pl.DataFrame(rows, ["price", "ns", "low", "high", "source"], orient="row")


ASKING = tuple(
    (where.text, name)
    for where in (Where.AGING, Where.LOOK_AROUND)
    for name in [lookup(lock_text(kind)) for kind in range(IN_VAIN + 1)]
)
"""The calls in dispute: those of walks and windows. Eviction asks in every variant."""
