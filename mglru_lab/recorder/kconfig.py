"""What a kernel must be built with: the needs, the fragment to merge, and what a kernel lacks."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from mglru_lab.recorder.modules import Modules

Config = dict[str, str]
"""Symbol without CONFIG_ to y, m or a value; what is not set is not in it."""


@dataclass(frozen=True)
class Need:
    """A symbol that a kernel needs."""

    symbol: str
    """Without CONFIG_."""
    why: str
    module: str = ""
    """The module that does as well as the symbol built in."""
    wanted_for: str = ""
    """kvm, files, mnt or trace: only for scenarios of that kind; empty: always."""
    instead: str = ""
    """Another symbol that does, too."""
    arch: str = ""
    """Of this architecture only."""


NEEDS = (
    Need("LRU_GEN", "Multi-Gen LRU itself"),
    Need("MEMCG", "a memcg per scenario"),
    Need("SWAP", "somewhere to evict to"),
    Need("DEBUG_FS", "debugfs' lru_gen: ages, evicts, shows generations"),
    Need("PROC_PAGE_MONITOR", "pagemap: where a page is"),
    Need("PROC_KCORE", "page->flags: a page's generation"),
    Need("SPARSEMEM_VMEMMAP", "struct pages in one array"),
    Need("VM_EVENT_COUNTERS", "counters of /proc/vmstat"),
    Need("BLK_DEV_INITRD", "the guest's first process"),
    Need("DEVTMPFS", "device files"),
    Need("VIRTIO_PCI", "the way out of the guest", "virtio_pci"),
    Need("VIRTIO_CONSOLE", "the way out of the guest", "virtio_console"),
    Need("ZRAM", "swap that answers at once", "zram", instead="BLK_DEV_NVME"),
    Need("KVM", "guests", "kvm", "kvm"),
    Need("KVM_AMD", "guests: QEMU emulates AMD's nested paging", "kvm-amd", "kvm", arch="amd64"),
    Need(
        "X86_PM_TIMER", "KVM runs no guest before the TSC's rate is known", "", "kvm", arch="amd64"
    ),
    Need("BLK_DEV_RAM", "a disk for files", "brd", "files"),
    Need("EXT4_FS", "a file system for files", "ext4", "mnt", instead="EXT2_FS"),
    Need("FUNCTION_TRACER", "walklog and calls", "", "trace"),
)
"""Checked before a boot where a config is at hand, and by the guest itself (`guest/init.c`)."""

_BESIDES = {
    "those above count on them": (
        *("64BIT", "MMU", "SMP", "PRINTK", "TTY", "BINFMT_ELF", "PROC_FS", "SYSCTL", "SYSFS"),
        *("FUTEX", "EPOLL", "POSIX_TIMERS", "HIGH_RES_TIMERS", "ADVISE_SYSCALLS", "SHMEM", "TMPFS"),
        *("CGROUPS", "BLOCK", "BLK_DEV", "PCI", "VIRTIO_MENU", "VIRTIO"),
        *("CRYPTO", "CRYPTO_LZO", "ZRAM_BACKEND_LZO", "VIRTUALIZATION", "CPU_SUP_AMD", "ACPI"),
        *("DEBUG_KERNEL", "FTRACE"),
    ),
    "a console with the guest's last words": (
        *("SERIAL_8250", "SERIAL_8250_CONSOLE", "EARLY_PRINTK"),
    ),
    "MGLRU from boot; its layout and this configuration told by the kernel": (
        *("LRU_GEN_ENABLED", "KALLSYMS", "KALLSYMS_ALL", "IKCONFIG", "IKCONFIG_PROC"),
    ),
}


def fragment() -> str:
    """The Kconfig fragment with everything that is needed, built in, for x86-64."""
    lines = ["# What mglru-lab record needs. Merge it, then build:"]
    lines += ["#   scripts/kconfig/merge_config.sh .config THIS_FILE && make olddefconfig bzImage"]
    for need in NEEDS:
        where = f" ({need.wanted_for} only)" if need.wanted_for else ""
        lines += [f"# {need.why}{where}", f"CONFIG_{need.symbol}=y"]
    for why, symbols in _BESIDES.items():
        lines += [f"# {why}", *(f"CONFIG_{symbol}=y" for symbol in symbols)]
    return "\n".join(lines) + "\n"


def parse(text: str) -> Config:
    """A .config or a fragment as symbols; other lines do not matter."""
    return dict(re.findall(r"^CONFIG_(\w+)=(.+?)\s*$", text, re.MULTILINE))


def lacking(
    config: Config | None, modules: Modules | None, wants: Collection[str], arch: str = "amd64"
) -> list[Need]:
    """The needs of scenarios of the kinds `wants` that a kernel certainly does not meet.

    Without a config only modules that are nowhere count; what cannot be known the guest finds out.
    """
    return [
        need
        for need in NEEDS
        if (not need.wanted_for or need.wanted_for in wants)
        and need.arch in ("", arch)
        and _has(need, config, modules) is False
    ]


def _has(need: Need, config: Config | None, modules: Modules | None) -> bool | None:
    if config is None:
        if not need.module or modules is None or need.instead:
            return None
        return modules.has(need.module)
    if "y" in (config.get(need.symbol), config.get(need.instead)):
        return True
    if config.get(need.symbol) == "m" and need.module and modules is not None:
        return modules.has(need.module) is True
    return False


def lacks(release: str, needs: Collection[Need], config: Config | None = None) -> str:
    """That a kernel lacks them, in a line that names each symbol."""

    def of(need: Need) -> str:
        is_module = need.module and (config or {}).get(need.symbol) == "m"
        where = f": the module {need.module} is not there" if is_module else ""
        return f"CONFIG_{need.symbol} ({need.why}{where})"

    symbols = ", ".join(map(of, needs))
    return f"{release} lacks {symbols}; `mglru-lab kernel config` prints what to merge and build"
