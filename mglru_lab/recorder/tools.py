"""The programs that recording needs, and a clear word where one is missing."""

import shutil

TOOLS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "gcc": "gcc",
    "cpio": "cpio",
    "depmod": "kmod",
    "dpkg-deb": "dpkg",
    "apt-get": "apt",
}
"""Program: the Debian package that has it."""


class RecorderError(RuntimeError):
    """Nothing was recorded: what is missing or went wrong, and what to do."""


def missing() -> list[str]:
    """The programs of TOOLS that are not installed."""
    return [program for program in TOOLS if _path(program) is None]


def _path(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def path(program: str) -> str:
    """Where a program is; raises RecorderError with how to install all that are missing."""
    found = _path(program)
    if found is not None:
        return found
    packages = " ".join(TOOLS[name] for name in missing())
    raise RecorderError(
        f"{program} is not installed; on Debian, as root: "
        f"apt-get install --no-install-recommends {packages}"
    )
