"""A real JupyterLab, in chromium, used by its menus: for journeys of a person."""

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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from playwright.sync_api import Page, expect

from tests.browser import Heard, chromium

PATIENCE = 60_000  # milliseconds that a step may take on a busy machine
_ROOT = Path(__file__).parent.parent
# Cells that wait or run; a cell that ran has a number in its prompt.
_DONE = """() => {
  const shown = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell .jp-InputPrompt";
  const prompts = [...document.querySelectorAll(shown)].map((prompt) => prompt.textContent);
  return prompts.some((text) => /\\d/.test(text)) && !prompts.some((text) => text.includes("*"));
}"""
_UNDRAWN = ".mglru-lab-chart:not(:has(svg.marks))"


class Lab:
    """A running JupyterLab that serves a folder of its own, `folder`."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self._address, self._token = f"http://127.0.0.1:{port}", secrets.token_hex(8)

    def put(self, notebook: Path) -> Path:
        """Copy a notebook to where it can be opened and saved."""
        return Path(shutil.copy(notebook, self.folder))

    @contextlib.contextmanager
    def open(
        self, notebook: Path, size: tuple[int, int] = (1400, 1700)
    ) -> Iterator[tuple[Page, Heard]]:
        """A notebook of the folder in a page of its own; its kernel ends with it."""
        heard = Heard()
        with chromium() as browser:
            page = browser.new_page(viewport={"width": size[0], "height": size[1]})
            heard.listen(page)
            # `reset` forgets the workspace: no other tab is restored beside ours.
            page.goto(f"{self._address}/lab/tree/{notebook.name}?reset&token={self._token}")
            page.locator(".jp-NotebookPanel:visible").wait_for(timeout=PATIENCE)
            expect(page.get_by_text("| Idle")).to_be_visible(timeout=PATIENCE)
            try:
                yield page, heard
            finally:
                self._end_kernels()

    def _end_kernels(self) -> None:
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


@contextlib.contextmanager
def serve(state: Path) -> Iterator[Lab]:
    """A JupyterLab with fresh settings; all that it keeps goes to `state`."""
    (state / "folder").mkdir(parents=True)
    (state / "labconfig").mkdir()
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (state / "labconfig" / "page_config.json").write_text(json.dumps(quiet))
    lab = Lab(state / "folder", _free_port())
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(state),
        "PYTHONPATH": str(_ROOT),
    }
    with (state / "lab.log").open("w") as log:
        server = subprocess.Popen(lab.command(), env=environment, stdout=log, stderr=log)
    try:
        lab.wait(server, state / "lab.log")
        yield lab
    finally:
        server.terminate()
        server.wait(timeout=30)


def run_all(page: Page) -> None:
    """Run every cell, by the menu."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def ran(page: Page) -> None:
    """Wait until no cell waits or runs, and every chart is drawn."""
    page.wait_for_function(_DONE, timeout=4 * PATIENCE)
    expect(page.locator(_UNDRAWN)).to_have_count(0, timeout=PATIENCE)


def save(page: Page) -> None:
    """Save the notebook and wait until it is saved."""
    page.keyboard.press("Control+s")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0, timeout=PATIENCE)


def code_cells(notebook: Path) -> list[NotebookNode]:
    """The cells of a saved notebook that hold code."""
    cells = nbformat.read(notebook, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]


def outside(heard: Heard) -> list[str]:
    """Addresses asked for that are not the notebook server's own.

    A failed request is no sign: a reload cuts off what JupyterLab is just saving.
    """
    own = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")
    return [url for url in heard.requests if not url.startswith(own)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
