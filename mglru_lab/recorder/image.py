"""A kernel to boot: its image, its modules, its configuration; a package's or one of your own."""

import hashlib
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from mglru_lab.recorder.compression import packed_with, unpacked
from mglru_lab.recorder.kconfig import Config, parse
from mglru_lab.recorder.modules import Modules
from mglru_lab.recorder.tools import RecorderError

_RELEASE = re.compile(rb"Linux version (\S+) ")
_BUILT = ("arch/x86/boot/bzImage", "arch/arm64/boot/Image")


@dataclass(frozen=True)
class KernelImage:
    """A kernel whose image was read and is of an architecture that the recorder boots."""

    release: str
    """As `uname -r` will say."""
    image: Path
    modules: Modules | None
    """None: everything is built in."""
    config: Config | None
    """None: neither in the image nor beside it; the guest finds out what is lacking."""
    arch: str = "amd64"
    """amd64 or arm64."""

    @property
    def checksum(self) -> str:
        """SHA-256 of the image."""
        return hashlib.sha256(self.image.read_bytes()).hexdigest()


def own(where: Path) -> KernelImage:
    """A kernel of your own: a built source tree, a folder with an installed kernel, or its image.

    A folder is an unpacked package, the root of a system, or lib/modules/RELEASE of one. An image
    by itself has everything built in. RecorderError for what is none of them, with the reason.
    """
    if where.is_file():
        beside = [where.with_name(name) for name in (_config_name(where), ".config")]
        return read(where, None, [file for file in beside if file != where])
    if not where.is_dir():
        raise RecorderError(f"{where}: there is no such kernel: no file and no folder")
    if (where / "Kbuild").exists() and (where / "Kconfig").exists():
        return _tree(where)
    return _installed(where)


def _config_name(image: Path) -> str:
    return re.sub(r"^(vmlinuz|bzImage|Image)", "config", image.name)


def _tree(tree: Path) -> KernelImage:
    for built in _BUILT:
        if (tree / built).is_file():
            return read(tree / built, Modules.built(tree), [tree / ".config"])
    raise RecorderError(
        f"{tree}: a source tree that is not built: it has no {' and no '.join(_BUILT)}"
    )


def _installed(where: Path) -> KernelImage:
    found: dict[str, tuple[Path, Path]] = {}
    for lib in ("lib/modules", "usr/lib/modules"):
        for image in where.glob(f"{lib}/*/vmlinuz"):
            found[image.parent.name] = (image, image.parent)
    for image in where.glob("boot/vmlinuz-*"):
        release = image.name.removeprefix("vmlinuz-")
        folders = [where / lib / release for lib in ("usr/lib/modules", "lib/modules")]
        found[release] = (image, next(filter(Path.is_dir, folders), folders[0]))
    if not found and where.parent.name == "modules":
        root = where.absolute().parents[2]
        beside = root.parent if root.name == "usr" else root
        for image in (where / "vmlinuz", beside / "boot" / f"vmlinuz-{where.name}"):
            if image.is_file():
                found.setdefault(where.name, (image, where))
    if not found:
        raise RecorderError(
            f"{where}: no kernel in it: looked for boot/vmlinuz-RELEASE and "
            f"lib/modules/RELEASE/vmlinuz, and for Kconfig and Kbuild of a source tree"
        )
    if len(found) > 1:
        names = ", ".join(str(folder) for _, folder in found.values())
        raise RecorderError(f"{where}: {len(found)} kernels in it; name one of {names}")
    ((release, (image, folder)),) = found.items()
    beside_it = [image.with_name(f"config-{release}"), folder / "config", folder / "build/.config"]
    return read(image, Modules.installed(folder), beside_it)


def read(image: Path, modules: Modules | None, configs: list[Path]) -> KernelImage:
    """Read an image; its configuration is in it, or in the first of `configs` that exists.

    RecorderError for a file that is no kernel, or one of an architecture that is not booted here.
    """
    try:
        data = image.read_bytes()
    except OSError as error:
        raise RecorderError(f"{image}: {error}") from None
    if data[0x202:0x206] == b"HdrS":
        arch, release, vmlinux = "amd64", _bzimage_release(image, data), _payload(image, data)
    elif (plain := _arm64(image, data)) is not None:
        arch, vmlinux = "arm64", plain
        found = _RELEASE.search(plain)
        release = found[1].decode(errors="replace") if found else ""
    else:
        raise RecorderError(f"{image}: {_what_else(data)}")
    if not release:
        raise RecorderError(f"{image}: a kernel image that does not tell its release")
    config = _ikconfig(vmlinux) if vmlinux is not None else None
    if config is None:
        beside = next(filter(Path.is_file, configs), None)
        config = parse(beside.read_text(errors="replace")) if beside else None
    return KernelImage(release, image, modules, config, arch)


def _bzimage_release(image: Path, data: bytes) -> str:
    """Of an x86 image, by the header that Documentation/arch/x86/boot.rst describes."""
    version, offset = struct.unpack_from("<H6xH", data, 0x206)
    if version < 0x20C or not struct.unpack_from("<H", data, 0x236)[0] & 1:
        raise RecorderError(f"{image}: a 32-bit x86 kernel; what is recorded is x86-64")
    text = data[0x200 + offset : 0x200 + offset + 200].split(b"\0")[0]
    return text.split(b" ")[0].decode(errors="replace")


def _payload(image: Path, data: bytes) -> bytes | None:
    """The uncompressed kernel of an x86 image; None if nothing here unpacks it."""
    sectors = data[0x1F1] or 4
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = (sectors + 1) * 512 + offset
    if start + length > len(data):
        raise RecorderError(f"{image}: cut off: {len(data)} of {start + length} bytes are there")
    try:
        return unpacked(data[start : start + length])
    except RecorderError:
        return None


def _arm64(image: Path, data: bytes) -> bytes | None:
    """The uncompressed kernel of an arm64 image: plain, packed, or an EFI program; None if none."""
    if data[4:8] == b"zimg" and data[:2] == b"MZ":
        offset, length = struct.unpack_from("<II", data, 8)
        data = data[offset : offset + length]
    if packed_with(data):
        try:
            data = unpacked(data)
        except RecorderError as error:
            raise RecorderError(f"{image}: {error}") from None
    return data if data[56:60] == b"ARM\x64" else None


def _what_else(data: bytes) -> str:
    if data.startswith(b"\x7fELF"):
        machine = struct.unpack_from("<H", data.ljust(20, b"\0"), 18)[0]
        names = {
            3: "32-bit x86",
            62: "x86-64",
            183: "arm64",
            243: "RISC-V",
            21: "PowerPC",
            22: "s390",
        }
        return (
            f"an ELF file ({names.get(machine, f'machine {machine}')}), perhaps vmlinux: "
            "give the bootable image, arch/x86/boot/bzImage"
        )
    if data[48:52] == b"RISC" or data[56:60] == b"RSC\x05":
        return "a RISC-V kernel; what is recorded is x86-64 and arm64"
    return "no Linux kernel image: expected a bzImage (x86-64) or an Image (arm64)"


def _ikconfig(vmlinux: bytes) -> Config | None:
    """The configuration that CONFIG_IKCONFIG keeps in a kernel."""
    start = vmlinux.find(b"IKCFG_ST")
    if start < 0:
        return None
    try:
        return parse(zlib.decompressobj(31).decompress(vmlinux[start + 8 :]).decode())
    except (zlib.error, UnicodeDecodeError):
        return None
