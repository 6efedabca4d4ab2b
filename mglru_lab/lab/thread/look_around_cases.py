"""Scenarios in which look-around rules differ; a kernel with a switch recorded the first three."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from mglru_lab.kernel.features import enabled_show
from mglru_lab.lab.run.comparison import Comparison, compare
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario import examples
from mglru_lab.scenario.language import Scenario


@dataclass(frozen=True)
class Case:
    """A scenario without its `enabled` line, and what it shows."""

    title: str
    what: str
    axis: str
    text: str

    def scenario(self, kernel: Kernel) -> Scenario:
        """The scenario, with the feature bits that the kernel boots with."""
        return Scenario(f"enabled {enabled_show(int(kernel.enabled))}\n{self.text}", self.title)

    def compare(self, kernels: Iterable[Kernel]) -> Comparison:
        """It, on these kernels as posted, each with its own KVM code, with the bits of the first.

        What a posting's calls lock is its KVM code's matter, so postings are compared whole.
        """
        kernels = list(kernels)
        return compare(self.scenario(kernels[0]), kernels, releases=True)

    def scanned(self, result: Comparison) -> pl.DataFrame:
        """Pages scanned since the start, step by step: option, step, value."""
        rows = [
            (name, step, snapshot.counters["pgscan"])
            for name, made in result.runs.items()
            for step, snapshot in enumerate(made.snapshots.values())
        ]
        return pl.DataFrame(rows, ["option", "step", "value"], orient="row")


CASES = {
    "regrow": Case(
        "A page table that was sparse once",
        "A guest uses 8 of the 512 pages of one page table, then all of them. Agings are not "
        "forced, an eviction comes after each. Does a walk ever see this table again?",
        "step: aging, eviction, aging, eviction ...",
        examples.commands("look_around"),
    ),
    "bloom": Case(
        "Dense and sparse page tables",
        "A guest uses all of one page table and 32 pages of others; userspace uses all of another "
        "one. Eviction's look-around tells the next walk which tables are worth a visit.",
        "step: eviction, aging, eviction, aging ...",
        examples.commands("bloom"),
    ),
    "share50": Case(
        "Host and guest in too little memory",
        "A host process and its guest share memory for 4096 pages, half of what they use. Each has "
        "4096 pages, used by a Zipf distribution; half of the 131072 accesses are the guest's.",
        "accesses / 2048",
        examples.commands("host_and_guest"),
    ),
    "nested": Case(
        "A guest with a nested guest",
        "A third of the guest's pages are mapped for a nested guest. A call about these may take a "
        "lock, fail, or see only one of their two entries.",
        "accesses / 2048",
        examples.commands("nested_guest"),
    ),
}
"""By name; their commands are files of data/scenarios."""
