from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from mglru_lab.progress import COMPILING, IN_REPORT
from mglru_lab.show.kit import compiling


class Note:
    """A display handle that keeps what it showed."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def update(self, html: Any) -> None:
        self.shown.append(html.data)


@pytest.fixture
def note(monkeypatch: pytest.MonkeyPatch) -> Note:
    made = Note()

    def display(html: Any, **_: object) -> Note:
        made.update(html)
        return made

    monkeypatch.delenv(IN_REPORT, raising=False)
    monkeypatch.setattr(compiling, "display", display)
    monkeypatch.setattr(compiling, "get_ipython", InteractiveShell.instance)
    monkeypatch.setattr(compiling, "is_compiled", lambda: False)
    return made


def test_the_note_goes_when_a_cell_has_compiled(
    note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiling.announce()
    events = InteractiveShell.instance().events
    events.trigger("post_run_cell", None)
    assert note.shown == [f"<p><b>{COMPILING}</b></p>"]
    monkeypatch.setattr(compiling, "is_compiled", lambda: True)
    events.trigger("post_run_cell", None)
    events.trigger("post_run_cell", None)
    assert note.shown[1:] == [""]


def test_nothing_is_said_in_a_report_nor_where_code_is_compiled(
    note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IN_REPORT, "yes")
    compiling.announce()
    monkeypatch.delenv(IN_REPORT)
    monkeypatch.setattr(compiling, "is_compiled", lambda: True)
    compiling.announce()
    assert note.shown == []
