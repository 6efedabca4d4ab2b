"""What a person does in JupyterLab, for journeys."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from playwright.sync_api import Page, expect

from mglru_lab.bench.jupyterlab import PATIENCE, Lab, Window
from tests.browser import Heard

# A page remembers at which step a film of a name was: each notebook begins as in a page of its own.
_FORGET = """() => {
  for (const name in window.mglruLabFilms ?? {}) delete window.mglruLabFilms[name];
}"""


class Desk:
    """A window of JupyterLab, in which one notebook after another is opened; what its page does."""

    def __init__(self, lab: Lab, window: Window) -> None:
        self.lab, self._window, self._heard = lab, window, Heard()
        self._heard.listen(window.page)

    @contextlib.contextmanager
    def open(self, notebook: Path) -> Iterator[Page]:
        """A notebook, which asks for nothing outside of the server."""
        self._heard.requests.clear()
        self._window.page.evaluate(_FORGET)
        with self._window.open(notebook) as page:
            yield page
        # A failed request is no sign: a reload cuts off what JupyterLab is just saving.
        own = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")
        assert [url for url in self._heard.requests if not url.startswith(own)] == []


def select(page: Page, label: str, value: str, place: int = 0) -> None:
    """Choose in a drop-down of this label: the first, or that `place`."""
    page.get_by_label(label, exact=True).nth(place).select_option(value)


def reads(page: Page, markdown: str) -> None:
    """Wait until the page says this, less what Markdown marks."""
    text = re.sub(r"[*`]", "", markdown)
    expect(page.locator("body")).to_contain_text(text, timeout=PATIENCE)


def save(page: Page) -> None:
    """Save the notebook and wait until it is saved."""
    page.keyboard.press("Control+s")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0, timeout=PATIENCE)


def code_cells(notebook: Path) -> list[NotebookNode]:
    """The cells of a saved notebook that hold code."""
    cells = nbformat.read(notebook, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]
