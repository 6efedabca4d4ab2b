"""The one long wait that a newcomer meets, compiling the model: the cell that waits says so."""

import os
import sys
import threading
import time
from contextvars import copy_context
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import HTML, display

from mglru_lab.progress import COMPILING, IN_REPORT

PATIENCE, EVERY = 1.5, 0.5
"""Seconds that a cell compiles before it says so, and between two looks."""
USUAL = 40
"""Seconds that it takes on an ordinary machine; the bar is full then."""


def announce() -> None:
    """From the next cell on, one that compiles shows how long it has done so; never in a report."""
    shell = get_ipython()
    if shell is None or os.environ.get(IN_REPORT) or getattr(shell, _WATCHED, False):
        return
    setattr(shell, _WATCHED, True)  # a notebook's first cell may run again
    ended = threading.Event()

    def begin(*_: Any) -> None:
        nonlocal ended
        ended = threading.Event()
        # The context says to which cell the note belongs.
        threading.Thread(
            target=copy_context().run, args=(_watch, ended), name="compiling", daemon=True
        ).start()

    shell.events.register("pre_run_cell", begin)
    shell.events.register("post_run_cell", lambda *_: ended.set())


_WATCHED = "_mglru_lab_compiling"


def _watch(ended: threading.Event) -> None:
    """Until the cell has ended: show a bar once it compiles for long, and take it away again."""
    note, since = None, 0.0
    while not ended.wait(EVERY):
        if not _compiles():
            continue
        since = since or time.monotonic()
        taken = time.monotonic() - since
        if taken < PATIENCE:
            continue
        said = HTML(
            f'<p><b>{COMPILING}</b> <progress max="{USUAL}" value="{min(taken, USUAL):.0f}">'
            f"</progress> {taken:.0f} s</p>"
        )
        if note is None:
            note = display(said, display_id=True)
        else:
            note.update(said)
    if note is not None:
        note.update(HTML(""))


def _compiles() -> bool:
    """Whether some thread is inside of Numba's compiler."""
    for frame in sys._current_frames().values():
        at = frame
        while at is not None:
            if at.f_globals.get("__name__", "").startswith("numba.core.compiler"):
                return True
            at = at.f_back  # type: ignore[assignment]
    return False
