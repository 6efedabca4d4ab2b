"""A trace as a table of quanta: the pages touched in each span of time, first touch first."""

import numpy as np
import numpy.typing as npt
import polars as pl

from mglru_lab.kernel.replay import PAGE_MASK
from mglru_lab.scenario.traces.entries import TraceError

QUANTUM = 10_000
"""Accesses in a quantum, where nothing else is said."""


def quanta(
    name: str,
    pages: npt.NDArray[np.integer],
    *,
    written: npt.NDArray[np.bool_] | None = None,
    times: npt.NDArray[np.integer] | None = None,
    accesses: npt.NDArray[np.integer] | None = None,
    quantum: int = QUANTUM,
    dense: bool = True,
) -> pl.DataFrame:
    """The table `t`, `page`, `n` (accesses), `w` (written) of accesses in their order.

    `pages` are any numbers; `dense` numbers them anew, 0 upwards, in their order. `times` are the
    quanta that accesses belong to; without them a new one begins every `quantum` accesses. Unknown
    is taken as written. Raises TraceError, naming `name`, where there is no access or no order.
    """
    if not pages.size:
        raise TraceError(f"{name}: no access in it")
    if quantum < 1:
        raise TraceError(f"{name}: quantum {quantum}: allowed are 1 and more accesses")
    if dense:
        _, pages = np.unique(pages, return_inverse=True)
    if int(pages.max()) > PAGE_MASK or int(pages.min()) < 0:
        wrong = int(pages.min()) if int(pages.min()) < 0 else int(pages.max())
        raise TraceError(f"{name}: page {wrong}: allowed are 0 to {PAGE_MASK}")
    if times is None:
        times = np.arange(pages.size) // quantum
    back = np.flatnonzero(times[1:] < times[:-1])
    if back.size:
        raise TraceError(f"{name}: access {back[0] + 1} is earlier than the one before it")
    if int(times[-1]) - int(times[0]) >= 1 << 32:
        raise TraceError(f"{name}: times {times[0]} to {times[-1]} span more than 32 bits")
    table = pl.DataFrame(
        {
            "t": (times - times[0]).astype(np.uint32),
            "page": pages.astype(np.uint32),
            "n": np.ones(pages.size, np.uint64) if accesses is None else accesses.astype(np.uint64),
            "w": np.ones(pages.size, np.bool_) if written is None else written,
        }
    )
    together = table.group_by("t", "page", maintain_order=True)
    return together.agg(pl.col("n").sum(), pl.col("w").any())
