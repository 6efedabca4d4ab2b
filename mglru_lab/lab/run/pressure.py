"""A guest's page trace in less memory than it touches, on several kernels."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from mglru_lab.kernel.features import ALL, Enabled, enabled_show, enabled_store
from mglru_lab.kernel.replay import PAGE_MASK
from mglru_lab.policy import comparable
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.mmu import DEFAULT_MMU
from mglru_lab.policy.variants import NAMES
from mglru_lab.scenario.language import Scenario
from mglru_lab.scenario.traces.entries import Entries, load_trace, read_quanta
from mglru_lab.scenario.workloads import limit_for

MARKS = 150
"""Moments at which counters are looked at: enough for a smooth chart and a small page."""


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """The configuration: nothing else decides what comes out.

    `trace`: a Parquet or raw trace (by path, or by name from data/), or a workload such as
    zipf10_20. `memory`: how much of the pages that the trace touches fits into memory. `seed`:
    of a workload; 0 is that of the recorded one, and a trace file needs none. `kernels`: kernels,
    or names as `Kernel.parse` reads them, such as existing, v4+kconfig or 6.12:primary, on the host
    that `mmu` says.
    """

    trace: str = "guest.parquet"
    memory: float = 0.5
    kernels: tuple[str | Kernel, ...] = ("6.1", "6.12")
    enabled: str = "y"
    seed: int = 0
    mmu: str = DEFAULT_MMU

    def __post_init__(self) -> None:
        object.__setattr__(self, "kernels", tuple(self.kernels))
        if not 0 < self.memory <= 1:
            raise ValueError(
                f"memory {self.memory} is not a share of the trace's pages; allowed are 0 to 1"
            )
        if not self.kernels:
            raise ValueError(f"kernels is empty; allowed are {', '.join(NAMES)}")
        names = [self.kernel(given).name for given in self.kernels]
        if len(set(names)) < len(names):
            raise ValueError(f"kernels {', '.join(names)}: allowed is each once")
        if self.seed < 0:
            raise ValueError(f"seed {self.seed} is negative; allowed are 0 and above")
        bits = enabled_store(self.enabled, ALL | Enabled.SECONDARY_MMU)
        yes = self.enabled[:1] in ("y", "Y")
        object.__setattr__(self, "enabled", "y" if yes else enabled_show(bits))
        object.__setattr__(self, "trace", str(self.trace))
        _ = self.entries

    def kernel(self, given: str | Kernel) -> Kernel:
        """One of the kernels; a name is one on this configuration's host."""
        return given if isinstance(given, Kernel) else Kernel.parse(given, mmu=self.mmu)

    @cached_property
    def _found(self) -> tuple[str, Entries]:
        return load_trace(self._name, [Path(self.trace).parent])

    @property
    def _name(self) -> str:
        name = Path(self.trace).name
        return f"{name}@{self.seed}" if self.seed and "." not in name else name

    @property
    def entries(self) -> Entries:
        """The accesses, one 32-bit word each."""
        return self._found[1]

    @cached_property
    def pages(self) -> int:
        """Different pages that the trace touches."""
        return int(np.unique(self.entries & np.uint32(PAGE_MASK)).size)

    @property
    def resident(self) -> int:
        """The pages that fit into memory."""
        return max(round(self.memory * self.pages), 1)

    @property
    def scenario(self) -> Scenario:
        """The scenario that is run; it runs on a real kernel, too."""
        region = int((self.entries & np.uint32(PAGE_MASK)).max()) + 1
        limit = limit_for(self.resident, 0, region)
        text = (
            f"enabled {self.enabled}\nregion {region} kvm\nlimit {limit}\ntrace {self._name}\n"
            f"replaymarks 0 {self.entries.size} {MARKS}\nsettle\ndump end\n"
        )
        return Scenario(text, f"{self._name} in {self.resident} pages", Path(self._found[0]).parent)

    def times(self) -> list[float]:
        """When each mark was: quanta of the trace, or thousands of accesses where it has none.

        The records of a quantum are assumed to be spread evenly over it.
        """
        ends = np.array([self.entries.size * mark // MARKS for mark in range(1, MARKS + 1)])
        if not self._found[0].endswith(".parquet"):
            return [end / 1000 for end in ends.tolist()]
        quanta = read_quanta(Path(self._found[0]))["t"].to_numpy().astype(np.int64)
        last = quanta[np.maximum(ends - 1, 0)]
        first, end = np.searchsorted(quanta, last), np.searchsorted(quanta, last, side="right")
        times: list[float] = np.round(last + (ends - first) / (end - first), 3).tolist()
        return times

    @property
    def time_axis(self) -> str:
        """What the numbers of `times` mean."""
        if self._found[0].endswith(".parquet"):
            return "time (quanta of the trace)"
        return "time (thousands of accesses)"

    def configuration(self) -> pl.DataFrame:
        """Everything that decided the results, as a table: what, value."""
        source = Path(self._found[0])
        checksum = hashlib.sha256(self.entries.astype("<u4").tobytes()).hexdigest()
        seed = (
            "none: the trace is a file"
            if source.is_file()
            else str(self.seed or "the recorded one's")
        )
        rows = {
            "trace": f"{source.name}: {self.entries.size} accesses to {self.pages} pages",
            "sha256 of the accesses": checksum,
            "memory": f"{self.memory:g} of the pages, {self.resident} pages",
            "kernels": ", ".join(self.kernel(given).name for given in self.kernels),
            "compared": comparable.in_words([self.kernel(given) for given in self.kernels]),
            "enabled": self.enabled,
            "secondary MMU": self.mmu,
            "seed": seed,
        }
        return pl.DataFrame({"what": list(rows), "value": list(rows.values())})
