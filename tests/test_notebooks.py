"""Every notebook runs with a parameter changed, and something that it says is asserted."""

import json
import os
from pathlib import Path

import nbformat
import papermill
import pytest
from playwright.sync_api import expect

from mglru_lab.lab.pressure import Pressure
from mglru_lab.lab.side_by_side import SideBySide
from mglru_lab.show.report import render
from tests.browser import browser_test, offline_page
from tests.jupyterlab import PATIENCE, open_notebook, outside, run_all

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def test_notebooks_are_kept_without_outputs() -> None:
    kept = sorted(NOTEBOOKS.glob("*.ipynb"))
    assert kept
    for path in kept:
        cells = nbformat.read(path, as_version=4).cells
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    out = tmp_path_factory.mktemp("report") / "report.ipynb"
    papermill.execute_notebook(
        NOTEBOOKS / "report.ipynb",
        out,
        {"trace": "zipf10_15", "memory": 0.3, "seed": 11},
        cwd=NOTEBOOKS,
        progress_bar=False,
    )
    return nbformat.read(out, as_version=4)


def _texts(notebook: nbformat.NotebookNode) -> str:
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    kinds = ("text/markdown", "text/html")
    return "\n".join(out["data"][k] for out in outputs for k in kinds if k in out.get("data", {}))


def test_the_report_says_what_the_model_says(executed: nbformat.NotebookNode) -> None:
    result = SideBySide.run(Pressure(trace="zipf10_15", memory=0.3, seed=11))
    shown = _texts(executed)
    for kernel in ("6.1", "6.12"):
        assert f"**{kernel}** scanned {result.total(kernel, 'pgscan'):,} pages" in shown
        assert f"**{kernel}** {result.total(kernel, 'pgmajfault'):,}" in shown


def test_the_report_prints_its_configuration(executed: nbformat.NotebookNode) -> None:
    shown = _texts(executed)
    assert "0.3 of the pages" in shown
    assert "zipf10_15@11: 98304 accesses" in shown
    assert '>seed</td><td style="text-align:left">11<' in shown
    assert ">numba<" in shown


@browser_test
def test_the_report_of_the_real_guest_is_drawn_without_a_network(tmp_path: Path) -> None:
    told: list[str] = []
    page_file = render(NOTEBOOKS / "report.ipynb", tmp_path / "report.html", None, told.append)
    assert any("What an aging can see" in line for line in told)
    with offline_page(page_file) as (page, heard):
        charts = page.locator("svg.marks")
        page.wait_for_function("document.querySelectorAll('svg.marks').length == 4")
        assert charts.count() == 4
        text = " ".join(charts.all_text_contents())
        assert "Which generation the guest's pages are in" in text
        assert "Which MMU's accessed bit knows that a page was used" in text
        assert "guest.parquet: 437611 accesses to 34694 pages" in page.inner_text("body")
        assert heard.errors == []
        assert [url for url in heard.requests if not url.startswith(("file:", "data:"))] == []


@browser_test
def test_the_report_is_drawn_in_jupyterlab(tmp_path: Path) -> None:
    copy = tmp_path / "folder" / "report.ipynb"
    copy.parent.mkdir()
    copy.write_bytes((NOTEBOOKS / "report.ipynb").read_bytes())
    with open_notebook(copy, tmp_path / "state") as (page, heard):
        run_all(page)
        drawn = page.locator(".jp-NotebookPanel:visible svg.marks")
        expect(drawn).to_have_count(4, timeout=2 * PATIENCE)
        expect(drawn.first).to_contain_text("Which generation the guest's pages are in")
        expect(page.get_by_text("Traceback")).to_have_count(0)
        assert outside(heard) == []
        if shots := os.environ.get("MGLRU_LAB_SCREENSHOTS"):
            page.screenshot(path=Path(shots) / "report-in-jupyterlab.png")


def test_charts_hold_tables_not_traces(executed: nbformat.NotebookNode) -> None:
    size = len(json.dumps(executed))
    assert size < 3_000_000
