"""Files that look like kernels, modules and packages, as far as the recorder reads them."""

import gzip
import lzma
import struct
from pathlib import Path

ALL_NEEDED = "\n".join(
    f"CONFIG_{symbol}=y"
    for symbol in (
        *("LRU_GEN", "MEMCG", "SWAP", "DEBUG_FS", "PROC_PAGE_MONITOR", "PROC_KCORE"),
        *("SPARSEMEM_VMEMMAP", "VM_EVENT_COUNTERS", "BLK_DEV_INITRD", "DEVTMPFS"),
        *("VIRTIO_PCI", "VIRTIO_CONSOLE", "ZRAM"),
    )
)
"""A configuration that suffices for scenarios without guests and files."""


def bzimage(release: str = "7.3.0-mine", config: str = "", *, bits: int = 64) -> bytes:
    """An x86 image: the boot header, its release, a gzipped kernel with `config` if given."""
    kernel = b"\x7fELF" + bytes(100)
    if config:
        kernel += b"IKCFG_ST" + gzip.compress(config.encode()) + b"IKCFG_ED"
    payload = gzip.compress(kernel)
    data = bytearray(1024)
    data[0x1F1] = 1
    data[0x1FE:0x200] = b"\x55\xaa"
    data[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", data, 0x206, 0x20F)
    struct.pack_into("<H", data, 0x20E, 0x100)
    struct.pack_into("<H", data, 0x236, 1 if bits == 64 else 0)
    struct.pack_into("<II", data, 0x248, 16, len(payload))
    text = f"{release} (someone@somewhere) #1 SMP".encode() + b"\0"
    data[0x300 : 0x300 + len(text)] = text
    return bytes(data) + bytes(16) + payload + bytes(64)


def arm64_image(release: str = "7.3.0-mine") -> bytes:
    """An arm64 image: magic and release."""
    return bytes(56) + b"ARM\x64" + bytes(64) + f"Linux version {release} (a@b)\0".encode()


def module(depends: str = "", soft: str = "") -> bytes:
    """A kernel module, as far as its .modinfo goes."""
    softdep = f"softdep=pre: {soft}\0" if soft else ""
    return b"\x7fELF\0license=GPL\0" + f"depends={depends}\0{softdep}".encode() + b"name=x\0"


def installed(root: Path, release: str = "7.3.0-mine", config: str = ALL_NEEDED) -> Path:
    """A system's root with one kernel: zram needs lzo, which is packed with xz."""
    folder = root / "lib" / "modules" / release
    drivers = folder / "kernel" / "drivers"
    drivers.mkdir(parents=True)
    (drivers / "zram.ko").write_bytes(module("lzo_compress"))
    (drivers / "lzo-compress.ko.xz").write_bytes(lzma.compress(module()))
    (folder / "modules.builtin").write_text("kernel/drivers/virtio/virtio_pci.ko\n")
    (root / "boot").mkdir()
    (root / "boot" / f"vmlinuz-{release}").write_bytes(bzimage(release))
    if config:
        (root / "boot" / f"config-{release}").write_text(config)
    return root
