"""The programs that recording needs, and how to install one that is missing."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

TOOLS = {
    "qemu-system-x86_64": ("qemu-system-x86", "qemu-system-x86-core"),
    "gcc": ("gcc libc6-dev", "gcc glibc-static"),
    "apt-get": ("apt", "apt"),
    "dpkg-deb": ("dpkg", "dpkg"),
    "zstd": ("zstd", "zstd"),
    "qemu-system-aarch64": ("qemu-system-arm", "qemu-system-aarch64-core"),
    "aarch64-linux-gnu-gcc": ("gcc-aarch64-linux-gnu libc6-dev-arm64-cross", ""),
}
"""Program: the packages that have it in Debian and in Fedora; empty where none has."""
OWN_KERNEL = ("qemu-system-x86_64", "gcc")
"""All that recording a kernel of your own needs."""
BY_NAME = (*OWN_KERNEL, "apt-get", "dpkg-deb")
"""What recording Debian's kernels needs."""


class RecorderError(RuntimeError):
    """Nothing was recorded: what is missing or went wrong, and what to do."""


def missing(programs: Iterable[str] = BY_NAME) -> list[str]:
    """Those of `programs` that are not installed."""
    return [program for program in programs if _path(program) is None]


def _path(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def how_to_install(programs: Iterable[str]) -> str:
    """The commands that install `programs`, on Debian and on Fedora."""
    pairs = [TOOLS[program] for program in programs]
    debian = " ".join(dict.fromkeys(debian for debian, _ in pairs))
    ways = [f"on Debian, as root: apt-get install --no-install-recommends {debian}"]
    if all(fedora for _, fedora in pairs):
        ways.append("on Fedora: dnf install " + " ".join(dict.fromkeys(f for _, f in pairs)))
    return "; ".join(ways)


def path(program: str, *others: str) -> str:
    """Where a program is; RecorderError says how to install it and those of `others` that lack."""
    found = _path(program)
    if found is not None:
        return found
    lacking = missing(dict.fromkeys((program, *others)))
    raise RecorderError(f"{program} is not installed; {how_to_install(lacking)}")


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """What a command writes; raises RecorderError with the end of its complaint."""
    done = subprocess.run(list(command), cwd=cwd, capture_output=True, text=True, errors="replace")
    if done.returncode:
        words = " ".join(map(str, command))
        raise RecorderError(f"{words} failed: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout
