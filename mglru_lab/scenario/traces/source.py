"""A trace's file while it is read: its unpacked bytes, how to read it, warnings about it."""

import gzip
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from mglru_lab.scenario.traces.entries import TraceError

MOST_BYTES = 1 << 32
"""Unpacked; a packed file may claim anything."""
PACKED = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


@dataclass
class Source:
    """The file, and how its accesses become quanta."""

    path: Path
    quantum: int
    """Accesses in a quantum, where the format tells no time."""
    columns: str = ""
    """CSV: which column is what (columns.py)."""
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return str(self.path)

    def note(self, sentence: str) -> None:
        """Keep what a reader of the trace has to know."""
        self.notes.append(sentence)

    def data(self) -> bytes:
        """The file's bytes, unpacked if they are packed by gzip or zstd."""
        with self.path.open("rb") as file:
            kind = packed_by(file)
            if not kind:
                return file.read()
            return unpacked(str(self), file, kind)

    def plain(self) -> Path:
        """The path; TraceError where the format is read by its path, and the file is packed."""
        with self.path.open("rb") as file:
            if kind := packed_by(file):
                raise TraceError(f"{self}: unpack it first: {kind} -d {self.path.name}")
        return self.path


def packed_by(file: IO[bytes]) -> str:
    """gzip, zstd, or nothing; by the first bytes."""
    magic = file.read(4)
    file.seek(0)
    return next((kind for start, kind in _MAGIC.items() if magic.startswith(start)), "")


def unpacked(name: str, file: IO[bytes], kind: str) -> bytes:
    """What a packed file holds; TraceError where it is damaged, or holds too much."""
    opened, error = _opener(name, kind)
    try:
        with opened(file) as plain:
            data = plain.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error, error) as found:
        raise TraceError(f"{name}: packed by {kind}, but damaged: {found}") from None
    if len(data) > MOST_BYTES:
        raise TraceError(f"{name}: more than {MOST_BYTES} bytes when unpacked")
    return data


def _opener(name: str, kind: str) -> tuple[Callable[[IO[bytes]], IO[bytes]], type[Exception]]:
    if kind == "gzip":
        return lambda file: io.BufferedReader(gzip.GzipFile(fileobj=file)), OSError
    try:
        from compression import zstd  # Python 3.14 and later
    except ImportError:
        try:
            from backports import zstd
        except ImportError:
            path = Path(name)
            raise TraceError(f"{name}: unpack it first: zstd -d {path.name}") from None
    return lambda file: io.BufferedReader(zstd.ZstdFile(file)), zstd.ZstdError
