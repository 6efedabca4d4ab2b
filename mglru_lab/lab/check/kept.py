"""Results of a check on disk, one file per scenario, so that a check that was killed continues.

A file's name says what it was recorded with: the kernel's files, the guest's program, the scenario
and its traces. Whatever of these changes, the scenario is recorded anew.
"""

import hashlib
import lzma
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mglru_lab.files import whole
from mglru_lab.lab.check import calls
from mglru_lab.lab.check.calls import Calls
from mglru_lab.lab.check.standard import Standard
from mglru_lab.lab.truth.recordings import Recording, RecordingError, read_text
from mglru_lab.paths import cache_folder
from mglru_lab.scenario.traces.entries import load_trace

_SCENARIO, _ENDS = "#### scenario ", ("#### end ", "#### oracle exit")


def default_folder() -> Path:
    """Where results are kept unless a folder is named."""
    return cache_folder() / "checks"


def checksum(parts: Iterable[bytes]) -> str:
    """SHA-256 over the parts, each with its length, so that no two lists of parts are alike."""
    made = hashlib.sha256()
    for part in parts:
        made.update(len(part).to_bytes(8, "little") + part)
    return made.hexdigest()


def split(raw: str) -> dict[str, str]:
    """A boot's raw text as one text per finished scenario, each under the boot's head."""
    head: list[str] = []
    found: dict[str, str] = {}
    name, lines = "", head
    for line in raw.splitlines():
        if line.startswith(_SCENARIO):
            name, lines = line.split()[2], []
        lines.append(line)
        if name and line.startswith(_ENDS):
            found[name] = "\n".join([*head, *lines, ""])
            name, lines = "", []
    return found


@dataclass(frozen=True)
class Result:
    """A scenario as the kernel ran it, and what it counted of calls into KVM."""

    recording: Recording
    calls: dict[str, Calls]

    @classmethod
    def of(cls, raw: str, source: str) -> "Result":
        """Of one scenario's raw text; RecordingError for what is none."""
        found = list(read_text(raw, source))
        if len(found) != 1:
            raise RecordingError(f"{source}: {len(found)} scenarios, expected one")
        try:
            return cls(found[0], calls.read(raw.splitlines()))
        except ValueError as error:
            raise RecordingError(f"{source}: {error}") from None


@dataclass(frozen=True)
class Kept:
    """The results of one kernel: `kernel` is the checksum of all that it boots with."""

    folder: Path
    release: str
    kernel: str

    def path(self, scenario: Standard) -> Path:
        """Where the result of a scenario is, or will be."""
        traces = [load_trace(name, [])[1].tobytes() for name in scenario.traces]
        key = checksum([self.kernel.encode(), scenario.text.encode(), *traces])
        return (
            self.folder
            / f"{self.release}-{self.kernel[:12]}"
            / f"{scenario.name}-{key[:12]}.txt.xz"
        )

    def load(self, scenario: Standard) -> Result | None:
        """The kept result; None if there is none, or it is damaged and has to be made anew."""
        path = self.path(scenario)
        try:
            return Result.of(lzma.decompress(path.read_bytes()).decode(), path.name)
        except FileNotFoundError:
            return None
        except (OSError, lzma.LZMAError, EOFError, UnicodeDecodeError, RecordingError):
            path.unlink(missing_ok=True)
            return None

    def keep(self, scenario: Standard, raw: str) -> Result:
        """Write a scenario's raw text, whole or not at all; RecordingError if it is none."""
        path = self.path(scenario)
        result = Result.of(raw, path.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as partial:
            partial.write_bytes(lzma.compress(raw.encode()))
        return result
