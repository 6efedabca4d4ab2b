import io

import pytest

from mglru_lab.progress import bar, counted, of_a_report


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


def test_steps_are_counted_and_what_is_printed_between_stands_on_a_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    seen = []
    for step in counted(iter("abc"), 3, "recording"):
        seen.append(step)
        assert stream.getvalue().endswith("\r")  # the bar is away
        stream.write(f"{step}\n")
    assert seen == ["a", "b", "c"]
    assert "3/3" in stream.getvalue()
