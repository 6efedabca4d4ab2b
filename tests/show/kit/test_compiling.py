import threading
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from mglru_lab.progress import COMPILING, IN_REPORT
from mglru_lab.show.kit import compiling


class Note:
    """A display handle that keeps what it showed."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.changed = threading.Event()

    def update(self, html: Any) -> None:
        self.shown.append(html.data)
        self.changed.set()


@pytest.fixture
def note(monkeypatch: pytest.MonkeyPatch) -> Iterator[Note]:
    made = Note()

    def display(html: Any, **_: object) -> Note:
        made.update(html)
        return made

    monkeypatch.delenv(IN_REPORT, raising=False)
    shell = InteractiveShell.instance()
    monkeypatch.setattr(shell, "events", type(shell.events)(shell, dict(shell.events.callbacks)))
    monkeypatch.delattr(shell, compiling._WATCHED, raising=False)
    monkeypatch.setattr(compiling, "display", display)
    monkeypatch.setattr(compiling, "get_ipython", lambda: shell)
    monkeypatch.setattr(compiling, "EVERY", 0.01)
    monkeypatch.setattr(compiling, "PATIENCE", 0.05)
    yield made
    if hasattr(shell, compiling._WATCHED):
        delattr(shell, compiling._WATCHED)


def trigger(event: str) -> None:
    InteractiveShell.instance().events.trigger(event, None)


def test_the_cell_that_compiles_shows_how_far_it_is_and_then_no_more(
    note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "_compiles", lambda: True)
    compiling.announce()
    compiling.announce()  # a notebook's first cell, run twice
    assert note.shown == []
    trigger("pre_run_cell")
    assert note.changed.wait(5)
    assert COMPILING in note.shown[0]
    assert "<progress" in note.shown[0]
    trigger("post_run_cell")
    for thread in threading.enumerate():
        if thread.name == "compiling":
            thread.join()
    assert note.shown[-1] == ""
    assert note.shown.count("") == 1


def test_nothing_is_said_in_a_report_nor_while_other_work_is_done(
    note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IN_REPORT, "yes")
    compiling.announce()
    assert not hasattr(InteractiveShell.instance(), compiling._WATCHED)
    monkeypatch.delenv(IN_REPORT)
    compiling.announce()
    trigger("pre_run_cell")
    assert not note.changed.wait(0.3)
    trigger("post_run_cell")
    assert note.shown == []


def test_a_thread_inside_of_numbas_compiler_is_noticed() -> None:
    inside, done = threading.Event(), threading.Event()
    code = "def wait():\n    inside.set()\n    done.wait(5)\n"
    names = {"__name__": "numba.core.compiler_machinery", "inside": inside, "done": done}
    exec(code, names)
    thread = threading.Thread(target=names["wait"])  # type: ignore[arg-type]
    assert not compiling._compiles()
    thread.start()
    assert inside.wait(5)
    assert compiling._compiles()
    done.set()
    thread.join()
