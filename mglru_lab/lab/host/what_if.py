"""What if: a guest uses part of a host's memory, and the kernel ages and evicts."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mglru_lab.lab.run.run import run
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario

MOST_PAGES = 8192
"""Pages of the model's memcg; a larger one of the host is scaled down to it."""
AGINGS = 3


def in_use_by_a_guest(
    pages: int, used: float, kernels: Sequence[str], mmu: str = ""
) -> pl.DataFrame:
    """What, and one column per kernel: counts in pages, or calls.

    A memcg of `pages` pages of guest memory; the guest keeps using the share `used` of them while
    the kernel ages, and then as many pages as are idle are to be evicted.
    """
    if not 0 <= used <= 1:
        raise ValueError(f"used {used}: allowed is a share, 0 to 1")
    if pages < 1:
        raise ValueError(f"pages {pages}: allowed are 1 and more")
    size = min(pages, MOST_PAGES)
    hot = round(size * used)
    again = f"touch 0 {hot}\n" if hot else ""
    text = f"enabled 7\nregion {size} kvm\ntouch 0 {size}\nsettle\n"
    text += f"age 1 1\n{again}" * AGINGS + "age 1 1\ndump aged\n"
    text += again + f"evict old 200 {max(size - hot, 1)}\ndump evicted\n"
    rows: dict[str, list[int]] = {}
    for name in kernels:
        kernel = Kernel.parse(name, **({"mmu": mmu} if mmu else {}))
        result = run(Scenario(text, "what if"), kernel)
        aged, left = result.page_generations("aged"), result.page_generations("evicted")
        before, after = result.counters("aged"), result.counters("evicted")
        idle = aged >= 2
        asked = result.events.filter(pl.col("event") == "secondary MMU asked")
        asked_by = {
            place: int(asked.filter(pl.col("where") == place)["count"].sum())
            for place in ("aging", "eviction")
        }
        rows[kernel.name] = [
            size,
            int(np.sum(idle)),
            int(np.sum(idle[:hot])),
            after["pgscan"] - before["pgscan"],
            after["pgsteal"] - before["pgsteal"],
            int(np.sum(left[:hot] == -1)),
            asked_by["aging"],
            asked_by["eviction"],
        ]
    what = [
        "pages in the model's memcg",
        "pages that aging takes for idle (2 generations behind, or more)",
        "of these, in use by the guest",
        "pages scanned to evict as many as are idle",
        "pages evicted",
        "of these, in use by the guest",
        "times aging asked the secondary MMU",
        "times eviction asked it",
    ]
    return pl.DataFrame({"what": what} | rows)
