"""What the guest boots into: busybox, our two programs, kernel modules, scenarios and traces."""

import lzma
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from mglru_lab.recorder.packages import KernelFiles
from mglru_lab.recorder.tools import RecorderError, path, run
from mglru_lab.scenario.traces.entries import TraceError, load_trace

MODULES = ("virtio_pci", "virtio_console", "lzo-rle", "zram")
"""Needed by every scenario where they are not built in."""


@dataclass(frozen=True)
class Job:
    """A scenario as the guest's program reads it: its name and text, the traces that it loads."""

    name: str
    text: str
    folder: Path

    @classmethod
    def read(cls, file: Path) -> "Job":
        """Read a `.scn` file; RecorderError names what is wrong with it."""
        if not re.fullmatch(r"[\w.-]+\.scn", file.name):
            raise RecorderError(f"{file}: a scenario's name is letters, digits, . _ - and .scn")
        try:
            return cls(file.stem, file.read_text(encoding="utf-8"), file.parent)
        except (OSError, UnicodeDecodeError) as error:
            raise RecorderError(f"{file}: {error}") from None

    @property
    def kinds(self) -> set[str]:
        """The kinds of its regions."""
        return set(re.findall(r"^\s*region\s+\S+\s+(\w+)", self.text, re.MULTILINE))

    def traces(self) -> list[str]:
        """The traces that it names, as it names them."""
        return re.findall(r"^\s*trace\s+(\S+)", self.text, re.MULTILINE)


def modules_for(jobs: Iterable[Job]) -> list[str]:
    """The modules that these scenarios need: KVM for a guest, a RAM disk for files."""
    kinds = set().union(*(job.kinds for job in jobs))
    wanted = [*MODULES]
    if "kvm" in kinds:
        wanted.append("kvm-amd")
    if kinds & {"file", "rfile"}:
        wanted.append("brd")
    return wanted


def dependencies(modules_dep: str) -> dict[str, list[str]]:
    """Module name to the files to load, dependencies first; from modules.dep."""
    found = {}
    for line in modules_dep.splitlines():
        module, _, needs = line.partition(":")
        name = Path(module).name.split(".ko")[0]
        found[name] = [*reversed(needs.split()), module]
    return found


def _copy_modules(kernel: KernelFiles, wanted: Sequence[str], to: Path) -> None:
    known = dependencies((kernel.modules / "modules.dep").read_text())
    order: list[str] = []
    for name in wanted:
        for module in known.get(name, known.get(name.replace("-", "_"), [])):
            plain = Path(module).name.removesuffix(".xz")
            if plain in order:
                continue
            data = (kernel.modules / module).read_bytes()
            (to / plain).write_bytes(lzma.decompress(data) if module.endswith(".xz") else data)
            order.append(plain)
    (to / "order").write_text("".join(f"{module}\n" for module in order))


def _write_jobs(jobs: Sequence[Job], root: Path, traces: Sequence[Path]) -> None:
    for job in jobs:
        text = job.text
        for name in job.traces():
            try:
                _, entries = load_trace(name, [*traces, job.folder])
            except TraceError as error:
                raise RecorderError(f"{job.name}: {error}") from None
            plain = Path(name).name.split(".")[0].replace("@", "_") + ".u32"
            entries.astype("<u4").tofile(root / "trace" / plain)
            text = re.sub(
                rf"(?m)^(\s*trace\s+){re.escape(name)}(?=\s|$)", rf"\g<1>/trace/{plain}", text
            )
        (root / "scn" / f"{job.name}.scn").write_text(text)
    (root / "scn" / "LIST").write_text("".join(f"{job.name}.scn\n" for job in jobs))


def build(
    kernel: KernelFiles,
    busybox: Path,
    jobs: Sequence[Job],
    traces: Sequence[Path],
    scratch: Path,
    host_files: Sequence[str] = (),
) -> Path:
    """Make the archive in `scratch` and return its path; `host_files`: what dumps send, too."""
    root = scratch / "root"
    for folder in ("bin", "proc", "sys", "dev", "mods", "scn", "trace"):
        (root / folder).mkdir(parents=True)
    shutil.copy(busybox, root / "bin" / "busybox")
    ours = files("mglru_lab.recorder")
    init = root / "init"
    init.write_bytes((ours / "init").read_bytes())
    init.chmod(0o755)
    source = scratch / "guest.c"
    source.write_bytes((ours / "guest.c").read_bytes())
    run(path("gcc"), "-O2", "-Wall", "-static", "-o", root / "guest", source)
    _copy_modules(kernel, modules_for(jobs), root / "mods")
    if any("/mnt/" in job.text for job in jobs):
        (root / "mods" / "wantfs").touch()
        (root / "bin" / "mke2fs").symlink_to("busybox")
    _write_jobs(jobs, root, traces)
    if host_files:
        (root / "host").write_text("".join(f"/{path}\n" for path in host_files))
    names = b"".join(str(p.relative_to(root)).encode() + b"\0" for p in sorted(root.rglob("*")))
    archive = scratch / "initramfs.cpio"
    with archive.open("wb") as out:
        subprocess.run(
            [path("cpio"), "--null", "-o", "-H", "newc", "--quiet"],
            cwd=root, input=names, stdout=out, check=True,
        )  # fmt: skip
    return archive
