"""Kernels that were recorded, in place of kernels that boot."""

import lzma
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mglru_lab.lab.check import booted, check
from mglru_lab.lab.check.check_report import Report
from mglru_lab.lab.check.make import make
from mglru_lab.lab.check.standard import Standard, small_set
from mglru_lab.recorder.image import KernelImage
from mglru_lab.recorder.tools import RecorderError

RECORDED = Path(__file__).parent / "recorded"
RELEASES = {"6.12": "6.12.117+deb12-cloud-amd64", "7.3": "7.3.4+deb13-cloud-amd64"}
NAMES = ("b_evict_en7", "k_evict_en7", "k_calls_en7")
SET = [scenario for scenario in small_set() if scenario.name in NAMES]


def raw(kernel: str, name: str) -> str:
    return lzma.decompress((RECORDED / kernel / f"{name}.txt.xz").read_bytes()).decode()


class Boots:
    """Stands for the recorder: `spoil` names scenarios that spoil a boot."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, spoil: Sequence[str] = ()) -> None:
        self.batches: list[list[str]] = []
        self.spoil, self.lock = spoil, threading.Lock()
        monkeypatch.setattr(check.packages, "kernel", self.kernel)
        monkeypatch.setattr(booted, "checksum_of", lambda image: f"{image.release:>64}")
        monkeypatch.setattr(booted, "record", self.record)

    def kernel(self, name: str, tell: Callable[[str], None]) -> KernelImage:
        if name not in RELEASES:
            raise RecorderError(f"kernel {name!r} is unknown")
        return KernelImage(RELEASES[name], Path(name), None, None)

    def record(self, image: KernelImage, batch: Sequence[Standard], *_: object) -> str:
        names = [scenario.name for scenario in batch]
        with self.lock:
            self.batches.append(names)
        spoiled = [name for name in names if name in self.spoil]
        if spoiled:
            raise RecorderError(f"the guest panicked in {spoiled[0]}")
        head, found = "", []
        for name in names:
            text = raw(str(image.image), name)
            head, scenario, rest = text.partition("#### scenario")
            found.append(scenario + rest)
        return head + "".join(found) + "#### all done uptime 9\n"


def reported(folder: Path) -> Report:
    """A report on 6.12 against 7.3, as they were recorded."""
    with pytest.MonkeyPatch.context() as patch:
        Boots(patch)
        return make("6.12", "7.3", SET, lambda line: None, folder=folder)
