"""Record which pages a program touches, on a machine without any special right."""

import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl

from mglru_lab.recorder.scratch import scratch
from mglru_lab.recorder.tools import RecorderError, run
from mglru_lab.scenario.traces import formats
from mglru_lab.scenario.traces.entries import TraceError
from mglru_lab.scenario.traces.quanta import QUANTUM, quanta

_RECORD = np.dtype([("t", "<u4"), ("page", "<u8"), ("n", "<u4"), ("w", "u1")])
HOW = ("qemu", "valgrind")


def emulator() -> str:
    """QEMU's user-mode emulator of this machine's own kind."""
    return f"qemu-{platform.machine()}"


def available() -> list[str]:
    """The ways to record that are installed, the faster one first."""
    needs = {"qemu": (emulator(), "gcc"), "valgrind": ("valgrind",)}
    return [how for how, programs in needs.items() if all(map(shutil.which, programs))]


def record(
    command: Sequence[str], how: str = "", quantum: int = QUANTUM
) -> tuple[pl.DataFrame, int]:
    """Run `command` and return its trace (`t`, `page`, `n`, `w`) and its exit code.

    `how`: "qemu" (a plugin, built on the spot), "valgrind" (lackey; slower), or "" for the first
    that is installed. Data accesses of the process and its threads; not of programs that it starts.
    """
    found = available()
    if not found or (how and how not in found):
        what = f"{how} is not" if how else "no way to record is"
        raise RecorderError(
            f"{what} installed; on Debian, as root: apt-get install --no-install-recommends "
            "qemu-user gcc libc6-dev (fast), or valgrind (slow)"
        )
    program = shutil.which(command[0])
    if program is None:
        raise RecorderError(f"there is no program {command[0]!r}")
    by = _by_valgrind if (how or found[0]) == "valgrind" else _by_qemu
    with scratch() as folder:
        try:
            return by([program, *command[1:]], folder, quantum)
        except TraceError as error:
            raise RecorderError(f"{command[0]} left no trace: {error}") from None


def _by_qemu(command: Sequence[str], folder: Path, quantum: int) -> tuple[pl.DataFrame, int]:
    version = re.search(r"version (\d+)\.", run(emulator(), "--version"))
    # The functions used are the same in all; QEMU 9 refuses plugins that name the first version.
    api = 2 if version and int(version[1]) >= 9 else 1
    source, plugin, out = (folder / name for name in ("pagetrace.c", "pagetrace.so", "out"))
    source.write_bytes((files("mglru_lab.recorder") / "pagetrace.c").read_bytes())
    run("gcc", "-O2", "-shared", "-fPIC", f"-DAPI={api}", "-o", plugin, source, "-lpthread")
    options = f"{plugin},out={out},q={quantum}"
    code = subprocess.run([emulator(), "-plugin", options, *command]).returncode
    if not out.exists() or not out.stat().st_size:
        raise RecorderError(f"{emulator()} recorded nothing; its exit code is {code}")
    records = np.fromfile(out, _RECORD)
    table = quanta(
        command[0], records["page"], written=records["w"] != 0, times=records["t"],
        accesses=records["n"],
    )  # fmt: skip
    return table, code


def _by_valgrind(command: Sequence[str], folder: Path, quantum: int) -> tuple[pl.DataFrame, int]:
    log = folder / "log.lackey"
    tool = ["valgrind", "--tool=lackey", "--trace-mem=yes", f"--log-file={log}"]
    code = subprocess.run([*tool, *command]).returncode
    return formats.read(log, "lackey", quantum=quantum), code
