"""Boot the kernel with the scenarios, and keep what it wrote only if it finished."""

import ctypes
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mglru_lab.recorder import initramfs, packages
from mglru_lab.recorder.initramfs import Job
from mglru_lab.recorder.tools import TOOLS, RecorderError, path

ARGUMENTS = (
    "console=ttyS0 quiet nokaslr no5lvl mitigations=off transparent_hugepage=never "
    "cgroup.memory=nokmem,nosocket panic=-1 rdinit=/init"
)
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """In the child: no QEMU outlives a recorder that was killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def _qemu(
    image: Path, archive: Path, raw: Path, scratch: Path
) -> Iterator[subprocess.Popen[bytes]]:
    command = [
        path("qemu-system-x86_64"), "-accel", "tcg", "-cpu", "EPYC", "-smp", "1", "-m", "2G",
        "-nographic", "-no-reboot", "-display", "none", "-monitor", "none",
        "-serial", f"file:{scratch / 'serial'}", "-kernel", str(image), "-initrd", str(archive),
        "-append", ARGUMENTS, "-device", "virtio-serial-pci",
        "-chardev", f"file,id=o,path={raw}", "-device", "virtserialport,chardev=o",
    ]  # fmt: skip
    with (scratch / "stderr").open("wb") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
            preexec_fn=_die_with_parent,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def record(
    scenarios: Sequence[Path],
    kernel: str,
    out: Path,
    progress: Callable[[str], None],
    *,
    traces: Sequence[Path] = (),
    timeout: float = 3600,
    stop: Callable[[], bool] = lambda: False,
    host_files: Sequence[str] = (),
) -> Path:
    """Run the `.scn` files on `kernel` ("6.1", "6.12" or a release); write the raw text to `out`.

    `traces`: folders in which traces are looked up first. `timeout`: seconds for the whole boot.
    `stop` is asked again and again; once it is true the guest is stopped, and nothing written.
    `host_files`: paths without the leading slash that every dump sends, too, as they are.
    Raises RecorderError; `out` appears only when the guest has finished everything.
    """
    jobs = [Job.read(file) for file in scenarios]
    if not jobs:
        raise RecorderError("no scenario given")
    if len({job.name for job in jobs}) < len(jobs):
        raise RecorderError("two scenarios have the same name: the recording could not tell them")
    for program in TOOLS:
        path(program)
    files = packages.kernel(kernel)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as folder:
        scratch = Path(folder)
        archive = initramfs.build(files, packages.busybox(), jobs, traces, scratch, host_files)
        raw = scratch / "raw.txt"
        raw.touch()
        progress(f"booting {files.release}")
        with _qemu(files.image, archive, raw, scratch) as process:
            _wait(process, raw, progress, timeout, stop)
        if "#### all done" not in raw.read_text(errors="replace"):
            serial = (scratch / "serial").read_text(errors="replace")[-1500:]
            errors = (scratch / "stderr").read_text(errors="replace")[-500:]
            raise RecorderError(f"the guest did not finish:\n{errors}{serial}")
        raw.replace(out)
    return out


def _wait(
    process: subprocess.Popen[bytes],
    raw: Path,
    progress: Callable[[str], None],
    timeout: float,
    stop: Callable[[], bool],
) -> None:
    """Wait for the guest to power off, telling of each scenario as it begins."""
    until, told = time.monotonic() + timeout, 0
    while process.poll() is None:
        if time.monotonic() > until:
            raise RecorderError(f"the guest was not done after {timeout:g} s")
        if stop():
            raise RecorderError("stopped")
        time.sleep(0.2)
        begun = [
            line.split()[2]
            for line in raw.read_text(errors="replace").splitlines()
            if line.startswith("#### scenario ") and len(line.split()) > 2
        ]
        for name in begun[told:]:
            progress(f"scenario {len(begun)}: {name}")
        told = len(begun)
