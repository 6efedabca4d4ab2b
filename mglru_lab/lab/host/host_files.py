"""Which files of a machine a snapshot copies, and how they are read."""

import math
import time
from pathlib import Path

from mglru_lab.lab.host.text import HostError

RELEASE = "proc/sys/kernel/osrelease"
ARCH = "proc/sys/kernel/arch"
BOOT = "proc/sys/kernel/random/boot_id"
ENABLED = "sys/kernel/mm/lru_gen/enabled"
LRU_GEN = "sys/kernel/debug/lru_gen"
FULL = "sys/kernel/debug/lru_gen_full"
VMSTAT = "proc/vmstat"
DAMON = "sys/module/damon_stat/parameters/enabled"
KVM = {
    "ept": "sys/module/kvm_intel/parameters/ept",
    "eptad": "sys/module/kvm_intel/parameters/eptad",
    "npt": "sys/module/kvm_amd/parameters/npt",
    "tdp_mmu": "sys/module/kvm/parameters/tdp_mmu",
}
FILES = (
    RELEASE, ARCH, BOOT, VMSTAT, "proc/swaps", ENABLED, "sys/kernel/mm/lru_gen/min_ttl_ms",
    LRU_GEN, FULL, DAMON, *KVM.values(),
)  # fmt: skip
"""What a snapshot copies, besides the memory.stat of every memcg."""
TAKEN = "taken"
_MOST_BYTES = 1 << 28
LIVE = Path("/")


def read_text(path: Path) -> tuple[str | None, int]:
    """A file's text, or the errno that kept it from being read; bytes that are no text, escaped."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        return None, error.errno or 0
    if len(data) > _MOST_BYTES:
        raise HostError(f"{path}: more than {_MOST_BYTES} bytes")
    return data.decode("utf-8", "backslashreplace"), 0


def read_moment(root: Path) -> float:
    """When a copy was taken, in seconds (file `taken`; 0 without it); of a live machine, now."""
    taken, _ = read_text(root / TAKEN)
    if root == LIVE or not taken:
        return time.time() if root == LIVE else 0.0
    try:
        moment = float(taken)
    except ValueError:
        moment = math.nan
    if not 0 <= moment < 1e11:
        raise HostError(f"{root / TAKEN}: {taken!r} is no number of seconds")
    return moment


def stats_of(memcg: str) -> tuple[str, str]:
    """Where a memcg's memory.stat is: of cgroup v2, and of v1."""
    below = f"{memcg.rstrip('/')}/memory.stat"
    return f"sys/fs/cgroup{below}", f"sys/fs/cgroup/memory{below}"
