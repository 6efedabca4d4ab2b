"""For real, where QEMU is installed and the kernel can be fetched: a recording, a check's boot."""

from pathlib import Path

import pytest

import mglru_lab as ml
from mglru_lab.lab.check.check import check
from mglru_lab.lab.check.standard import small_set
from mglru_lab.recorder import packages, tools
from mglru_lab.recorder.tools import RecorderError

TEXT = "region 1024 kvm\ntouch 0 1024\nsettle\nage\ntouch 0 256\nage\ndump b\n"

booting = pytest.mark.skipif(
    bool(tools.missing()), reason=f"not installed: {', '.join(tools.missing())}"
)


@booting
@pytest.mark.slow
def test_a_scenario_is_recorded_and_compared_from_python() -> None:
    try:
        packages.kernel("6.12")
    except RecorderError as error:
        pytest.skip(str(error))
    recording = ml.record(ml.Scenario(TEXT, "mine"), kernel="6.12")
    match = recording.compare(ml.Kernel(variant="6.12"))
    assert match.equal
    assert "equal at 1 dumps" in repr(match)
    assert "<table>" in match._repr_html_()
    assert "Recording of mine on 6.12" in repr(recording)
    assert not recording.compare(ml.Kernel(variant="6.1")).equal


@booting
@pytest.mark.slow
def test_a_checks_scenario_is_booted_and_kept(tmp_path: Path) -> None:
    try:
        packages.kernel("6.12")
    except RecorderError as error:
        pytest.skip(str(error))
    scenarios = [s for s in small_set() if s.name == "k_calls_en7"]
    checked = check("6.12", scenarios, tmp_path, lambda line: None)
    assert checked.results["k_calls_en7"].calls["aging"].asked in (
        2048,
        2049,
        2050,
    )  # the code page, too
    said: list[str] = []
    assert check("6.12", scenarios, tmp_path, said.append).results.keys() == checked.results.keys()
    assert not any(line.startswith("booting") for line in said)


def test_what_is_no_kernel_is_refused(tmp_path: Path) -> None:
    rubbish = tmp_path / "bzImage"
    rubbish.write_bytes(b"rubbish" * 1000)
    with pytest.raises(RecorderError, match="no Linux kernel image"):
        ml.record(ml.Scenario(TEXT, "mine"), kernel=rubbish)
    with pytest.raises(RecorderError, match="no Linux kernel image"):
        check(str(rubbish), small_set(), tmp_path / "kept", lambda line: None)
    assert not (tmp_path / "kept").exists()
