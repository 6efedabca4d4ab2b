import shutil
from pathlib import Path

import pytest

from mglru_lab.recorder import program, tools
from mglru_lab.recorder.tools import RecorderError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CC", raising=False)


def test_the_program_is_static_and_made_once(tmp_path: Path) -> None:
    if not shutil.which("gcc"):
        pytest.skip("no gcc is installed")
    made = program.program("amd64")
    assert made.startswith(b"\x7fELF")
    assert b"/lib64/ld-linux" not in made
    (kept,) = (tmp_path / "cache").rglob("guest-*")
    assert kept.name == f"guest-{program.version()}-amd64"
    kept.write_bytes(b"kept")
    assert program.program("amd64") == b"kept"


def test_a_compiler_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_path", lambda name: None)
    with pytest.raises(
        RecorderError, match=r"no C compiler for arm64.*gcc-aarch64-linux-gnu libc6-dev"
    ):
        program.compiler("arm64")


def test_cc_names_another_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "musl-gcc -m64")
    assert program.compiler("amd64") == ["musl-gcc", "-m64"]


def test_a_compiler_without_a_static_library_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cc = tmp_path / "cc"
    cc.write_text("#!/bin/sh\necho /usr/bin/ld: cannot find -lc >&2\nexit 1\n")
    cc.chmod(0o755)
    monkeypatch.setenv("CC", str(cc))
    with pytest.raises(
        RecorderError, match=r"does not link statically; on Debian.*libc6-dev.*glibc-st"
    ):
        program.program("amd64")
    assert not list((tmp_path / "cache").rglob("guest-*"))


def test_its_version_is_that_of_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    before = program.version()
    assert len(before) == 12
    monkeypatch.setattr(program, "_sources", lambda: {"x.c": b"int main;"})
    assert program.version() != before
