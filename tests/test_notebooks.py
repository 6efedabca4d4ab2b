"""Every notebook runs with a parameter changed, and something that it says is asserted."""

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from playwright.sync_api import Page, expect

import mglru_lab as ml
from mglru_lab.lab import decisions, story, thread
from mglru_lab.lab.advise import advise
from mglru_lab.lab.look_around_cases import CASES
from mglru_lab.lab.pressure import Pressure
from mglru_lab.lab.side_by_side import SideBySide
from mglru_lab.show import explain_price, explain_thread
from mglru_lab.show.report import render
from mglru_lab.show.thread_panels import look_around_table
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
        NOTEBOOKS / "10_report.ipynb",
        out,
        {"trace": "zipf10_15", "memory": 0.3, "seed": 11},
        cwd=NOTEBOOKS,
        progress_bar=False,
    )
    return nbformat.read(out, as_version=4)


def _copy(name: str, folder: Path) -> Path:
    """A notebook in a folder of its own, to be opened and saved."""
    copy = folder / "folder" / f"{name}.ipynb"
    copy.parent.mkdir()
    copy.write_bytes((NOTEBOOKS / f"{name}.ipynb").read_bytes())
    return copy


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
    page_file = render(NOTEBOOKS / "10_report.ipynb", tmp_path / "report.html", None, told.append)
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
    copy = _copy("10_report", tmp_path)
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


def _run(name: str, out: Path, **parameters: object) -> nbformat.NotebookNode:
    papermill.execute_notebook(
        NOTEBOOKS / f"{name}.ipynb", out, parameters, cwd=NOTEBOOKS, progress_bar=False
    )
    return nbformat.read(out, as_version=4)


def test_the_decision_notebook_says_what_the_decision_is(tmp_path: Path) -> None:
    parameters = {"variant": "v5", "mmu": "x86-tdp-was-nested", "nested": 0.5, "enabled": "0xb"}
    shown = _texts(_run("03_who_is_asked", tmp_path / "d.ipynb", **parameters))
    kernel = ml.Kernel(variant="v5", mmu="x86-tdp-was-nested", enabled=0xB)
    assert decisions.sentence(kernel) in shown
    assert "no: v5 reports FAST_FAILED once the VM has rmaps" in shown
    assert story.verdict(story.tell(kernel)) in shown
    assert "2,112 of 2,112 numbers of model and real kernel are equal" in shown
    assert "exact on x86-tdp-ad, nested=0.5" in shown
    asked = thread.calls(ml.compare(story.scenario("nested=0.5"), ["exact"]))
    walks = asked.filter(where="aging", lock="none")["questions"].item()
    assert f"**exact** {walks:,} (none)" in shown


def test_the_look_around_notebook_compares_the_rules_asked_for(tmp_path: Path) -> None:
    parameters = {"variant": "v4", "reading": "code", "rules": ["v4", "v2"], "mmu": "x86-tdp-ad"}
    shown = _texts(_run("04_look_around", tmp_path / "l.ipynb", **parameters))
    kernels = [
        ml.Kernel(variant="v4", reading="code", kconfig=True, look_around=rule)
        for rule in ("v4", "v2")
    ]
    case = CASES["regrow"]
    frame = case.scanned(case.compare(kernels))
    assert explain_thread.scanned(frame) in shown
    assert "v4_kconfig 20,625 and 15" in shown  # the walks that go blind
    assert "68% of 6.12's 129,638 questions" in shown


def test_the_price_notebook_says_what_the_threshold_is(tmp_path: Path) -> None:
    parameters = {"swap": "nvme", "asks": "6.12", "length": 4096, "flush": True}
    shown = _texts(_run("05_price", tmp_path / "p.ipynb", **parameters))
    scenario = CASES["share50"].scenario(ml.Kernel(variant="6.12"))
    found = ml.threshold(scenario, "6.12", costs=ml.Costs(swap="nvme"))
    assert explain_price.threshold(found) in shown
    assert explain_price.by_variant(advise(swap="nvme", length=4096)) in shown
    assert "swap is nvme, calls at eviction flush TLBs" in shown
    assert "8 tables were walked by **v4/code+kconfig**, 1 by the others" in shown


@pytest.mark.parametrize("name", ["03_who_is_asked", "04_look_around"])
def test_a_parameter_that_is_none_stops_the_report_before_it_runs(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="unknown parameter varient; did you mean variant"):
        render(NOTEBOOKS / f"{name}.ipynb", tmp_path / "x.html", {"varient": "v4"}, print)


@browser_test
@pytest.mark.parametrize(
    ("name", "charts"), [("03_who_is_asked", 4), ("04_look_around", 6), ("05_price", 5)]
)
def test_reports_of_the_thread_are_drawn_without_a_network(
    name: str, charts: int, tmp_path: Path
) -> None:
    short = {"length": "8192"} if name == "05_price" else None
    file = render(NOTEBOOKS / f"{name}.ipynb", tmp_path / f"{name}.html", short, lambda _: None)
    with offline_page(file) as (page, heard):
        page.wait_for_function(f"document.querySelectorAll('svg.marks').length == {charts}")
        assert "Traceback" not in page.inner_text("body")
        assert page.locator("input, select").count() == 0  # no dead controls
        assert heard.errors == []
        assert [url for url in heard.requests if not url.startswith(("file:", "data:"))] == []
        if shots := os.environ.get("MGLRU_LAB_SCREENSHOTS"):
            page.screenshot(path=Path(shots) / f"{name}-report.png", full_page=True)


def _select(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).first.select_option(value)


@browser_test
def test_a_person_turns_the_controls_of_the_decision_notebook(tmp_path: Path) -> None:
    copy = _copy("03_who_is_asked", tmp_path)
    with open_notebook(copy, tmp_path / "state") as (page, heard):
        run_all(page)
        answer = page.locator(".jupyter-widgets.widget-output, .jp-OutputArea .widget-vbox").first
        expect(page.get_by_text("As code:")).to_be_visible(timeout=2 * PATIENCE)

        def says(**kernel: Any) -> None:
            chosen = ml.Kernel(**kernel)
            expect(page.locator("body")).to_contain_text(
                decisions.sentence(chosen), timeout=PATIENCE
            )
            expect(page.locator("body")).to_contain_text(
                f"{chosen.name}: {story.verdict(story.tell(chosen))}", timeout=PATIENCE
            )

        answer.scroll_into_view_if_needed()
        says(variant="proposed", enabled=0xF)
        _select(page, "secondary MMU", "arm64")
        says(variant="proposed", enabled=0xF, mmu="arm64")
        page.get_by_label("Kconfig set").check()
        says(variant="proposed", enabled=0xF, mmu="arm64", kconfig=True)
        page.get_by_label("0x8: it asks secondary MMUs").uncheck()
        says(variant="proposed", enabled=0x7, mmu="arm64", kconfig=True)
        _select(page, "variant", "6.12")
        says(variant="6.12", enabled=0x7, mmu="arm64")
        expect(page.get_by_label("Kconfig set")).to_be_disabled()
        _select(page, "look-around", "none")
        says(variant="6.12", enabled=0x7, mmu="arm64", look_around="none")
        expect(page.get_by_text("Traceback")).to_have_count(0)
        assert outside(heard) == []
        if shots := os.environ.get("MGLRU_LAB_SCREENSHOTS"):
            page.screenshot(path=Path(shots) / "decision-in-jupyterlab.png")


@browser_test
def test_a_person_compares_look_around_rules(tmp_path: Path) -> None:
    copy = _copy("04_look_around", tmp_path)
    with open_notebook(copy, tmp_path / "state") as (page, heard):
        run_all(page)
        expect(page.get_by_text("As code:")).to_be_visible(timeout=2 * PATIENCE)
        table = page.locator("table").filter(has_text="of these rescued by an accessed bit")

        def shows(case: str, rule: str, variant: str = "6.12") -> None:
            kernels = [ml.Kernel(variant=variant, look_around=r) for r in ("variant", rule)]
            frame = look_around_table(CASES[case].compare(kernels))
            for row in frame.iter_rows():
                cells = f"{row[0]}{row[1]:,}{row[2]:,}"
                expect(table).to_contain_text(cells, timeout=PATIENCE)

        shows("regrow", "v4")
        _select(page, "scenario", CASES["share50"].title)
        shows("share50", "v4")
        _select(page, "look-around", "primary")
        shows("share50", "primary")
        # What goes wrong is seen, and can be set right.
        _select(page, "scenario", CASES["nested"].title)
        _select(page, "secondary MMU", "arm64")
        expect(page.get_by_text("arm64 has no nested guest beside others").first).to_be_visible(
            timeout=PATIENCE
        )
        _select(page, "secondary MMU", "x86-tdp-ad")
        shows("nested", "primary")
        assert outside(heard) == []
        if shots := os.environ.get("MGLRU_LAB_SCREENSHOTS"):
            page.screenshot(path=Path(shots) / "look_around-in-jupyterlab.png")


def test_against_the_real_kernel_says_that_nothing_differs(tmp_path: Path) -> None:
    out = tmp_path / "real_kernel.ipynb"
    papermill.execute_notebook(
        NOTEBOOKS / "06_real_kernel.ipynb",
        out,
        {
            "scenario": "a_noforce",
            "kernel": "6.1",
            "logged": "c_zipf10_15_en7_f0y1_r1",
            "pattern": "a_*",
        },
        cwd=NOTEBOOKS,
        progress_bar=False,
    )
    shown = _texts(nbformat.read(out, as_version=4))
    assert "at 5 dumps 20,480 places of pages are compared; **0** differ" in shown
    assert "of the 98,304 bits **0** differ" in shown
    assert "With the rules of 6.12 they part at access" in shown
    assert "Of these 4 recordings none differs" in shown
