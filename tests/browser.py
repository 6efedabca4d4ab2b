"""Pages in headless chromium with the network off, and what they ask for and complain of."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page

from mglru_lab.bench.jupyterlab import chromium
from mglru_lab.show.report.pdf import NoBrowser, browser


def browser_test(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that opens a page; it is skipped, with the reason, where no chromium is."""
    try:
        browser("this test")
    except NoBrowser as error:
        test = pytest.mark.skip(reason=str(error))(test)
    return pytest.mark.browser(test)


@dataclass
class Heard:
    """What a page did besides being shown: addresses it asked for, errors it reported."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type == "error" else None,
        )


@contextlib.contextmanager
def offline_page(file: Path, *, scripts: bool = True) -> Iterator[tuple[Page, Heard]]:
    """A file opened as from a mail: no network, and no scripts if so wished."""
    heard = Heard()
    with chromium() as browser:
        page = browser.new_context(offline=True, java_script_enabled=scripts).new_page()
        heard.listen(page)
        page.goto(file.absolute().as_uri())
        yield page, heard
