"""Boot a kernel with scenarios, and keep what it wrote only if it finished."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mglru_lab.files import whole
from mglru_lab.recorder import initramfs, kconfig, packages, program, qemu
from mglru_lab.recorder.image import KernelImage
from mglru_lab.recorder.initramfs import Job
from mglru_lab.recorder.qemu import Files
from mglru_lab.recorder.scratch import scratch
from mglru_lab.recorder.tools import OWN_KERNEL, RecorderError, path

BOOT = 300.0
"""Seconds until the guest must have begun its recording; a loaded machine takes 30."""
_DISK = 512 << 20


def jobs_of(scenarios: Sequence[Path]) -> list[Job]:
    """The scenarios, read; RecorderError for none, and for two of one name."""
    jobs = [Job.read(file) for file in scenarios]
    if not jobs:
        raise RecorderError("no scenario given")
    if len({job.name for job in jobs}) < len(jobs):
        raise RecorderError("two scenarios have the same name: the recording could not tell them")
    return jobs


def record(
    scenarios: Sequence[Path],
    kernel: str | KernelImage,
    out: Path,
    progress: Callable[[str], None],
    *,
    traces: Sequence[Path] = (),
    timeout: float = 3600,
    stop: Callable[[], bool] = lambda: False,
    host_files: Sequence[str] = (),
) -> Path:
    """Run the `.scn` files on `kernel` (a name, a release or a path); write raw text to `out`.

    `traces`: folders in which traces are looked up first. `timeout`: seconds for the whole boot.
    `stop` is asked again and again: once it is true the guest is stopped, and nothing written.
    `host_files`: paths without the leading slash that every dump sends, too, as they are.
    Raises RecorderError; `out` appears only when the guest has finished everything.
    """
    jobs = jobs_of(scenarios)
    for needed in OWN_KERNEL:
        path(needed, *OWN_KERNEL)
    image = packages.kernel(kernel, progress) if isinstance(kernel, str) else kernel
    wants = initramfs.wants(jobs)
    if image.arch == "arm64" and "kvm" in wants:
        raise RecorderError(f"{image.release}: a guest under KVM hangs in QEMU's arm64")
    if lacking := kconfig.lacking(image.config, image.modules, wants, image.arch):
        raise RecorderError(kconfig.lacks(image.release, lacking, image.config))
    with scratch() as folder:
        files = Files(folder)
        initramfs.build(image, jobs, traces, _head(image), host_files).write(files.archive)
        files.raw.touch()
        if not _has_zram(image):
            with files.disk.open("wb") as disk:
                disk.truncate(_DISK)
        progress(f"booting {image.release}")
        with qemu.started(qemu.command(image.arch, image.image, files), files) as process:
            for begun in _begun(process, files, timeout, stop):
                progress(begun)
        _check(image, files)
        out.parent.mkdir(parents=True, exist_ok=True)
        with whole(out) as partial:
            shutil.copyfile(files.raw, partial)
    return out


def _head(image: KernelImage) -> str:
    """What a recording's head says of who made it."""
    return (
        f"recorder guest={program.version()} qemu={qemu.version(image.arch)} accelerator=tcg "
        f"image_sha256={image.checksum}\n"
    )


def _has_zram(image: KernelImage) -> bool:
    """Whether it certainly swaps to zram."""
    modules = image.modules
    if modules is not None and modules.has("zram"):
        return True
    return image.config is not None and image.config.get("ZRAM") == "y"


def _begun(
    process: subprocess.Popen[bytes], files: Files, timeout: float, stop: Callable[[], bool]
) -> Iterator[str]:
    """Wait for the guest to end, and yield each scenario as it begins.

    RecorderError if it takes too long, does not begin at all, or is to stop.
    """
    start, number, at, rest = time.monotonic(), 0, 0, b""
    while True:
        ended = process.poll() is not None
        with files.raw.open("rb") as raw:
            raw.seek(at)
            *lines, rest = (rest + raw.read()).split(b"\n")
            at = raw.tell()
        for line in lines:
            if found := re.match(rb"#### scenario (\S+)", line):
                number += 1
                yield f"scenario {number}: {found[1].decode(errors='replace')}"
        if ended:
            return
        took = time.monotonic() - start
        if stop():
            raise RecorderError("stopped")
        if took > min(timeout, BOOT) and not at:
            what = f"the guest said nothing in {took:.0f} s"
        elif took > timeout:
            what = f"the guest was not done after {timeout:g} s"
        else:
            time.sleep(0.1)
            continue
        raise RecorderError(f"{what}; its last words: {files.last_words()}")


def _check(image: KernelImage, files: Files) -> None:
    """RecorderError if the recording is not whole, with what the guest says of the reason."""
    raw, console = (file.read_text(errors="replace") for file in (files.raw, files.console))
    if "#### all done" in raw:
        return
    symbols = re.findall(r"^lacks (\w+)\s*$", raw + console, re.MULTILINE)
    if symbols:
        known = {need.symbol: need for need in kconfig.NEEDS}
        needs = [known.get(symbol) or kconfig.Need(symbol, "") for symbol in symbols]
        raise RecorderError(kconfig.lacks(image.release, needs, image.config))
    fatal = re.findall(r"^FATAL: (.*)$", raw, re.MULTILINE)
    why = fatal[0] if fatal else "the guest did not finish"
    panic = re.search(r"Kernel panic.*", console)
    if panic:
        why = f"the guest panicked: {panic[0].strip()}"
    raise RecorderError(f"{image.release}: {why}; its last words: {files.last_words()}")
