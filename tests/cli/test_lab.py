import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mglru_lab.cli.main import main
from mglru_lab.paths import NOTEBOOKS


def test_notebooks_are_copied_and_ones_own_stay(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "05_price.ipynb").write_text("mine")
    shown = CliRunner().invoke(main, ["lab", str(tmp_path / "lab"), "--no-open"])
    many = len(list(NOTEBOOKS.glob("*.ipynb")))
    assert f"lab: {many - 1} notebooks copied, 1 were there already\n" in shown.output
    assert (tmp_path / "lab" / "05_price.ipynb").read_text() == "mine"
    first = tmp_path / "lab" / "00_start.ipynb"
    assert first.read_bytes() == (NOTEBOOKS / "00_start.ipynb").read_bytes()


def test_jupyterlab_opens_in_that_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def run(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        started.append(words)
        return subprocess.CompletedProcess(words, 0)

    monkeypatch.setattr(subprocess, "run", run)
    assert CliRunner().invoke(main, ["lab", str(tmp_path / "lab")]).exit_code == 0
    assert started[0][:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--notebook-dir={tmp_path / 'lab'}" in started[0]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    shown = CliRunner().invoke(main, ["lab", str(tmp_path / "file" / "x"), "--no-open"])
    assert shown.exit_code == 2
    assert "Not a directory" in shown.output
