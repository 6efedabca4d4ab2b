import io

import pytest

from mglru_lab.lab.progress import bar, of_a_report


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO) -> str:
    monkeypatch.setattr("sys.stderr", stream)
    with bar(10, 3, "cell") as one:
        one.update(2)
    return stream.getvalue()


def test_a_bar_in_a_terminal_and_none_in_a_file_or_a_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "5/10" in shown(monkeypatch, Terminal())
    assert shown(monkeypatch, io.StringIO()) == ""
    with of_a_report():
        assert shown(monkeypatch, Terminal()) == ""
