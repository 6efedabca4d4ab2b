"""What if: a guest uses part of a host's memory, and the kernel ages and evicts."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mglru_lab.lab.host.host import Host
from mglru_lab.lab.host.nearest_kernel import kernel_of
from mglru_lab.lab.run.run import run
from mglru_lab.policy import comparable
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario

MOST_PAGES = 8192
"""Pages of the model's memcg; a larger one of the host is scaled down to it."""
AGINGS = 3


def both_ways(host: Host) -> list[Kernel]:
    """This host's kernel, and the same with the other policy: its aging asks, or does not."""
    own = kernel_of(host)
    return [own, kernel_of(host, "6.12" if own.record.asks == "never" else "existing")]


def of_host(
    host: Host, pages: int, used: float, kernels: Sequence[str | Kernel] = ()
) -> pl.DataFrame:
    """`in_use_by_a_guest` on this host's kernel and its counterpart, or on `kernels`.

    No column of a kernel where there is nothing to compute: MGLRU is off, or there are no pages.
    """
    if host.is_off or not pages:
        return pl.DataFrame({"what": []}, {"what": pl.String})
    return in_use_by_a_guest(pages, used, kernels or both_ways(host))


def in_use_by_a_guest(pages: int, used: float, kernels: Sequence[str | Kernel]) -> pl.DataFrame:
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
    text = f"region {size} kvm\ntouch 0 {size}\nsettle\n"
    text += f"age 1 1\n{again}" * AGINGS + "age 1 1\ndump aged\n"
    text += again + f"evict old 200 {max(size - hot, 1)}\ndump evicted\n"
    rows: dict[str, list[int]] = {}
    parsed = [Kernel.parse(one) if isinstance(one, str) else one for one in kernels]
    for name, kernel in zip(comparable.names(parsed), parsed, strict=True):
        result = run(Scenario(f"enabled {kernel.effective(7)}\n{text}", "what if"), kernel)
        aged, left = result.page_generations("aged"), result.page_generations("evicted")
        before, after = result.counters("aged"), result.counters("evicted")
        idle = aged >= 2
        asked = result.events.filter(pl.col("event") == "secondary MMU asked")
        asked_by = {
            place: int(asked.filter(pl.col("where") == place)["count"].sum())
            for place in ("aging", "eviction")
        }
        rows[name] = [
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
