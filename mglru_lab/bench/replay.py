"""Replay of the full model (6.12, enabled 0x7) against libCacheSim's LRU, same trace and memory."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from mglru_lab.kernel.lruvec import Region, new_lruvec
from mglru_lab.kernel.replay import replay
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.generators import Pages, uniform, zipf

TRACES: dict[str, Callable[[int, int], Pages]] = {
    "uniform": lambda pages, length: uniform(pages, length, 1),
    "zipf 0.8": lambda pages, length: zipf(pages, length, 2, 0.8),
    "zipf 1.0": lambda pages, length: zipf(pages, length, 3, 1.0),
    "zipf 1.2": lambda pages, length: zipf(pages, length, 4, 1.2),
}
MEMORY = (0.1, 0.5)
ENABLED = 7
RUNS = 3
RECORD = np.dtype([("time", "<u4"), ("id", "<u8"), ("size", "<u4"), ("next", "<i8")])


def ours(entries: npt.NDArray[np.uint32], pages: int, limit: int, runs: int) -> float:
    """The least CPU time of a replay, in seconds; the state is fresh each time, the code warm."""
    kernel = Kernel(variant="6.12", enabled=ENABLED)
    rules, policy = kernel.engine_rules(), kernel.engine_policy()
    rest = (np.zeros(2, np.int64), np.zeros(2, np.bool_), False, 1, np.zeros(0, np.uint8))
    replay(new_lruvec([Region(1)], ENABLED), rules, policy, entries[:0], *rest)
    best = float("inf")
    for _ in range(runs):
        v = new_lruvec([Region(pages)], ENABLED)
        v.cpu.limit = limit
        begin = time.process_time()
        done = replay(v, rules, policy, entries, *rest)
        best = min(best, time.process_time() - begin)
        if done < entries.size:
            raise RuntimeError(f"out of memory at access {done} of {entries.size}")
    return best


def theirs(file: Path, limit: int, runs: int) -> float:
    """The least CPU time of the peer over the same trace, in seconds."""
    command = [sys.executable, "-m", "mglru_lab.bench.peer", str(file), str(limit), str(runs)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def measure(quick: bool = False) -> Iterator[dict[str, Any]]:
    """Per trace, pages and memory (a share of the pages): accesses per second over the peer's.

    Keys `trace`, `pages`, `memory`, `ratio`, and `ns`: CPU time of an access of ours.
    """
    sizes, length, runs = ((1000,), 10_000, 1) if quick else ((10**5, 10**6), 10**7, RUNS)
    for pages in sizes:
        for name, make in TRACES.items():
            entries = make(pages, length).astype(np.uint32)
            records = np.zeros(length, RECORD)
            records["time"], records["id"] = np.arange(length), entries
            records["size"], records["next"] = 1, -1
            with TemporaryDirectory() as folder:
                file = Path(folder) / "trace.oracleGeneral"
                records.tofile(file)
                del records
                for memory in MEMORY:
                    limit = round(pages * memory)
                    seconds = ours(entries, pages, limit, runs)
                    yield {
                        "trace": name,
                        "pages": pages,
                        "memory": memory,
                        "ratio": theirs(file, limit, runs) / seconds,
                        "ns": seconds / length * 1e9,
                    }
