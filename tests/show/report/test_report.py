import json
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from mglru_lab.show.report import report
from mglru_lab.show.report.report import ReportError, render
from tests.browser import browser_test, offline_page

PARAMETERS = """\
steps: int = 60
scale: float = 0.5
modes: list[str] = ["a"]
live: bool = True
"""
NOTE = """\
import json, pathlib
pathlib.Path("ran.json").write_text(json.dumps([steps, scale, modes, live]))
"""
CHARTS = (
    "## Drawn",
    "import altair as alt\nfrom mglru_lab.show.kit import offline\noffline.enable()",
    "rows = alt.Data(values=[{'pages': 1}, {'pages': 2}])",
    "alt.Chart(rows, title='first <chart>').mark_bar().encode(x='pages:Q')",
    "alt.Chart(rows, title='</script> & second').mark_bar().encode(x='pages:Q')",
)


def ignore(_: str) -> None:
    """Nobody hears of the progress."""


def write(folder: Path, *cells: str) -> Path:
    """A notebook of a title, the parameters, a cell that notes what it was given, and `cells`."""
    title = nbformat.v4.new_markdown_cell("# The title")
    tagged = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    book = nbformat.v4.new_notebook(cells=[title, tagged])
    for text in (NOTE, *cells):
        heading = text.startswith("#")
        new = nbformat.v4.new_markdown_cell if heading else nbformat.v4.new_code_cell
        book.cells.append(new(text))
    path = folder / "book {braces}.ipynb"
    nbformat.write(book, path)
    return path


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"stepz": "1"}, "unknown parameter stepz; did you mean steps"),
        ({"steps": "1", "zoo": "1"}, r"unknown parameter zoo \(allowed: steps, scale, modes, live"),
        ({"live": "yes", "steps": "many"}, "parameter steps must be int, not 'many'"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(
    tmp_path: Path, parameters: dict[str, object], message: str
) -> None:
    heard: list[str] = []
    with pytest.raises(ValueError, match=message):
        render(write(tmp_path), tmp_path / "out" / "r.html", parameters, heard.append)
    assert heard == []
    assert [path.name for path in tmp_path.iterdir()] == ["book {braces}.ipynb"]


def test_parameters_reach_the_notebook_as_declared(tmp_path: Path) -> None:
    parameters = {"steps": "7", "scale": "2", "modes": "x, y", "live": "off"}
    out = render(write(tmp_path), tmp_path / "new" / "folder" / "r.html", parameters, ignore)
    assert json.loads((tmp_path / "ran.json").read_text()) == [7, 2.0, ["x", "y"], False]
    assert out == tmp_path / "new" / "folder" / "r.html"
    assert [path.name for path in out.parent.iterdir()] == ["r.html"]


def test_progress_names_every_cell_and_its_heading(tmp_path: Path) -> None:
    heard: list[str] = []
    book = write(tmp_path, "", "# Next\n\n## `Aging`", "2")
    render(book, tmp_path / "r.html", None, heard.append)
    assert json.loads((tmp_path / "ran.json").read_text()) == [60, 0.5, ["a"], True]
    assert heard == [
        "cell 1 of 3: The title",
        "cell 2 of 3: The title",
        "cell 3 of 3: Aging",
        "writing r.html",
    ]


def test_a_failing_cell_is_named_and_its_notebook_kept(tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    out.write_text("yesterday's report")
    heard: list[str] = []
    book = write(tmp_path, "print('before')", "## Sums", "1 / 0", "print('after')")
    with pytest.raises(ReportError) as failed:
        render(book, out, {"steps": "7"}, heard.append)
    assert failed.value.cell == heard[-1] == "cell 5 of 6: Sums"
    assert failed.value.cause == "ZeroDivisionError: division by zero"
    assert failed.value.kept == tmp_path / "r.failed.ipynb"
    assert "cell 5 of 6: Sums failed: ZeroDivisionError: division by zero" in str(failed.value)
    assert str(failed.value.kept) in str(failed.value)
    assert out.read_text() == "yesterday's report"
    ran = nbformat.read(failed.value.kept, as_version=4)
    outputs = {cell.source: cell for cell in ran.cells if cell.cell_type == "code"}
    assert outputs["print('before')"].outputs[0].text == "before\n"
    assert outputs["1 / 0"].execution_count == 5
    assert outputs["print('after')"].outputs == []


def test_a_kernel_that_dies_is_told_with_the_cell(tmp_path: Path) -> None:
    book = write(tmp_path, "## End", "import os; os._exit(1)")
    with pytest.raises(ReportError, match="cell 3 of 3: End failed: the kernel died") as failed:
        render(book, tmp_path / "r.html", None, ignore)
    assert failed.value.kept.exists()


def test_a_report_that_succeeds_removes_the_trace_of_one_that_failed(tmp_path: Path) -> None:
    (tmp_path / "r.failed.ipynb").write_text("{}")
    render(write(tmp_path), tmp_path / "r.html", None, ignore)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("r.")) == [
        "r.html"
    ]


def test_a_report_that_cannot_be_put_in_place_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, target: Path) -> None:
        raise OSError("no room")

    out = tmp_path / "r.html"
    out.write_text("yesterday's report")
    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no room"):
        report.write(out, "half")
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]
    assert out.read_text() == "yesterday's report"


@browser_test
def test_a_report_is_drawn_from_one_file_without_network(tmp_path: Path) -> None:
    out = render(write(tmp_path, *CHARTS), tmp_path / "r.html", {}, ignore)
    alone = tmp_path / "elsewhere"
    alone.mkdir()
    attachment = out.rename(alone / "attachment.html")
    with offline_page(attachment) as (page, heard):
        drawn = page.locator("svg.marks")
        expect(drawn).to_have_count(2)
        expect(drawn.nth(0)).to_contain_text("first <chart>")
        expect(drawn.nth(1)).to_contain_text("</script> & second")
        assert page.title() == "The title"
        assert heard.requests == [attachment.as_uri()]
        assert heard.errors == []
