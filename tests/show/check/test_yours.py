import pytest

from mglru_lab.progress import IN_REPORT
from mglru_lab.recorder import tools
from mglru_lab.recorder.tools import RecorderError
from mglru_lab.scenario.language import ScenarioError
from mglru_lab.show.check import yours

TEXT = "region 64 anon\ntouch 0 64\nsettle\ndump a\n"


def test_what_is_missing_is_said_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_path", lambda program: None)
    said = yours.recorded(TEXT, "6.12")
    assert "qemu-system-x86_64" in said
    assert "apt-get install" in said


def test_a_kernel_that_cannot_be_fetched_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RecorderError("no mirror answers\nand more")

    monkeypatch.setattr(tools, "_path", lambda program: program)
    monkeypatch.setattr(yours, "record", refuse)
    assert yours.recorded(TEXT, "6.12") == "Nothing was recorded: no mirror answers"


def test_a_text_that_is_no_scenario_is_refused() -> None:
    with pytest.raises(ScenarioError, match="touch"):
        yours.recorded("touch 0 1\n", "6.12")


def test_a_report_boots_no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(IN_REPORT, "yes")
    monkeypatch.setattr(yours, "record", None)
    assert "JupyterLab" in yours.recorded(TEXT, "6.12")
