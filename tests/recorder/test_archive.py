import shutil
import subprocess
from pathlib import Path

import pytest

from mglru_lab.recorder.archive import Archive


def archive() -> Archive:
    made = Archive()
    made.add_console()
    made.add("init", b"#!/x", executable=True)
    made.add("a/b/c.txt", b"12345")
    made.add("a/b/c.txt", b"123")
    made.add("empty", b"")
    return made


def read(data: bytes) -> dict[str, tuple[int, bytes]]:
    """Name to mode and contents, by the format's own words (cpio(5), newc)."""
    at, found = 0, {}
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        name = data[at + 110 : at + 110 + fields[11]].rstrip(b"\0").decode()
        start = at + (110 + fields[11] + 3) // 4 * 4
        if name == "TRAILER!!!":
            return found
        found[name] = (fields[1], data[start : start + fields[6]])
        at = start + (fields[6] + 3) // 4 * 4


def test_files_folders_and_the_console_are_in_it(tmp_path: Path) -> None:
    archive().write(tmp_path / "x")
    found = read((tmp_path / "x").read_bytes())
    assert list(found) == ["dev", "dev/console", "init", "a", "a/b", "a/b/c.txt", "empty"]
    assert found["init"] == (0o100755, b"#!/x")
    assert found["a/b/c.txt"] == (0o100644, b"123")
    assert found["dev/console"][0] == 0o020600
    assert found["a"][0] == 0o040755


def test_cpio_reads_it(tmp_path: Path) -> None:
    if not shutil.which("cpio"):
        pytest.skip("no cpio is installed to read it with")
    archive().write(tmp_path / "x")
    done = subprocess.run(
        ["cpio", "-itv"], input=(tmp_path / "x").read_bytes(), capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert b"a/b/c.txt" in done.stdout


def test_the_same_files_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("x", "y"):
        archive().write(tmp_path / name)
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()
