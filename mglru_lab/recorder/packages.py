"""The distribution's kernel and busybox, fetched as packages and kept unpacked."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mglru_lab.paths import cache_folder
from mglru_lab.recorder.tools import RecorderError, path, run

KERNELS = {
    "6.1": r"linux-image-6\.1\.0-(\d+)-cloud-amd64",
    "6.12": r"linux-image-6\.12\.(\d+)\+deb\d+-cloud-amd64",
}
"""By the name of the rules: Debian 12's packages of that kernel; the highest number is newest."""


@dataclass(frozen=True)
class KernelFiles:
    """An unpacked kernel package."""

    release: str
    root: Path

    @property
    def image(self) -> Path:
        """The bootable kernel."""
        return self.root / "boot" / f"vmlinuz-{self.release}"

    @property
    def modules(self) -> Path:
        """The folder of its modules."""
        return self.root / "lib" / "modules" / self.release


def cache() -> Path:
    """Where unpacked packages are kept."""
    return cache_folder() / "recorder"


def newest(names: list[str], pattern: str) -> str:
    """The package whose name fits and has the highest number; RecorderError if there is none."""
    found = [(int(match[1]), name) for name in names if (match := re.fullmatch(pattern, name))]
    if not found:
        raise RecorderError(
            f"the package lists have no {pattern}: run apt-get update as root, on Debian 12"
        )
    return max(found)[1]


def unpacked(package: str) -> Path:
    """The folder with a package's files; fetched and unpacked once, whole or not at all."""
    folder = cache() / package
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".partial-") as scratch:
        run(
            path("apt-get"), "-o", "APT::Sandbox::User=root", "download", package, cwd=Path(scratch)
        )
        (archive,) = Path(scratch).glob("*.deb")
        files = Path(scratch) / "files"
        run(path("dpkg-deb"), "-x", archive, files)
        if package.startswith("linux-image-"):
            run(path("depmod"), "-b", files, package.removeprefix("linux-image-"))
        files.rename(folder)
    return folder


def kernel(name: str) -> KernelFiles:
    """The kernel of "6.1" or "6.12", or of a release such as 6.1.0-56-cloud-amd64."""
    if name not in KERNELS:
        if not re.fullmatch(r"[0-9][\w.+-]*-cloud-amd64", name):
            allowed = f"{', '.join(KERNELS)}, or a release such as 6.1.0-56-cloud-amd64"
            raise RecorderError(f"kernel {name!r}: allowed are {allowed}")
        return KernelFiles(name, unpacked(f"linux-image-{name}"))
    names = run("apt-cache", "pkgnames", "linux-image-").split()
    package = newest(names, KERNELS[name])
    return KernelFiles(package.removeprefix("linux-image-"), unpacked(package))


def busybox() -> Path:
    """A busybox that needs no libraries."""
    return unpacked("busybox-static") / "bin" / "busybox"
