"""What the guest boots into: our program, kernel modules, scenarios and their traces."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mglru_lab.recorder.archive import Archive
from mglru_lab.recorder.image import KernelImage
from mglru_lab.recorder.program import program
from mglru_lab.recorder.tools import RecorderError
from mglru_lab.scenario.traces.entries import TraceError, check_entries, load_trace

_MODULES = {
    "": ("virtio_pci", "virtio_console", "lzo-rle", "zram"),
    "kvm": ("kvm-amd",),
    "files": ("brd",),
    "mnt": ("crc32c_generic", "ext4", "ext2"),
}
"""By what a scenario needs; loaded where they are neither built in nor missing."""
PARAMETERS = {
    "zram": "num_devices=1",
    "brd": "rd_nr=1 rd_size=262144",
    "kvm_amd": "npt=1",
}
"""Of modules; one that is built in takes them from the command line."""


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

    @property
    def wants(self) -> set[str]:
        """What it needs of a kernel besides the rest: kvm, files, mnt (a file system), trace."""
        words = {"kvm": "kvm" in self.kinds, "files": bool(self.kinds & {"file", "rfile"})}
        words["mnt"] = "/mnt/" in self.text
        words["trace"] = bool(re.search(r"^\s*(walklog\s+1|calls\s)", self.text, re.MULTILINE))
        return {word for word, is_wanted in words.items() if is_wanted}

    @property
    def pages(self) -> list[int]:
        """The sizes of its regions."""
        return [int(n) for n in re.findall(r"^\s*region\s+(\d+)", self.text, re.MULTILINE)]

    def traces(self) -> list[str]:
        """The traces that it names, as it names them."""
        return re.findall(r"^\s*trace\s+(\S+)", self.text, re.MULTILINE)


def wants(jobs: Iterable[Job]) -> set[str]:
    """What these scenarios need of a kernel besides the rest."""
    return set().union(*(job.wants for job in jobs))


def modules_for(wanted: Iterable[str]) -> list[str]:
    """The modules to load for what scenarios need."""
    return [name for word in ("", *sorted(wanted)) for name in _MODULES.get(word, ())]


def _add_modules(kernel: KernelImage, wanted: Iterable[str], archive: Archive) -> None:
    files = kernel.modules.in_order(modules_for(wanted)) if kernel.modules else {}
    lines = []
    for name, data in files.items():
        archive.add(f"mods/{name}", data)
        lines.append(f"{name} {PARAMETERS.get(name.removesuffix('.ko'), '')}".strip() + "\n")
    archive.add("mods/LIST", "".join(lines).encode())


def _add_jobs(jobs: Sequence[Job], traces: Sequence[Path], archive: Archive) -> str:
    """Add scenarios and traces; returns one line per trace, with its checksum, for the head."""
    told = {}
    for job in jobs:
        text = job.text
        for name in job.traces():
            try:
                found, entries = load_trace(name, [*traces, job.folder])
                check_entries(found, entries, job.pages)
            except TraceError as error:
                raise RecorderError(f"{job.name}: {error}") from None
            plain = Path(name).name.split(".")[0].replace("@", "_") + ".u32"
            data = entries.astype("<u4").tobytes()
            archive.add(f"trace/{plain}", data)
            told[plain] = f"trace {plain} sha256={hashlib.sha256(data).hexdigest()}\n"
            text = re.sub(
                rf"(?m)^(\s*trace\s+){re.escape(name)}(?=\s|$)", rf"\g<1>/trace/{plain}", text
            )
        archive.add(f"scn/{job.name}.scn", text.encode())
    archive.add("scn/LIST", "".join(f"{job.name}.scn\n" for job in jobs).encode())
    return "".join(told.values())


def build(
    kernel: KernelImage,
    jobs: Sequence[Job],
    traces: Sequence[Path],
    head: str,
    host_files: Sequence[str] = (),
) -> Archive:
    """The archive; `head`: lines for the recording's head; `host_files`: what dumps send, too."""
    archive = Archive()
    archive.add_console()
    archive.add("init", program(kernel.arch), executable=True)
    wanted = wants(jobs)
    archive.add("wants", " ".join(sorted(wanted)).encode())
    _add_modules(kernel, wanted, archive)
    archive.add("recorder", (head + _add_jobs(jobs, traces, archive)).encode())
    if host_files:
        archive.add("host", "".join(f"/{path}\n" for path in host_files).encode())
    return archive
