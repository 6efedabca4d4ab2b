"""The cost of an aging pass over a guest's pages, beside this machine's copy bandwidth.

Run as a process of its own (argument: pages), so that its peak memory is the model's.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from mglru_lab.kernel.debugfs import run_aging
from mglru_lab.kernel.lruvec import Region, new_lruvec
from mglru_lab.kernel.replay import READ_BIT, replay
from mglru_lab.policy.kernel import Kernel

TERABYTE = 1 << 28  # pages
SIZES = (10**4, 10**5, 10**6, 10**7, TERABYTE)
QUICK = (10**4, 10**5)
NEEDED = 16
"""Bytes a page that must be available before a size is tried."""
YOUNG = 0.05
PTE_BYTES = 8
STEP = 1 << 22
PASSES = 2
"""As many as fit before the generation of the old pages is the oldest and has to be emptied."""
ENABLED = 7


def _status(name: str) -> int:
    """A field of /proc/self/status, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {name}")


def available() -> int:
    """MemAvailable, in bytes."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))


def copy_bandwidth() -> float:
    """Bytes copied in a second of CPU time, best of 5 copies of 128 MiB."""
    source = np.ones(1 << 27, np.uint8)
    target = np.zeros_like(source)
    best = float("inf")
    for _ in range(5):
        begin = time.process_time()
        np.copyto(target, source)
        best = min(best, time.process_time() - begin)
    return source.size / best


def one(pages: int) -> dict[str, Any]:
    """A guest touches all its pages; then passes, before each of which it reads 5 % of them.

    Seconds of CPU of the best pass; bytes per page of the whole process's growth at its peak.
    """
    kernel = Kernel(variant="6.12", enabled=ENABLED)
    rules, policy = kernel.engine_rules(), kernel.engine_policy()
    rest = (np.zeros(2, np.int64), np.ones(2, np.bool_), False, 0, np.zeros(0, np.uint8))
    v = new_lruvec([Region(512, guest=True)], ENABLED)
    v.lru.code_page, v.lru.has_notifiers = 0, True
    replay(v, rules, policy, np.arange(512, dtype=np.uint32), *rest)
    run_aging(v, rules, policy, True)
    random = np.random.default_rng(1)
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM begins anew: compiling had its own peak
    before = _status("VmRSS")
    best, untouched = float("inf"), 0
    for turn in range(20 if pages <= 10**6 else 1):
        v = new_lruvec([Region(pages, guest=True)], ENABLED)
        untouched = untouched if turn else _status("VmRSS") - before
        v.lru.code_page, v.lru.has_notifiers = 0, True
        for first in range(0, pages, STEP):
            replay(
                v, rules, policy, np.arange(first, min(first + STEP, pages), dtype=np.uint32), *rest
            )
        run_aging(v, rules, policy, True)  # clears the bits of the first touches
        for _ in range(PASSES):
            for first in range(0, pages, STEP):
                drawn = random.random(min(STEP, pages - first), dtype=np.float32) < YOUNG
                touched = np.flatnonzero(drawn).astype(np.uint32) + np.uint32(first)
                replay(v, rules, policy, touched | np.uint32(1 << READ_BIT), *rest)
            walked, young = int(v.stat.ptes_walked), int(v.stat.promoted_aging)
            begin = time.process_time()
            run_aging(v, rules, policy, True)
            best = min(best, time.process_time() - begin)
            walked, young = int(v.stat.ptes_walked) - walked, int(v.stat.promoted_aging) - young
    return {
        "pages": pages,
        "seconds": best,
        "ns_per_page": best / pages * 1e9,
        "walked": walked / pages,
        "young": young / pages,
        "peak_bytes_per_page": (_status("VmHWM") - before) / pages,
        "untouched_bytes_per_page": untouched / pages,
    }


def measure(quick: bool = False) -> dict[str, Any]:
    """Passes of every size that fits into available memory, and what reading PTEs would take."""
    found: dict[str, Any] = {"young": YOUNG, "sizes": [], "left_out": []}
    for pages in QUICK if quick else SIZES:
        if pages * NEEDED > available():
            found["left_out"].append(pages)
            continue
        command = [sys.executable, "-m", "mglru_lab.bench.aging", str(pages)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found["sizes"].append(json.loads(done.stdout))
    bandwidth = copy_bandwidth()
    found["copy_bytes_per_second"] = bandwidth
    found["page_table_ns_per_page"] = PTE_BYTES / bandwidth * 1e9
    return found


if __name__ == "__main__":
    print(json.dumps(one(int(sys.argv[1]))))
