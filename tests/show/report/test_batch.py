import re
from pathlib import Path

import click
import nbformat
import pytest
from click.testing import CliRunner, Result

from mglru_lab.cli.main import main
from mglru_lab.cli.report import notebook
from mglru_lab.paths import NOTEBOOKS
from mglru_lab.show.report import batch
from mglru_lab.show.report.report import key_of
from tests.browser import browser_test, offline_page

CELLS = """\
import altair as alt
import polars as pl
from mglru_lab.show.kit import offline
from mglru_lab.show.report import provenance
offline.enable()
frame = pl.DataFrame({"pages": [pages, 2 * pages], "kernel": [word, "<b>"]})
1 / (pages - 13)
alt.Chart(frame, title="pages").mark_bar().encode(x="pages:Q", y="kernel:N")
"""
LIGHT = "1 / (pages - 13)\nprint(pages, word)"


def write(
    path: Path, code: str = LIGHT, parameters: str = 'pages: int = 3\nword: str = "a"'
) -> Path:
    tagged = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    cells = [nbformat.v4.new_markdown_cell("# Sums"), tagged, nbformat.v4.new_code_cell(code)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def call(*words: object) -> Result:
    return CliRunner().invoke(main, ["report", *map(str, words)])


def pages(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_grid_is_every_combination_the_last_axis_fastest() -> None:
    assert batch.grid(["a=1,2", "b=x, y"]) == [
        {"a": "1", "b": "x"}, {"a": "1", "b": "y"}, {"a": "2", "b": "x"}, {"a": "2", "b": "y"},
    ]  # fmt: skip
    assert batch.grid([]) == [{}]
    assert batch.grid(["a=1,1"]) == [{"a": "1"}]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--grid", "pages"), "--grid 'pages': allowed is NAME=VALUE,VALUE..."),
        (("--grid", "pages=1,"), "--grid 'pages=1,': allowed is NAME=VALUE,VALUE..."),
        (("--grid", "pages=1", "pages=2"), "--grid pages is given twice"),
        (("--grid", "pagez=1"), "b.ipynb: unknown parameter pagez; did you mean pages?"),
        (("--grid", "pages=1,two"), "b.ipynb: parameter pages must be int, not 'two'"),
        (("--grid", "pages=1", "-p", "pages=1"), "pages is given by -p or -f and by --grid"),
        (("pages=1",), "'pages=1' is not a notebook; a parameter needs -p or --grid"),
        (("nowhere.ipynb",), "there is no notebook nowhere.ipynb; allowed are a file, or 00_start"),
    ],
)
def test_a_wrong_batch_is_refused_before_anything_runs(
    tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    shown = call(write(tmp_path / "b.ipynb"), *words, "--out", tmp_path / "out")
    assert shown.exit_code == 2
    assert message in shown.output
    assert [path.name for path in tmp_path.iterdir()] == ["b.ipynb"]


@pytest.mark.parametrize("text", ["- 1\n", "pages: [1\n", "7: 1\n", "\x00"])
def test_a_file_of_parameters_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(text)
    shown = call(write(tmp_path / "b.ipynb"), "-f", file, "--out", tmp_path / "r.html")
    assert shown.exit_code == 2
    assert str(file) in shown.output
    assert not (tmp_path / "r.html").exists()


def test_several_reports_need_a_folder(tmp_path: Path) -> None:
    book = write(tmp_path / "b.ipynb")
    for words in (("--grid", "pages=1"), ("--grid", "pages=1", "--out", tmp_path / "r.html")):
        shown = call(book, *words)
        assert shown.exit_code == 2
        assert "several reports need --out FOLDER" in shown.output


def test_the_same_is_made_once_and_is_the_same_bytes_in_another_order(tmp_path: Path) -> None:
    book, other = write(tmp_path / "b.ipynb", CELLS), write(tmp_path / "c.ipynb")
    one, two = tmp_path / "one", tmp_path / "two"
    first = call(book, other, "--grid", "word=x", "-p", "pages=4", "--out", one)
    assert first.exit_code == 0, first.output
    lines = [re.sub(r"_\w{8}\.", ".", line) for line in first.output.splitlines()]
    assert lines[:2] == ["[1/2] b_word=x.html: finished", "[2/2] c_word=x.html: finished"]
    assert len(lines) == 3  # and the index
    made = pages(one)
    assert [re.sub(r"_\w{8}\.", ".", name) for name in sorted(made)] == [
        "b_word=x.html", "c_word=x.html", "index.html",
    ]  # fmt: skip
    # Another order, another file of the same parameters, another folder.
    file = tmp_path / "p.yaml"
    file.write_text("pages: 4\n")
    assert call(other, book, "-f", file, "--grid", "word=x", "--out", two).exit_code == 0
    assert pages(two) == made
    # Once more: nothing runs; a page that is not whole, or made of something else, is made anew.
    again = call(book, other, "--grid", "word=x", "-p", "pages=4", "--out", one)
    assert again.output.count("is there already") == 2
    assert "cell" not in again.output
    damaged = next(one.glob("c_*"))
    damaged.write_bytes(damaged.read_bytes()[:-100])
    again = call(book, other, "--grid", "word=x", "-p", "pages=4", "--out", one)
    assert again.output.count("is there already") == 1
    assert pages(one) == made
    changed = write(tmp_path / "c.ipynb", LIGHT + " # changed")
    jobs = batch.plan([changed], {"pages": "4"}, ["word=x"], one)
    assert key_of(jobs[0].out) == "" != key_of(damaged)


def test_what_a_parameter_names_decides_the_key_and_stands_in_the_report(tmp_path: Path) -> None:
    book, trace = write(tmp_path / "b.ipynb"), tmp_path / "t.u32"
    trace.write_bytes(bytes(4))
    (job,) = batch.plan([book], {"word": "t.u32"}, [], tmp_path / "out")
    assert batch.plan([book], {"word": "t.u32"}, [], tmp_path / "out")[0].key == job.key
    trace.write_bytes(bytes(8))
    (other,) = batch.plan([book], {"word": "t.u32"}, [], tmp_path / "out")
    assert other.key != job.key
    assert call(book, "-p", "word=t.u32", "--out", tmp_path / "r.html").exit_code == 0
    page = (tmp_path / "r.html").read_text()
    assert "What this report was made of" in page
    for row in ("parameter pages", "parameter word", "checksum of t.u32", "numba", other.key):
        assert f">{row}<" in page


def test_a_failing_cell_is_named_its_notebook_kept_and_the_others_made(tmp_path: Path) -> None:
    book = write(tmp_path / "b.ipynb")
    shown = call(book, "--grid", "pages=13,14", "--out", tmp_path / "out")
    assert shown.exit_code == 1
    assert "cell 3 of 3: Sums failed: ZeroDivisionError" in shown.output
    index = (tmp_path / "out" / "index.html").read_text()
    assert "2 reports, 1 of them failed" in index
    assert "cell 3 of 3: Sums failed: ZeroDivisionError" in index
    (kept,) = (tmp_path / "out").glob("*.failed.ipynb")
    assert f'href="{kept.name}"' in index
    (made,) = (tmp_path / "out").glob("b_pages=14_*.html")
    assert f'href="{made.name}"' in index


def test_the_index_escapes_what_users_name(tmp_path: Path) -> None:
    job = batch.Job(tmp_path / "<i>.ipynb", {}, {"word": "<b>"}, tmp_path / "x&.html", "")
    page = batch.index([batch.Done(job, failure="<u>")])
    for tag in ("<i>", "<b>", "<u>", "x&."):
        assert tag not in page


@browser_test
def test_an_index_leads_to_its_reports_and_a_pdf_is_printed(tmp_path: Path) -> None:
    book = write(tmp_path / "b.ipynb", CELLS)
    assert call(book, "--grid", "pages=2", "--out", tmp_path / "out", "--pdf").exit_code == 0
    (printed,) = (tmp_path / "out").glob("*.pdf")
    assert printed.read_bytes().startswith(b"%PDF-")
    assert printed.stat().st_size > 20_000  # the page's fonts and a chart, not an empty sheet
    with offline_page(tmp_path / "out" / "index.html") as (page, heard):
        page.locator("tbody a").first.click()
        page.locator("svg.marks").wait_for()
        assert heard.errors == []


def test_without_a_browser_a_pdf_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for out in ("out", "r.html"):
        shown = call(write(tmp_path / "b.ipynb"), "--out", tmp_path / out, "--pdf")
        assert shown.exit_code == 1
        assert "a PDF needs one of chromium" in shown.output
    assert [path.name for path in tmp_path.iterdir()] == ["b.ipynb"]


@pytest.mark.parametrize(
    "word",
    ["05_price", "price", "05_price.ipynb", "notebooks/05_price.ipynb", "notebooks/05_price"],
)
def test_a_notebook_of_the_lab_is_found_by_name_from_anywhere(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert notebook(word) == NOTEBOOKS / "05_price.ipynb"


def test_a_file_comes_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "price").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert notebook("price") == Path("price")
    with pytest.raises(click.UsageError, match="there is no notebook elsewhere/05_price"):
        notebook("elsewhere/05_price")
