"""The story of a small memory, page by page: written, used in part, aged, evicted, brought back."""

import re
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from mglru_lab.choose import choose
from mglru_lab.kernel.lruvec import MAX_NR_GENS
from mglru_lab.lab.run.run import SWAPPED, Run, run
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario

PLACES = {
    "0": "youngest",
    "1": "1 behind",
    "2": "2 behind",
    "3": "3 behind (oldest possible)",
    "s": "swapped out",
}
STEPS = {
    "written": "all written",
    "aged": "aged",
    "used": "the first ones used, then aged",
    "idle": "aged, nothing used",
    "evicted": "some old ones used, then evicted",
    "returned": "all others used",
}
"""The story's steps, by the label of the dump that ends each."""
USERS = {"userspace": "anon", "guest": "kvm"}


@dataclass(frozen=True, kw_only=True)
class Memory:
    """So many `pages`, of which the first `used` ones are in use; `late` old ones are used again.

    `user`: userspace, or a guest, whose accesses only the secondary MMU shows.
    """

    pages: int = 64
    used: int = 32
    late: int = 4
    user: str = "userspace"

    def __post_init__(self) -> None:
        if not 2 <= self.pages <= 512:
            raise ValueError(f"pages {self.pages}: allowed are 2 to 512, one page table")
        if not 1 <= self.used < self.pages:
            raise ValueError(f"used {self.used}: allowed are 1 to {self.pages - 1}")
        if not 0 <= self.late <= self.pages - self.used:
            raise ValueError(f"late {self.late}: allowed are 0 to {self.pages - self.used}")
        choose("user", self.user, list(USERS))

    @property
    def scenario(self) -> Scenario:
        """The story, as a real kernel can run it, too."""
        size, used = self.pages, self.used
        late = f"touch {used} {used + self.late}\n" if self.late else ""
        return Scenario(
            f"region {size} {USERS[self.user]}\n"
            f"touch 0 {size}\nsettle\ndump written\n"
            "age\ndump aged\n"
            f"touch 0 {used}\nage\ndump used\n"
            "age\ndump idle\n"
            f"{late}evict old\ndump evicted\n"
            f"touch {used} {size}\nsettle\ndump returned\n",
            "a small memory, page by page",
        )

    def by(self, user: str) -> "Memory":
        """The same, used by somebody else."""
        return replace(self, user=user)

    def tell(self, kernel: Kernel) -> Run:
        """The story on a kernel."""
        return run(self.scenario, kernel)


def only_aged(pages: int, agings: int, kernel: Kernel) -> Run:
    """So many pages of userspace, written and then aged again and again; dumps 0, 1, 2 ..."""
    if not 1 <= agings <= 20:
        raise ValueError(f"agings {agings}: allowed are 1 to 20")
    text = f"region {pages} anon\ntouch 0 {pages}\nsettle\ndump 0\n"
    text += "".join(f"age\ndump {n}\n" for n in range(1, agings + 1))
    return run(Scenario(text, "aged again and again"), kernel)


def until(step: str) -> dict[str, str]:
    """The story's steps up to this one; raises ValueError for another."""
    choose("step", step, list(STEPS))
    return dict(list(STEPS.items())[: list(STEPS).index(step) + 1])


def spans(told: Run, labels: dict[str, str], name: str) -> pl.DataFrame:
    """Runs of pages in one place at these dumps: who (`name`), step, first page, end, place."""
    rows = [
        (name, step, at.start(), at.end(), PLACES[at.group(1)])
        for label, step in labels.items()
        for at in re.finditer(r"(.)\1*", told.page_map(label).tobytes().decode())
    ]
    return pl.DataFrame(rows, ["who", "step", "first", "end", "place"], orient="row")


def generations(told: Run, labels: dict[str, str]) -> pl.DataFrame:
    """The generations at these dumps: step, sequence numbers min to max, pages in each, old first.

    Anonymous pages; a generation keeps its number and falls further behind max_seq.
    """
    rows = []
    for label, step in labels.items():
        part = told.generations.filter(pl.col("dump") == label, pl.col("type") == "anon")
        sizes = ", ".join(f"{seq}: {pages}" for seq, pages in part.select("seq", "pages").rows())
        rows.append((step, part["seq"].min(), part["seq"].max(), sizes))
    return pl.DataFrame(rows, ["step", "min_seq", "max_seq", "pages by generation"], orient="row")


def where(told: Run, label: str) -> dict[str, int]:
    """How many pages are in each place at a dump, empty places left out."""
    found = told.page_generations(label)
    counts = {
        name: int(np.count_nonzero(found == place))
        for place, name in zip((*range(MAX_NR_GENS), SWAPPED), PLACES.values(), strict=True)
    }
    return {name: count for name, count in counts.items() if count}


def between(told: Run, before: str, after: str, counter: str) -> int:
    """How much a counter grew between two dumps."""
    return told.counters(after)[counter] - told.counters(before)[counter]
