"""What a host's kernel means for its VMs, release by release, in numbers that were made here."""

from collections.abc import Sequence

import polars as pl

from mglru_lab.lab.mechanisms import experiments, on_real_kernels
from mglru_lab.policy import decision
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.mmu import Lock

OLDER = "6.12"
"""What swap-ins of a moving working set are compared with."""


def asked(release: str, mmu: str) -> str:
    """What one question of an aging locks there; "not asked" where aging asks nobody."""
    kernel = Kernel.parse(release, mmu=mmu)
    answer = decision.aging(kernel.record, kernel.situation())
    return Lock(answer.value).text if answer.harvests else "not asked"


def by_release(
    share: int = 50,
    trace: str = "uniform",
    releases: Sequence[str] = on_real_kernels.RELEASES,
    size: int = 3500,
    length: int = experiments.LENGTH,
) -> pl.DataFrame:
    """One row per release, from recorded kernels but for the last two columns, the model's.

    Columns: kernel; x86, arm64: what a question of an aging locks; host, guest: percent more
    refaults than the control; least: pages that a guest alone keeps of 4,096; process_moves,
    guest_moves: swap-ins of a working set of `size` pages that moves, times those of 6.12.
    """
    real = pl.col("source") == on_real_kernels.KERNEL
    paid = on_real_kernels.against_control(on_real_kernels.who_pays(share, releases)).filter(real)
    percent = {(kernel, who): value for kernel, _, who, value in paid.iter_rows()}
    kept = on_real_kernels.least_kept(on_real_kernels.memory_kept(trace, releases)).filter(real)
    least = dict(kept.select("kernel", "least").iter_rows())
    moved = experiments.by_size([size], list(dict.fromkeys((OLDER, *releases))), length)
    swapins = {(by, kernel): n for by, _, _, kernel, n in moved.iter_rows()}
    rows = [
        (
            name,
            asked(name, "x86-tdp-ad"),
            asked(name, "arm64"),
            percent[name, "host"],
            percent[name, "guest"],
            least[name],
            *(round(swapins[by, name] / swapins[by, OLDER], 2) for by in experiments.USERS),
        )
        for name in releases
    ]
    columns = ["kernel", "x86", "arm64", "host", "guest", "least", "process_moves", "guest_moves"]
    return pl.DataFrame(rows, columns, orient="row")
