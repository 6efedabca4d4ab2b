"""QEMU: a machine with one CPU in software emulation, which does not outlive the recorder."""

import ctypes
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mglru_lab.recorder.initramfs import PARAMETERS
from mglru_lab.recorder.tools import OWN_KERNEL, path, run

_PR_SET_PDEATHSIG = 1
_TERMINAL = re.compile(r"\x1b(?:\[[0-9;?=]*[A-Za-z]|.)")
"""What a BIOS writes to clear the screen."""
_EMULATED = "TCG doesn't support requested feature"
"""QEMU says so of each such feature, at every start."""


@dataclass(frozen=True)
class Machine:
    """How an architecture's guest is started."""

    program: str
    options: tuple[str, ...]
    console: str
    arguments: str


MACHINES = {
    "amd64": Machine(
        "qemu-system-x86_64", ("-cpu", "EPYC"), "ttyS0", "nokaslr no5lvl mitigations=off"
    ),
    "arm64": Machine(
        "qemu-system-aarch64",
        ("-machine", "virt,virtualization=on,gic-version=3", "-cpu", "max"),
        "ttyAMA0",
        "nokaslr mitigations=off",
    ),
}
ARGUMENTS = (
    "quiet transparent_hugepage=never cgroup.memory=nokmem,nosocket damon_stat.enabled=N "
    "panic=-1 rdinit=/init"
)


@dataclass(frozen=True)
class Files:
    """What a machine reads and writes, all in a folder of its own."""

    folder: Path

    @property
    def archive(self) -> Path:
        """What it boots into."""
        return self.folder / "initramfs.cpio"

    @property
    def raw(self) -> Path:
        """The recording, as it grows."""
        return self.folder / "raw.txt"

    @property
    def console(self) -> Path:
        """What the kernel says."""
        return self.folder / "console"

    @property
    def errors(self) -> Path:
        """What QEMU says."""
        return self.folder / "errors"

    @property
    def disk(self) -> Path:
        """An NVMe disk, for kernels whose zram is not certain."""
        return self.folder / "disk"

    def last_words(self, lines: int = 3) -> str:
        """The last lines of QEMU, of the console and of the recording, in one."""
        words = []
        for file in (self.errors, self.console, self.raw):
            text = file.read_text(errors="replace") if file.exists() else ""
            said = [_TERMINAL.sub("", line).strip() for line in text.splitlines()]
            words += [line[:160] for line in said if line and _EMULATED not in line][-lines:]
        return " | ".join(words)[-600:] or "nothing"


def version(arch: str) -> str:
    """QEMU's version, as a recording's head tells it."""
    machine = MACHINES[arch]
    first = run(path(machine.program), "--version").splitlines()[0]
    return first.removeprefix("QEMU emulator version ").split(" ")[0]


def _die_with_parent() -> None:
    """In the child: no QEMU outlives a recorder that was killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def command(arch: str, image: Path, files: Files) -> list[str]:
    """The words that start a machine; its disk is attached if the file is there."""
    machine = MACHINES[arch]
    built_in = " ".join(
        f"{module}.{setting}" for module, text in PARAMETERS.items() for setting in text.split()
    )
    words = [
        path(machine.program, *OWN_KERNEL), "-accel", "tcg", *machine.options,
        "-smp", "1", "-m", "2G",
        "-nographic", "-no-reboot", "-display", "none", "-monitor", "none", "-nic", "none",
        "-serial", f"file:{files.console}", "-kernel", str(image), "-initrd", str(files.archive),
        "-append", f"console={machine.console} {machine.arguments} {ARGUMENTS} {built_in}",
        "-device", "virtio-serial-pci", "-chardev", f"file,id=o,path={files.raw}",
        "-device", "virtserialport,chardev=o",
    ]  # fmt: skip
    if files.disk.exists():
        words += ["-drive", f"file={files.disk},format=raw,if=none,id=disk"]
        words += ["-device", "nvme,serial=swap,drive=disk"]
    return words


@contextmanager
def started(words: list[str], files: Files) -> Iterator[subprocess.Popen[bytes]]:
    """The machine while it runs; at the end of the block it does not."""
    with files.errors.open("wb") as errors:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            start_new_session=True,  # Ctrl-C is for the recorder, which then ends the machine
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()
