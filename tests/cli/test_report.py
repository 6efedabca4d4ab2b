import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click import UsageError
from click.testing import CliRunner

from mglru_lab.cli.main import main
from mglru_lab.cli.report import notebook
from mglru_lab.paths import NOTEBOOKS
from tests.cli.called import call


@pytest.mark.parametrize(
    "words",
    [
        ("report", "-p", "trace=zipf10_20", "--out", "s3://bucket/x.html"),
        ("report", "--grid", "memory=0.2,0.5", "--out", "gs://bucket"),
        ("host", "watch", "--out", "abs://x"),
        ("trace", "convert", "x.csv", "s3://b/x.parquet"),
    ],
)
def test_an_address_is_no_file_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("page\n1\n")
    shown = CliRunner().invoke(main, words)
    assert shown.exit_code == 2
    assert "files are written here only" in shown.output
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kernels: [6.1, 6.12]", 'not [6.1, 6.12] (6.1 is not str: write "6.1" in quotes)'),
        ("enabled: 0x7", 'parameter enabled must be str, not 7: write "7" in quotes'),
    ],
)
def test_numbers_of_yaml_get_their_hint(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    out = str(tmp_path / "x.html")
    shown = CliRunner().invoke(main, ["report", "-f", str(tmp_path / "x.yaml"), "--out", out])
    assert shown.exit_code == 2
    assert message in shown.output


def test_a_file_of_comments_sets_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("# nothing set\n")
    words = ["-f", str(tmp_path / "x.yaml"), "-p", "memory=much", "--out", str(tmp_path / "x.html")]
    shown = CliRunner().invoke(main, ["report", *words])
    assert "parameter memory must be float, not 'much'" in shown.output  # the file was accepted


def test_a_notebook_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for word in ("05_price", "price", "notebooks/05_price.ipynb"):
        assert notebook(word) == NOTEBOOKS / "05_price.ipynb"
    (tmp_path / "05_price.ipynb").write_text("mine")
    assert notebook("05_price.ipynb") == Path("05_price.ipynb")
    with pytest.raises(UsageError, match="there is no notebook elsewhere/05_price; allowed are"):
        notebook("elsewhere/05_price")


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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-p", "memry=0.5"), "unknown parameter memry; did you mean memory"),
        (("-p", "memory=half"), "parameter memory must be float, not 'half'"),
        (("-p", "memory"), "-p 'memory': allowed is NAME=VALUE"),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_runs(
    tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    shown = call("report", *words, "--out", tmp_path / "r.html")
    assert shown.exit_code == 2
    assert message in shown.output
    assert "cell" not in shown.output
    assert list(tmp_path.iterdir()) == []
