"""Proactive passes during a replay: age and evict by debugfs, or write to memory.reclaim."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mglru_lab.kernel import debugfs
from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import PTE_PRESENT, Lruvec
from mglru_lab.kernel.memcontrol import memory_reclaim
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.workingset import MAX_SWAPPINESS
from mglru_lab.policy.policy import Policy


@dataclass
class Passes:
    """How often, of what kind, and what each pass found; `every` 0 is off.

    `args`: for age the distance of the generations to evict and the most pages, for reclaim the
    pages to free.
    """

    every: int = 0
    left: int = 0
    kind: str = "walk"
    args: tuple[int, int] = (3, 10**6)
    rows: list[dict[str, int]] = field(default_factory=list)

    def due(self, accesses: int) -> bool:
        """Whether a pass follows after `accesses` more accesses."""
        if not self.every:
            return False
        self.left -= accesses
        if self.left:
            return False
        self.left = self.every
        return True

    def make(
        self, vs: Sequence[Lruvec], rules: Rules, policy: Policy, regions: Sequence[slice]
    ) -> None:
        """One pass over all memcgs; a row of what it did is kept."""
        v = vs[0]
        before = _resident(v, regions)
        if self.kind == "reclaim":
            memory_reclaim(v, rules, policy, self.args[0])
        for v in vs if self.kind != "reclaim" else ():
            seq = int(v.lru.max_seq) + 1 - self.args[0]
            debugfs.run_aging(v, rules, policy, True)
            if self.kind == "age" and seq >= 0:
                debugfs.run_eviction(v, rules, policy, seq, MAX_SWAPPINESS, self.args[1])
        row = {"pass": len(self.rows) + 1, "accesses": int(v.stat.accesses)}
        for region, (were, are) in enumerate(zip(before, _resident(v, regions), strict=True)):
            row |= {f"resident_before_{region}": were, f"resident_{region}": are}
        row |= {name: int(v.stat[name]) for name in ("pgscan", "pgsteal", "pgmajfault")}
        self.rows.append(row | {"max_seq": int(vs[0].lru.max_seq)})


def _resident(v: Lruvec, regions: Sequence[slice]) -> list[int]:
    return [int(np.count_nonzero(Folios(v, where).pte == PTE_PRESENT)) for where in regions]
