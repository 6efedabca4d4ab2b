import re
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import pytest
from IPython.display import HTML
from playwright.sync_api import expect

from mglru_lab.show.kit import offline
from tests.browser import browser_test, offline_page

DRAWN = "svg.marks"


def chart(title: str) -> alt.Chart:
    pages = pl.DataFrame({"generation": [0, 1, 2, 3], "pages": [4, 3, 2, 1]})
    return alt.Chart(pages, title=title).mark_bar().encode(x="generation:O", y="pages:Q")


def output(title: str) -> str:
    return offline.chart_bundle(chart(title).to_dict())["text/html"]


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What `enable()` shows; afterwards Altair is as it was."""
    before, shown = alt.renderers.active, list[HTML]()
    monkeypatch.setattr(offline, "display", shown.append)
    offline.enable()
    yield [html.data for html in shown]
    alt.renderers.enable(before)


def write(folder: Path, *outputs: str) -> Path:
    """A page of outputs, each in an element of its own, as notebooks keep them."""
    cells = "".join(f"<div>{html}</div>" for html in outputs)
    file = folder / "page.html"
    file.write_text(f"<!DOCTYPE html><meta charset='utf-8'><body>{cells}</body>")
    return file


def test_scripts_are_shown_once_and_charts_stay_small(scripts: list[str]) -> None:
    assert len(scripts) == 1
    assert len(scripts[0]) > 500_000
    shown = chart("small")._repr_mimebundle_()
    assert shown == offline.chart_bundle(chart("small").to_dict())
    assert len(shown["text/html"]) < 2_000


def test_scripts_are_put_together_once_and_anew_where_the_file_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made: list[str] = []

    def bundle(script: str) -> str:
        made.append(script)
        return f"{script} \r\n// ü"

    monkeypatch.setattr(offline.vl_convert, "javascript_bundle", bundle)
    first = offline._scripts()
    assert [offline._scripts(), offline._scripts(), len(made)] == [first, first, 1]
    (kept,) = (tmp_path / "mglru_lab").iterdir()
    kept.write_bytes(kept.read_bytes()[:-3])
    assert [offline._scripts(), offline._scripts(), len(made)] == [first, first, 2]
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/none")
    assert [offline._scripts(), len(made)] == [first, 3]


@browser_test
def test_charts_are_drawn_without_network(scripts: list[str], tmp_path: Path) -> None:
    with offline_page(write(tmp_path, *scripts, output("one"), output("two"))) as (page, heard):
        expect(page.locator(DRAWN)).to_have_count(2)
        expect(page.locator(DRAWN).nth(0)).to_contain_text("one")
        expect(page.locator(DRAWN).nth(1)).to_contain_text("two")
        assert "A chart." not in page.inner_text("body")
        assert heard.errors == []
        assert len(heard.requests) == 1


@browser_test
def test_a_chart_waits_for_scripts_that_come_later(scripts: list[str], tmp_path: Path) -> None:
    file = write(tmp_path, output("early"))
    with offline_page(file) as (page, heard):
        page.wait_for_timeout(300)
        assert page.locator(DRAWN).count() == 0
        vega = re.search("<script>(.*?)</script>", scripts[0], re.DOTALL)
        assert vega
        page.add_script_tag(content=vega[1])
        expect(page.locator(DRAWN)).to_contain_text("early")
        assert heard.errors == []


@browser_test
@pytest.mark.parametrize("title", ["</script><script>window.bad = 1</script>", "<!--<script>"])
def test_text_of_a_chart_is_only_text(scripts: list[str], tmp_path: Path, title: str) -> None:
    with offline_page(write(tmp_path, *scripts, output(title), output("next"))) as (page, heard):
        expect(page.locator(DRAWN)).to_have_count(2)
        expect(page.locator(DRAWN).first).to_contain_text(title)
        assert page.evaluate("window.bad") is None
        assert heard.errors == []


@browser_test
def test_a_wrong_specification_says_so_in_the_page(scripts: list[str], tmp_path: Path) -> None:
    wrong = offline.chart_bundle({"mark": "cube", "data": {"values": []}})["text/html"]
    with offline_page(write(tmp_path, *scripts, wrong)) as (page, _):
        expect(page.get_by_text("No chart: ")).to_be_visible()


@browser_test
def test_without_javascript_the_reader_is_told(tmp_path: Path) -> None:
    with offline_page(write(tmp_path, output("one")), scripts=False) as (page, _):
        expect(page.get_by_text("JavaScript on")).to_be_visible()
