import re
import socket
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from playwright.sync_api import expect

from mglru_lab.bench.jupyterlab import chromium
from mglru_lab.show.report.html import headings, to_html
from tests.browser import browser_test

output, markdown = nbformat.v4.new_output, nbformat.v4.new_markdown_cell


def executed(*outputs: NotebookNode, prose: str = "# The title") -> NotebookNode:
    code = nbformat.v4.new_code_cell("secret = 1", outputs=list(outputs), execution_count=1)
    silent = nbformat.v4.new_code_cell("silent = 1", execution_count=2)
    return nbformat.v4.new_notebook(cells=[markdown(prose), code, silent])


class Page(HTMLParser):
    """The addresses, the text and the title of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.text: dict[str, str] = {}
        self.tag = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tag = tag
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text[self.tag] = self.text.get(self.tag, "") + data


def test_a_page_shows_outputs_and_prose_and_folds_code_away() -> None:
    page = to_html(executed(output("stream", text="the output")), "stem")
    assert "the output" in page
    assert "The title" in page
    assert page.count('<details class="code"><summary>code</summary>') == 2
    folded = re.findall(r"<details class=.code.*?</details>", page, flags=re.DOTALL)
    assert ["secret" in folded[0], "silent" in folded[1]] == [True, True]
    assert page.count("secret") == page.count("silent") == 1
    assert "<details open" not in page


def test_a_page_names_no_address_of_any_network() -> None:
    page = to_html(executed(output("stream", text="the output")), "stem")
    assert Page(page).addresses == []
    for trace in ("http://", "https://", "@import", "url("):
        assert trace not in page


def test_widgets_are_left_out() -> None:
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "Dropdown"}
    book = executed(output("display_data", data=view), output("stream", text="kept"))
    state = {"application/vnd.jupyter.widget-state+json": {"state": {"1": {"gone": True}}}}
    book.metadata["widgets"] = state
    page = to_html(book, "stem")
    assert "kept" in page
    for trace in ("Dropdown", "model_id", "gone", "widget-state"):
        assert trace not in page
    assert book.metadata["widgets"] == state


def test_the_title_is_the_first_heading_as_text() -> None:
    prose = 'Before\n\n## Costs </title><script>x()</script> & "more" `code` ##\n\n# Second'
    page = Page(to_html(executed(prose=prose), "stem"))
    assert page.text["title"].strip() == 'Costs </title><script>x()</script> & "more" code'


def test_the_title_falls_back_on_the_name() -> None:
    page = Page(to_html(executed(prose="no heading"), "<b>"))
    assert page.text["title"].strip() == "<b>"


def test_headings_are_found_outside_blocks_of_code() -> None:
    text = "# One\n```\n# no\n```\ntext\n### `Two` #\n~~~ python\n# no\n~~~\n#no\n## *Three*"
    assert list(headings(text)) == ["One", "Two", "Three"]


@browser_test
def test_a_page_cannot_ask_the_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, chromium() as browser:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
        picture = {"text/html": f"<img alt='' src='{address}'><p>still here</p>"}
        file = tmp_path / "page.html"
        file.write_text(to_html(executed(output("display_data", data=picture)), "stem"))
        page = browser.new_page()
        page.goto(file.as_uri())
        expect(page.get_by_text("still here")).to_be_visible()
        listener.settimeout(0.5)
        with pytest.raises(TimeoutError):
            listener.accept()
