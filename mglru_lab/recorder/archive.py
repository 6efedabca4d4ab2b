"""The archive that a kernel unpacks into its first file system: cpio's format newc."""

from pathlib import Path

_FILE, _FOLDER, _DEVICE = 0o100000, 0o040000, 0o020000


class Archive:
    """Files by their path in the guest, folders made as needed; the same files, the same bytes."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, bytes, tuple[int, int]]] = {}

    def add(self, name: str, data: bytes, *, executable: bool = False) -> None:
        """Add a file, or put another in its place."""
        self._parents(name)
        self._entries[name] = (_FILE | (0o755 if executable else 0o644), data, (0, 0))

    def add_console(self) -> None:
        """The console's device, which the first process has as its standard streams."""
        self._parents("dev/console")
        self._entries["dev/console"] = (_DEVICE | 0o600, b"", (5, 1))

    def _parents(self, name: str) -> None:
        for folder in reversed(Path(name).parents[:-1]):
            self._entries.setdefault(str(folder), (_FOLDER | 0o755, b"", (0, 0)))

    def write(self, file: Path) -> None:
        """Write the archive."""
        with file.open("wb") as out:
            for number, (name, (mode, data, device)) in enumerate(self._entries.items(), start=1):
                out.write(_entry(number, name, mode, data, device))
            out.write(_entry(0, "TRAILER!!!", 0, b"", (0, 0)))


def _entry(number: int, name: str, mode: int, data: bytes, device: tuple[int, int]) -> bytes:
    named = name.encode() + b"\0"
    links = 2 if mode & _FOLDER else 1
    fields = (number, mode, 0, 0, links, 0, len(data), 0, 0, *device, len(named), 0)
    head = b"070701" + "".join(f"{field:08x}" for field in fields).encode() + named
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
