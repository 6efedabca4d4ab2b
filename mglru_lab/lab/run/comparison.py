"""`compare`: one scenario on several kernels, side by side, the differences that matter first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mglru_lab.lab.run.run import Run, run
from mglru_lab.policy import comparable
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario

MATTERS = (
    "pgmajfault",
    "host_majflt",
    "guest_majflt",
    "pgscan",
    "rescues",
    "pgsteal",
    "asks_aging",
    "asks_eviction",
    "asks_lookaround",
    "calls_aging",
    "calls_eviction",
    "calls_lookaround",
    "ptes_walked",
    "rmap_walks",
    "agings",
    "max_seq",
)
"""Counters in the order in which a reader wants them: what it costs users, then the kernel."""


@dataclass(frozen=True)
class Comparison:
    """The runs of one scenario, by the kernels' names; the first is the baseline."""

    scenario: Scenario
    runs: dict[str, Run]

    @property
    def names(self) -> list[str]:
        """The kernels, in order."""
        return list(self.runs)

    @property
    def compared(self) -> str:
        """What is compared, policies or releases, in one sentence."""
        return comparable.in_words([made.kernel for made in self.runs.values()], self.names)

    @property
    def notes(self) -> list[str]:
        """What has to be said of the kernels: that some were never released like this."""
        return comparable.notes([made.kernel for made in self.runs.values()])

    @property
    def same_pages(self) -> list[str]:
        """The kernels on which every page went the baseline's way."""
        base = self.runs[self.names[0]].pages
        return [name for name in self.names[1:] if self.runs[name].pages == base]

    @cached_property
    def counters(self) -> pl.DataFrame:
        """Every counter at the last label: counter, one column per kernel, whether they differ.

        Those that differ come first, each part in the order of `MATTERS`.
        """
        last = {name: made.end for name, made in self.runs.items()}
        known = [c for c in MATTERS if c in last[self.names[0]]]
        known += [c for c in last[self.names[0]] if c not in MATTERS]
        frame = pl.DataFrame(
            {"counter": known}
            | {name: [counters[c] for c in known] for name, counters in last.items()}
        )
        differs = pl.any_horizontal(pl.col(name) != pl.col(self.names[0]) for name in self.names)
        return frame.with_columns(differs=differs).sort(
            "differs", descending=True, maintain_order=True
        )

    @cached_property
    def events(self) -> pl.DataFrame:
        """What costs time: event, where, lock, one column per kernel."""
        keys = ["event", "where", "lock"]
        frames = [made.events.rename({"count": name}) for name, made in self.runs.items()]
        joined = frames[0]
        for frame in frames[1:]:
            joined = joined.join(frame, on=keys, how="full", coalesce=True, maintain_order="left")
        joined = joined.with_columns(pl.col(self.names).fill_null(0))
        return joined.filter(pl.any_horizontal(pl.col(name) > 0 for name in self.names))

    @cached_property
    def maps(self) -> pl.DataFrame:
        """Per dump and region: how many pages are in another place than on the baseline.

        Columns: dump, region (0, or 1 the guest's in mixed memory), kernel, pages, differing.
        """
        first = self.runs[self.names[0]]
        rows = []
        for label, snapshot in first.snapshots.items():
            for region, base in enumerate(snapshot.maps):
                for name in self.names:
                    there = self.runs[name].page_map(label, region)
                    differing = int(np.count_nonzero(there != base))
                    rows.append((label, region, name, base.size, differing))
        schema = ["dump", "region", "kernel", "pages", "differing"]
        return pl.DataFrame(rows, schema, orient="row")

    @cached_property
    def generations(self) -> pl.DataFrame:
        """Pages by distance from the youngest generation: kernel, dump, distance, pages."""
        frames = [
            made.generations.group_by("dump", "distance", maintain_order=True)
            .agg(pl.col("pages").sum())
            .with_columns(kernel=pl.lit(name))
            .select("kernel", "dump", "distance", "pages")
            for name, made in self.runs.items()
        ]
        return pl.concat(frames)

    @cached_property
    def switched(self) -> pl.DataFrame:
        """What `enabled` read at the end: kernel, set, reads, and what that leaves unused."""
        rows = []
        for name, made in self.runs.items():
            record, shown = made.kernel.record, made.kernel.reads_back(made.enabled)
            off = record.knows_bit and not int(shown, 16) & 8
            note = "bit 0x8 has no effect: its walks do not ask" if off else ""
            rows.append((name, f"0x{made.enabled:04x}", shown, note))
        return pl.DataFrame(rows, ["kernel", "set", "reads", "note"], orient="row")


def compare(
    scenario: Scenario,
    kernels: Iterable[Kernel | str],
    *,
    rules: str = "",
    kvm: str = "",
    releases: bool = False,
    traces: Sequence[Path | str] = (),
    **host: Any,
) -> Comparison:
    """Run `scenario` on each kernel (a `Kernel`, or its name) and set the results side by side.

    Policies are compared, on the same `rules` and the same KVM code (`kvm`, by default
    `comparable.COMMON_KVM`); as `releases` each has its own. `host`: fields for kernels that are
    names, such as mmu.
    Raises ValueError for two kernels of the same name, and what `run` raises.
    """
    given = list(kernels)
    made = comparable.alike(given, rules=rules, kvm=kvm, releases=releases, **host)
    if not made:
        raise ValueError("kernels is empty; allowed are one or more")
    names = comparable.names(made)
    if releases:  # by the name that each was given
        names = [one if isinstance(one, str) else one.name for one in given]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"kernels: {twice[0]} is there twice; allowed is each once")
    pairs = zip(names, made, strict=True)
    return Comparison(scenario, {name: run(scenario, k, traces=traces) for name, k in pairs})
