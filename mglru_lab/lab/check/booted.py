"""Boots scenarios on a kernel for a check, and names everything that the results depend on."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from mglru_lab.lab.check.kept import checksum
from mglru_lab.lab.check.standard import Standard
from mglru_lab.recorder import program, qemu
from mglru_lab.recorder.image import KernelImage
from mglru_lab.recorder.initramfs import PARAMETERS, modules_for
from mglru_lab.recorder.record import record as record_raw


def checksum_of(image: KernelImage) -> str:
    """The checksum of all that a kernel boots with: image, modules, our program, the machine.

    Raises RecorderError for a module that cannot be read.
    """
    modules = image.modules.in_order(modules_for(["kvm", "files"])) if image.modules else {}
    loaded = [part for name, data in modules.items() for part in (name.encode(), data)]
    words = repr((qemu.MACHINES[image.arch], qemu.ARGUMENTS, PARAMETERS))
    return checksum([image.checksum.encode(), program.version().encode(), words.encode(), *loaded])


def record(
    image: KernelImage,
    batch: Sequence[Standard],
    scratch: Path,
    tell: Callable[[str], None],
    stop: Callable[[], bool],
    timeout: float,
) -> str:
    """One boot with the scenarios of a batch: the raw text. Raises RecorderError.

    `timeout`: seconds after which it is given up.
    """
    with tempfile.TemporaryDirectory(dir=scratch, ignore_cleanup_errors=True) as made:
        scenarios = []
        for scenario in batch:
            scenarios.append(Path(made) / f"{scenario.name}.scn")
            scenarios[-1].write_text(scenario.text)
        out = Path(made) / "raw.txt"
        record_raw(scenarios, image, out, tell, timeout=timeout, stop=stop)
        return out.read_text(errors="replace")
