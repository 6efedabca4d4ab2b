"""A policy of your own: what it sees, when it asks, what its questions are worth."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mglru_lab.lab.price.costs import Costs
from mglru_lab.lab.price.threshold import Threshold, threshold
from mglru_lab.lab.run.run import run
from mglru_lab.policy import comparable
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.mmu import Lock
from mglru_lab.policy.own_policy import Mask, Moment, OwnPolicy, Pages
from mglru_lab.scenario.language import Scenario

AWAKE, ASLEEP = 8, 20
"""Agings of the sleepy guest: awake, asleep, awake again."""


def what_is_seen(mmu: str, kvm: str) -> pl.DataFrame:
    """What an aging rule gets about eight pages, four of the host and four of a guest's.

    `kvm` names the variant whose KVM code would answer. Columns: page, whose, truly used (which no
    rule is told), then fields of `Pages`.
    """
    seen: list[Pages] = []

    def watches(pages: Pages, at: Moment) -> bool:
        """Asks about nothing, and notes what it could have known."""
        seen.append(pages)
        return False

    text = "region 4 anon\nregion 4 kvm\ntouch 0 4\ngtouch 0 4\nsettle\nage\n"
    text += "touch 0 2\ngtouch 0 2\nage\n"
    policy = OwnPolicy("watches", watches, kvm=kvm)
    run(Scenario(text, "eight pages"), Kernel(variant=policy, mmu=mmu))
    last = seen[-1]
    mine = np.concatenate([np.arange(4), np.flatnonzero(last.guest)[:4]])
    locks = [Lock(lock).text for lock in last.lock[mine]]
    return pl.DataFrame(
        {
            "page": range(8),
            "whose": ["host"] * 4 + ["guest"] * 4,
            "truly used": ["yes", "yes", "no", "no"] * 2,
            "guest": _words(last.guest[mine]),
            "present": _words(last.present[mine]),
            "primary_young": _words(last.primary_young[mine]),
            "distance": last.distance[mine].tolist(),
            "lock": locks,
        }
    )


def _words(marks: Mask) -> list[str]:
    return ["yes" if mark else "no" for mark in marks]


def sleepy(kernels: Sequence[Kernel]) -> pl.DataFrame:
    """A guest in use, asleep, in use again: questions by walks so far; option, step, value.

    A step is an aging; the guest's 2048 pages are used before each while it is awake.
    """
    awake = "touch 0 2048\nage\nstat {}\n"
    steps = [awake] * AWAKE + ["age\nstat {}\n"] * ASLEEP + [awake] * AWAKE
    text = "region 2048 kvm\ntouch 0 2048\nsettle\n"
    text += "".join(step.format(n) for n, step in enumerate(steps, start=1))
    rows = []
    for kernel, name in zip(kernels, comparable.names(kernels), strict=True):
        made = run(Scenario(text, "a guest that sleeps"), kernel)
        rows += [
            (name, step, snapshot.counters["asks_aging"])
            for step, snapshot in enumerate(made.snapshots.values(), start=1)
        ]
    return pl.DataFrame(rows, ["option", "step", "value"], orient="row")


def worth(
    scenario: Scenario, kernels: Sequence[Kernel], instead: Kernel, costs: Costs | None = None
) -> dict[str, Threshold]:
    """Each kernel against `instead` on one scenario, by its name: what its questions are worth."""
    found = (threshold(scenario, kernel, instead, costs) for kernel in kernels)
    return {one.asks: one for one in found}
