"""A real JupyterLab in chromium: what the panel is measured in, and what tests use.

Needs playwright and an installed chromium.
"""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, Page, expect, sync_playwright

import mglru_lab
from mglru_lab.show.report.pdf import browser

PATIENCE = 60_000  # milliseconds that a step may take on a busy machine

# A browser that starts nothing of its own: no first-run page, no updates, no sync.
_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# No cell waits or runs; one that ran has a number in its prompt.
_DONE = """() => {
  const shown = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell .jp-InputPrompt";
  const prompts = [...document.querySelectorAll(shown)].map((prompt) => prompt.textContent);
  return prompts.some((text) => /\\d/.test(text)) && !prompts.some((text) => text.includes("*"));
}"""
# Nothing is returned: the widget, with all that hangs on it, would take seconds to come over.
_OPEN = "async (path) => { await jupyterapp.commands.execute('docmanager:open', {path}); }"
_CLOSE = "() => { for (const shown of [...jupyterapp.shell.widgets('main')]) shown.dispose(); }"
_MARK = "() => { window.mglruLabBegun = true; }"
_IS_MARKED = "() => window.mglruLabBegun === true"
_UNDRAWN = ":is(.mglru-lab-chart:not(:has(svg.marks)), .mglru-lab-film:not([data-drawn]))"


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium, without its sandbox where that cannot be: as root."""
    args = [*_QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(_QUIET)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser(), args=args)
        try:
            yield started
        finally:
            started.close()


class Lab:
    """A running JupyterLab that serves a folder of its own, `folder`."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self._address, self._token = f"http://127.0.0.1:{port}", secrets.token_hex(8)

    def put(self, notebook: Path) -> Path:
        """Copy a notebook to where it can be opened and saved."""
        return Path(shutil.copy(notebook, self.folder))

    def write(self, name: str, cells: Sequence[str]) -> Path:
        """Make a notebook of these cells of code."""
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        path = self.folder / f"{name}.ipynb"
        nbformat.write(book, path)
        return path

    @contextlib.contextmanager
    def window(
        self, size: tuple[int, int] = (1400, 1700), scale: float = 1.0
    ) -> Iterator["Window"]:
        """JupyterLab in a browser of its own, with nothing opened."""
        with chromium() as started:
            page = started.new_page(
                viewport={"width": size[0], "height": size[1]}, device_scale_factor=scale
            )
            yield Window(self, page)

    def begin(self, page: Page) -> None:
        """Load JupyterLab into a page; `reset` forgets the workspace, so no tab is restored."""
        page.goto(f"{self._address}/lab?reset&token={self._token}")
        page.locator(".jp-Launcher").wait_for(timeout=PATIENCE)
        page.evaluate(_MARK)

    @contextlib.contextmanager
    def open(
        self, notebook: Path, size: tuple[int, int] = (1400, 1700), scale: float = 1.0
    ) -> Iterator[Page]:
        """A notebook of the folder in a window of its own; its kernel ends with it."""
        with self.window(size, scale) as window, window.open(notebook) as page:
            yield page

    def end_kernels(self) -> None:
        """End whatever runs."""
        for session in self._ask("api/sessions"):
            self._ask(f"api/sessions/{session['id']}", "DELETE")

    def _ask(self, path: str, method: str = "GET") -> Any:
        request = urllib.request.Request(f"{self._address}/{path}", method=method)
        request.add_header("Authorization", f"token {self._token}")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def command(self) -> list[str]:
        """What starts it."""
        port = self._address.rpartition(":")[2]
        return [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *("--ip=127.0.0.1", f"--port={port}", f"--IdentityProvider.token={self._token}"),
            *(f"--notebook-dir={self.folder}", "--LabApp.expose_app_in_browser=True"),
        ]

    def wait(self, server: subprocess.Popen[bytes], log: Path) -> None:
        """Until it answers; raises RuntimeError with its log if it does not."""
        until = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < until and server.poll() is None:
            with contextlib.suppress(OSError):
                self._ask("api")
                return
            time.sleep(0.1)
        raise RuntimeError(f"JupyterLab does not answer:\n{log.read_text()}")


class Window:
    """JupyterLab in a browser, in which one notebook after another is opened."""

    def __init__(self, lab: Lab, page: Page) -> None:
        self.page = page
        self._lab, self._size = lab, page.viewport_size

    @contextlib.contextmanager
    def open(self, notebook: Path) -> Iterator[Page]:
        """A notebook of the server's folder, alone; its kernel ends with it, unsaved is lost."""
        if self._size:
            self.page.set_viewport_size(self._size)
        if not self.page.evaluate(_IS_MARKED):  # new, or reloaded, and tabs may yet be restored
            self._lab.begin(self.page)
        self.page.evaluate(_OPEN, notebook.name)
        self.page.locator(".jp-NotebookPanel:visible").wait_for(timeout=PATIENCE)
        expect(self.page.get_by_text("| Idle")).to_be_visible(timeout=PATIENCE)
        try:
            yield self.page
        finally:
            self.page.evaluate(_CLOSE)
            self._lab.end_kernels()


@contextlib.contextmanager
def serve(state: Path) -> Iterator[Lab]:
    """A JupyterLab with fresh settings; all that it keeps goes to `state`."""
    (state / "folder").mkdir(parents=True)
    (state / "labconfig").mkdir()
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (state / "labconfig" / "page_config.json").write_text(json.dumps(quiet))
    lab = Lab(state / "folder", _free_port())
    package = str(Path(mglru_lab.__file__).parents[1])
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(state), "PYTHONPATH": package}
    with (state / "lab.log").open("w") as log:
        server = subprocess.Popen(lab.command(), env=environment, stdout=log, stderr=log)
    try:
        lab.wait(server, state / "lab.log")
        yield lab
    finally:
        server.terminate()
        server.wait(timeout=30)


def run_all(page: Page) -> None:
    """Run every cell, by the menu; wait until none waits or runs and every picture is drawn."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(_DONE, timeout=4 * PATIENCE)
    expect(page.locator(_UNDRAWN)).to_have_count(0, timeout=PATIENCE)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
