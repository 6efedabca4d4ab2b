"""The programs that recording needs, and a clear word where one is missing."""

import shutil
import subprocess
from pathlib import Path

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


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """What a command writes; raises RecorderError with the end of its complaint."""
    done = subprocess.run(list(command), cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        words = " ".join(map(str, command))
        raise RecorderError(f"{words} failed: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout
