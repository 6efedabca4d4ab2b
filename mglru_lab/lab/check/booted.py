"""The recorder as a check needs it: what results depend on, and one boot of scenarios."""

import hashlib
import tempfile
import threading
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

from mglru_lab.lab.check.kept import checksum
from mglru_lab.lab.check.standard import Standard
from mglru_lab.recorder import packages
from mglru_lab.recorder.record import record as record_raw


def identity(name: str) -> tuple[str, str]:
    """A kernel's release, and the checksum of all that it boots with: image, modules, our program.

    Raises RecorderError for a kernel that is none.
    """
    kernel = packages.kernel(name)
    modules = sorted(kernel.modules.rglob("*.ko*")) if kernel.modules.is_dir() else []
    parts = [_file(kernel.image), *map(_file, modules), guest_program()]
    return kernel.release, checksum(part.encode() for part in parts)


def _file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def guest_program() -> str:
    """The checksum of what the recorder puts into a guest, and of how it boots it."""
    ours = Path(str(files("mglru_lab.recorder")))
    kept = [path for path in sorted(ours.rglob("*")) if path.is_file()]
    return checksum(
        path.read_bytes()
        for path in kept
        if "pagetrace" not in path.name and "__pycache__" not in path.parts
    )


def record(
    name: str,
    batch: Sequence[Standard],
    scratch: Path,
    tell: Callable[[str], None],
    stop: threading.Event,
    timeout: float,
) -> str:
    """One boot with the scenarios of a batch: the raw text. Raises RecorderError.

    `timeout`: seconds after which it is given up.
    """
    with tempfile.TemporaryDirectory(dir=scratch, ignore_cleanup_errors=True) as made:
        folder = Path(made)
        scenarios = []
        for scenario in batch:
            scenarios.append(folder / f"{scenario.name}.scn")
            scenarios[-1].write_text(scenario.text)
        out = record_raw(
            scenarios, name, folder / "raw.txt", tell, timeout=timeout, stop=stop.is_set
        )
        return out.read_text(errors="replace")
