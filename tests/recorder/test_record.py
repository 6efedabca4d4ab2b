"""Recording for real: boots a kernel where QEMU is installed and packages can be fetched."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from mglru_lab.cli.main import main
from mglru_lab.lab.truth import groundtruth, search
from mglru_lab.lab.truth.recordings import read_raw
from mglru_lab.recorder import packages, tools
from mglru_lab.recorder import record as recorder
from mglru_lab.recorder.tools import RecorderError

ROOT = Path(__file__).parents[2]
EVICT = (
    "enabled 7\nregion 1024 kvm\ntouch 0 1024\nsettle\nage 1 1\nage 1 1\nage 1 1\n"
    "touch 0 256\nutouch 256 512\ndump a\nevict old 200 1000000\ndump b\n"
)

booting = pytest.mark.skipif(
    bool(tools.missing()), reason=f"not installed: {', '.join(tools.missing())}"
)


@pytest.fixture(scope="module")
def packages_here() -> None:
    """Skip, with the reason, where no package can be fetched: that is no fault of the recorder."""
    try:
        packages.kernel("6.12")
        packages.busybox()
    except RecorderError as error:
        pytest.skip(str(error))


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    file = tmp_path / "k_mine.scn"
    file.write_text(EVICT)
    return file


@booting
@pytest.mark.slow
@pytest.mark.usefixtures("packages_here")
def test_a_scenario_is_recorded_and_the_model_equals_it(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "mine.txt"
    result = CliRunner().invoke(main, ["record", str(scenario), "--out", str(out)])
    assert result.exit_code == 0, result.output
    (recording,) = read_raw(out)
    assert (recording.scenario, recording.rules, recording.finished) == ("k_mine", "6.12", True)
    match = groundtruth.compare(recording, improve=search.improve)
    assert match.pages == {"a": 0, "b": 0}
    assert match.equal
    stolen = 512 + match.unrecorded.stack_page  # the pages that nobody touched again
    assert recording.stats["b"]["vm.pgsteal_anon"] == stolen
    assert [path.name for path in out.parent.iterdir()] == ["mine.txt"]


@booting
@pytest.mark.slow
@pytest.mark.usefixtures("packages_here")
def test_a_killed_recording_leaves_no_file_and_no_machine(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "mine.txt"
    program = "from mglru_lab.cli.main import main; main()"
    words = ["record", str(scenario), "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words], stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stderr is not None
    assert "booting" in process.stderr.readline()
    _until(lambda: _machines(out.parent))
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    _until(lambda: not _machines(out.parent))
    assert not out.exists()


def _machines(folder: Path) -> list[str]:
    """The QEMU processes that work in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().decode(errors="replace")
            if "qemu" in words and str(folder) in words:
                found.append(words)
    return found


def _until(condition: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@booting
@pytest.mark.slow
@pytest.mark.usefixtures("packages_here")
def test_a_guest_that_takes_too_long_is_stopped(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "mine.txt"
    with pytest.raises(RecorderError, match=r"the guest was not done after 0.5 s"):
        recorder.record([scenario], "6.12", out, lambda _: None, timeout=0.5)
    assert list(out.parent.iterdir()) == []


def test_without_qemu_nothing_begins(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "_path", lambda program: None)
    result = CliRunner().invoke(main, ["record", str(scenario), "--out", str(tmp_path / "o.txt")])
    assert result.exit_code == 1
    assert "qemu-system-x86_64 is not installed; on Debian, as root: apt-get" in result.output
    assert not (tmp_path / "o.txt").exists()


def test_two_scenarios_of_one_name_are_refused(scenario: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / scenario.name
    other.parent.mkdir()
    other.write_text(EVICT)
    with pytest.raises(RecorderError, match="two scenarios have the same name"):
        recorder.record([scenario, other], "6.12", tmp_path / "o.txt", print)
