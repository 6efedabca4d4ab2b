"""Hosts for tests: the 6.1 sample with some files changed, or folders of a few files."""

import shutil
from pathlib import Path

from mglru_lab.lab.host import host_files
from mglru_lab.lab.host.host import Host

OLD = Path(__file__).parent / "host_6.1"
VM = r"/machine.slice/machine-qemu\x2d3\x2dalpha.scope"
NAMES = {
    "release": host_files.RELEASE,
    "arch": host_files.ARCH,
    "boot": host_files.BOOT,
    "enabled": host_files.ENABLED,
    "lru_gen": host_files.LRU_GEN,
    "full": host_files.FULL,
    "vmstat": host_files.VMSTAT,
    "damon": host_files.DAMON,
    "tdp_mmu": "sys/module/kvm/parameters/tdp_mmu",
    "npt": "sys/module/kvm_amd/parameters/npt",
    "taken": "taken",
    "stat": host_files.stats_of(VM)[0],
    "stat_v1": host_files.stats_of(VM)[1],
}


def put(root: Path, **texts: str) -> Path:
    """A folder of these files, and a release."""
    for name, text in ({"release": "6.8.12\n", "enabled": "0x0007\n"} | texts).items():
        path = root / NAMES[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def changed(root: Path, **texts: str) -> Host:
    """A copy of the 6.1 sample with some of its files changed."""
    shutil.copytree(OLD / "1", root, dirs_exist_ok=True)
    for name, text in texts.items():
        (root / NAMES[name]).parent.mkdir(parents=True, exist_ok=True)
        (root / NAMES[name]).write_text(text)
    return Host.read(root)


def lru_gen(*memcgs: tuple[int, str], pages: int = 500) -> str:
    """Two generations of each."""
    return "".join(
        f"memcg {number:5d} {path}\n node     0\n"
        f"          3        900 {pages:10d}           4 \n"
        f"          4        400 {pages + 200:10d}           2 \n"
        for number, path in memcgs
    )
