"""Scenarios in which look-around rules differ; a kernel with a switch recorded the first three."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from mglru_lab.kernel.features import enabled_show
from mglru_lab.lab.run.comparison import Comparison, compare
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario

_TOUCH_ALL_KINDS = "touch 0 512\nutouch 1024 1536\ntouch 2048 4096 64\n"

_SINK = "region 4096 kvm\ntouch 0 4096\nsettle\nage 1 1\nage 1 1\nage 1 1\ndump o0\n"


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
        _SINK
        + "touch 0 512 64\nage 1 1\ndump p1\nevict old\ndump p2\n"
        + "".join(
            f"touch 0 512\nsettle\nage 1 0\ndump p{n}\n"
            f"touch 0 512\nsettle\nevict old\ndump p{n + 1}\n"
            for n in range(3, 17, 2)
        ),
    ),
    "bloom": Case(
        "Dense and sparse page tables",
        "A guest uses all of one page table and 32 pages of others; userspace uses all of another "
        "one. Eviction's look-around tells the next walk which tables are worth a visit.",
        "step: eviction, aging, eviction, aging ...",
        _SINK
        + "".join(
            f"{_TOUCH_ALL_KINDS}{command}\ndump o{n}\n"
            for n, command in enumerate(
                ("evict old", "age 1 0", "evict old", "age 1 0", "evict old", "age 1 0",
                 "age 1 1", "evict old", "age 1 0"), start=1)
        ),
    ),
    "share50": Case(
        "Host and guest in too little memory",
        "A host process and its guest share memory for 4096 pages, half of what they use. Each has "
        "4096 pages, used by a Zipf distribution; half of the 131072 accesses are the guest's.",
        "accesses / 2048",
        "fifo 1\nyield 1\nregion 4096 anon\nregion 4096 kvm\nlimit 4096\ntrace m_share50\n"
        "replaymarks 0 131072 64\nsettle\nstat end\n",
    ),
    "nested": Case(
        "A guest with a nested guest",
        "A third of the guest's pages are mapped for a nested guest. A call about these may take a "
        "lock, fail, or see only one of their two entries.",
        "accesses / 2048",
        "fifo 1\nregion 8192 kvm nested=0.33\nlimit 4096\ntrace zipf10_20\n"
        "replaymarks 0 131072 64\nsettle\nstat end\n",
    ),
}  # fmt: skip
