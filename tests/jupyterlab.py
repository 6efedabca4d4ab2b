"""A notebook opened in a real JupyterLab, in chromium, by its menus: for journeys of a person."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import Heard, chromium

PATIENCE = 60_000  # milliseconds that a step may take on a busy machine
_ROOT = Path(__file__).parent.parent


@contextlib.contextmanager
def open_notebook(notebook: Path, state: Path) -> Iterator[tuple[Page, Heard]]:
    """`notebook` in a JupyterLab that serves its folder; settings and log go to `state`."""
    heard = Heard()
    with _server(notebook.parent, state) as (address, token), chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1700})
        heard.listen(page)
        # `reset` forgets the workspace: no other tab is restored beside ours.
        page.goto(f"{address}/lab/tree/{notebook.name}?reset&token={token}")
        page.locator(".jp-NotebookPanel:visible").wait_for(timeout=PATIENCE)
        expect(page.get_by_text("| Idle")).to_be_visible(timeout=PATIENCE)
        yield page, heard


def outside(heard: Heard) -> list[str]:
    """Addresses asked for that are not the notebook server's own.

    A failed request is no sign: a reload cuts off what JupyterLab is just saving.
    """
    own = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")
    return [url for url in heard.requests if not url.startswith(own)]


def run_all(page: Page) -> None:
    """Run every cell, by the menu."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def save_and_reload(page: Page) -> None:
    """Save the notebook, wait until it is saved, load the page again."""
    page.keyboard.press("Control+s")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0, timeout=PATIENCE)
    page.reload()


@contextlib.contextmanager
def _server(folder: Path, state: Path) -> Iterator[tuple[str, str]]:
    port, token = _free_port(), secrets.token_hex(8)
    (state / "labconfig").mkdir(parents=True)
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (state / "labconfig" / "page_config.json").write_text(json.dumps(quiet))
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
        *(f"--port={port}", f"--IdentityProvider.token={token}", f"--notebook-dir={folder}"),
    ]
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(state), "PYTHONPATH": str(_ROOT)}
    with (state / "lab.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(f"{address}/api?token={token}", server, state / "lab.log")
        yield address, token
    finally:
        server.terminate()
        server.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab does not answer:\n{log.read_text()}")
