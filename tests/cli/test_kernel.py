from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mglru_lab.cli.main import main
from mglru_lab.lab.check import standard
from mglru_lab.recorder.kernels import TABLE
from tests.lab.check.fakes import SET, Boots


def test_the_list_has_a_line_per_kernel() -> None:
    shown = CliRunner().invoke(main, ["kernel", "list"])
    assert shown.exit_code == 0, shown.output
    first = shown.output.partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in first.splitlines()]
    assert rows[2:] == [[series.name, series.rules] for series in TABLE]
    assert max(map(len, shown.output.splitlines())) <= 100


def call(*words: object) -> Result:
    return CliRunner().invoke(main, ["kernel", *map(str, words)])


def test_a_check_is_printed_and_written_as_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Boots(monkeypatch)
    monkeypatch.setattr(standard, "small_set", lambda: SET)
    page = tmp_path / "pages" / "check.html"
    shown = call("check", "6.12", "--against", "7.3", "--folder", tmp_path / "k", "--page", page)
    assert shown.exit_code == 0, shown.output
    assert "The nearest family of rules is 6.12, as its release says" in shown.output
    assert "One aging of a guest's 2,048 pages asks KVM 2,049 times" in shown.output
    assert "Against 7.3.4+deb13-cloud-amd64: of 3 scenarios" in shown.output
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert [file.name for file in page.parent.iterdir()] == ["check.html"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["5.4"], "kernel '5.4' is unknown"),
        (["6.12", "--against", "model:9"], "model:9: allowed after model: are"),
        (["./rubbish"], "no such kernel"),
    ],
)
def test_what_is_no_kernel_is_refused_in_a_line(
    words: list[str], reason: str, tmp_path: Path
) -> None:
    shown = call("check", *words, "--folder", tmp_path / "k", "--page", tmp_path / "p.html")
    assert shown.exit_code != 0
    assert reason in shown.output
    assert list(tmp_path.iterdir()) == []


def test_a_matrix_needs_its_marks_before_anything_boots(tmp_path: Path) -> None:
    page = tmp_path / "x.md"
    page.write_text("no marks\n")
    shown = call("matrix", "6.12", "--write", page)
    assert shown.exit_code == 2
    assert "must be there once" in shown.output
    assert call("matrix", "5.*").exit_code == 2
