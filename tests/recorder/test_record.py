"""Recording for real: boots kernels where QEMU is installed and packages can be fetched."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mglru_lab.cli.main import main
from mglru_lab.kernel.releases import family_of
from mglru_lab.lab.truth import groundtruth, search
from mglru_lab.lab.truth.recordings import Recording, read_raw
from mglru_lab.recorder import packages, program, qemu, tools
from mglru_lab.recorder import record as recorder
from mglru_lab.recorder.image import KernelImage
from mglru_lab.recorder.initramfs import modules_for
from mglru_lab.recorder.scratch import scratch
from mglru_lab.recorder.tools import RecorderError
from tests.recorder.fakes import arm64_image, installed

ROOT = Path(__file__).parents[2]
EVICT = (
    "enabled 7\nregion 1024 kvm\ntouch 0 1024\nsettle\ndump fresh\nage 1 1\nage 1 1\nage 1 1\n"
    "touch 0 256\nutouch 256 512\ndump a\nevict old 200 1000000\ndump b\n"
)
KERNELS = ("6.1", "6.12", "6.18", "7.3")
MACHINES = dict(qemu.MACHINES)

booting = pytest.mark.skipif(
    bool(tools.missing()), reason=f"not installed: {', '.join(tools.missing())}"
)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    file = tmp_path / "k_mine.scn"
    file.write_text(EVICT)
    return file


def fetched(name: str) -> KernelImage:
    """A kernel by name; skips, with the reason, where it cannot be fetched."""
    try:
        return packages.kernel(name)
    except RecorderError as error:
        pytest.skip(str(error))


def as_tree(kernel: KernelImage, folder: Path) -> Path:
    """A package's image, configuration and modules where a build leaves them in a source tree."""
    (folder / "arch/x86/boot").mkdir(parents=True)
    for name in ("Kbuild", "Kconfig"):
        (folder / name).touch()
    shutil.copyfile(kernel.image, folder / "arch/x86/boot/bzImage")
    config = "".join(
        f"CONFIG_{symbol}={value}\n" for symbol, value in (kernel.config or {}).items()
    )
    (folder / ".config").write_text(config)
    assert kernel.modules is not None
    for name, data in kernel.modules.in_order(modules_for(["kvm"])).items():
        (folder / name).write_bytes(data)
        with (folder / "modules.order").open("a") as order:
            order.write(name.replace(".ko", ".o\n"))
    return folder


class Boots:
    """Boots that this module's tests share: all begin at once, each is made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pool = ThreadPoolExecutor(2)
        self.made: dict[str, Future[Path]] = {}
        (folder / "k_mine.scn").write_text(EVICT)

    def begin(self, label: str, kernel: str | Path) -> None:
        scenarios, out = [self.folder / "k_mine.scn"], self.folder / f"{label}.txt"
        record = recorder.record
        self.made[label] = self.pool.submit(record, scenarios, str(kernel), out, lambda _: None)

    def recording(self, label: str) -> Recording:
        (found,) = read_raw(self.made[label].result())
        return found


@pytest.fixture(scope="module")
def boots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boots]:
    """A boot per kernel; 7.3 is given as the folder that its packages unpack to, 6.18 as a tree."""
    kernels = {name: fetched(name) for name in KERNELS}
    shared = Boots(tmp_path_factory.mktemp("boots"))
    own = {
        "6.18": as_tree(kernels["6.18"], shared.folder / "linux"),
        "7.3": kernels["7.3"].image.parents[4],
    }
    for name in KERNELS:
        shared.begin(name, own.get(name, name))
    yield shared
    shared.pool.shutdown(cancel_futures=True)


@booting
@pytest.mark.slow
@pytest.mark.parametrize("name", KERNELS)
def test_a_scenario_is_recorded_on_every_family_of_kernels(boots: Boots, name: str) -> None:
    found = boots.recording(name)
    assert (found.scenario, found.finished) == ("k_mine", True)
    assert found.release.startswith(f"{name}.")
    assert found.rules == family_of(name)
    assert found.program == program.version()
    assert found.ran["arch"] == "x86_64"
    # A fresh page is in the youngest generation up to 6.12, one behind it since.
    assert found.maps["fresh", 0] == f"1024x{0 if name in ('6.1', '6.12') else 1}"
    # Three agings make all of it the oldest; eviction takes what nobody touched again, and no more.
    # 6.1 does not ask KVM; there the model says what goes.
    assert found.maps["a", 0] == "1024x3"
    assert name == "6.1" or found.maps["b", 0] == "512x0 512xs"


@booting
@pytest.mark.slow
@pytest.mark.parametrize("name", KERNELS)
def test_the_layout_is_measured_and_damon_does_not_run(boots: Boots, name: str) -> None:
    ran = boots.recording(name).ran
    fields = dict(pair.split("=") for pair in ran["layout"].split())
    assert fields["gen"] == "27,3"
    assert fields["measured"] == "gen,referenced,active"
    expected = ("1", "5", "6") if name == "6.1" else ("2", "8", "9")
    assert (fields["referenced"], fields["active"], fields["workingset"]) == expected
    assert ran["damon_stat"] == ("N" if name in ("6.18", "7.3") else "none")
    assert ran["swaps"].startswith("/dev/zram0 ")


@booting
@pytest.mark.slow
@pytest.mark.parametrize("name", ["6.1", "6.12"])
def test_the_model_equals_what_was_recorded(boots: Boots, name: str) -> None:
    recording = boots.recording(name)
    comparison = groundtruth.compare(recording, improve=search.improve)
    assert comparison.pages == {"fresh": 0, "a": 0, "b": 0}
    assert comparison.equal


@booting
@pytest.mark.slow
def test_an_image_with_everything_built_in_needs_nothing_else(tmp_path: Path) -> None:
    """As FILE: Debian's 6.19 has its disk's driver built in, so it swaps without a module."""
    kernel = fetched("6.19")
    file, out = tmp_path / "bzImage", tmp_path / "built_in.txt"
    shutil.copyfile(kernel.image, file)
    scenario = tmp_path / "a_mine.scn"
    scenario.write_text(EVICT.replace(" kvm", " anon").replace("utouch", "touch"))
    recorder.record([scenario], str(file), out, lambda _: None)
    (found,) = read_raw(out)
    assert found.release == kernel.release
    assert found.maps["fresh", 0] == "1024x1"
    assert found.ran["swaps"].startswith("/dev/nvme")
    assert found.maps["b", 0].endswith("xs")


@booting
@pytest.mark.slow
def test_a_moved_kernel_with_five_levels_of_page_tables_gives_the_same_maps(
    boots: Boots, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = MACHINES["amd64"]
    moved = replace(
        machine,
        options=("-cpu", "EPYC,+la57"),
        arguments=machine.arguments.replace("nokaslr no5lvl ", ""),
    )
    monkeypatch.setitem(qemu.MACHINES, "amd64", moved)
    out = tmp_path / "moved.txt"
    recorder.record([scenario], "7.3", out, lambda _: None)
    (found,) = read_raw(out)
    assert found.maps == boots.recording("7.3").maps
    here, there = (
        re.search(r"vmemmap=\w+", r.ran["layout"]) for r in (found, boots.recording("7.3"))
    )
    assert here
    assert there
    assert here[0] != there[0]


@booting
@pytest.mark.slow
def test_an_image_by_itself_that_lacks_a_symbol_is_refused_by_the_guest(
    scenario: Path, tmp_path: Path
) -> None:
    image = fetched("7.3").image
    out = tmp_path / "out" / "mine.txt"
    words = ["record", scenario, "--kernel", image, "--out", out]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 2
    assert re.search(r"Error: 7\.3\S* lacks CONFIG_KVM_AMD \(guests", result.output)
    assert not out.exists()


@booting
@pytest.mark.slow
def test_a_kernel_that_panics_is_told_with_its_last_words(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched("6.12")
    ours = qemu.ARGUMENTS.replace("rdinit=/init", "rdinit=/none")
    monkeypatch.setattr(qemu, "ARGUMENTS", ours)
    out = tmp_path / "out.txt"
    with pytest.raises(RecorderError, match=r"^6\.12\S+: the guest panicked: Kernel panic.*last"):
        recorder.record([scenario], "6.12", out, lambda _: None)
    assert not out.exists()


@booting
@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_recording_leaves_no_file_and_no_machine(
    scenario: Path, tmp_path: Path, how: signal.Signals
) -> None:
    fetched("6.12")
    out = tmp_path / "out" / "mine.txt"
    words = "from mglru_lab.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", words, "record", str(scenario), "--out", str(out)],
        stderr=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert process.stderr is not None
    assert any("booting" in line for line in process.stderr)
    _until(lambda: _machines(tmp_path))
    process.send_signal(how)
    process.wait()
    process.stderr.close()
    _until(lambda: not _machines(tmp_path))
    assert not out.exists()
    left = list(tmp_path.glob("*mglru-lab-*"))
    assert len(left) == (how == signal.SIGKILL)  # the next one removes it
    with scratch(tmp_path):
        assert not any(folder.exists() for folder in left)


def _machines(folder: Path) -> list[str]:
    """The QEMU processes that work in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().decode(errors="replace")
            if "qemu" in words and str(folder) in words:
                found.append(words)
    return found


def _until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@booting
@pytest.mark.slow
def test_a_guest_that_takes_too_long_is_stopped(scenario: Path, tmp_path: Path) -> None:
    fetched("6.12")
    out = tmp_path / "out" / "mine.txt"
    with pytest.raises(RecorderError, match=r"the guest said nothing in . s; its last words: "):
        recorder.record([scenario], "6.12", out, lambda _: None, timeout=0.5)
    assert not out.exists()


def test_without_qemu_nothing_begins(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "_path", lambda program: None)
    words = ["record", scenario, "--kernel", installed(tmp_path), "--out", tmp_path / "o.txt"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 2
    assert "qemu-system-x86_64 is not installed; on Debian, as root: apt-get" in result.output
    assert not (tmp_path / "o.txt").exists()


def test_what_the_configuration_lacks_is_named_before_anything_is_booted(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "path", lambda program, *others: program)
    monkeypatch.setattr(qemu, "started", None)
    kernel = str(installed(tmp_path))
    with pytest.raises(RecorderError, match=r"^7\.3\.0-mine lacks CONFIG_KVM \(guests\), CONF"):
        recorder.record([scenario], kernel, tmp_path / "o.txt", lambda _: None)


def test_an_arm64_kernel_wants_the_programs_of_its_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Image").write_bytes(arm64_image())
    scenario = tmp_path / "a_mine.scn"
    scenario.write_text("enabled 7\nregion 64 anon\ntouch 0 64\nsettle\ndump a\n")
    monkeypatch.setattr(tools, "_path", lambda name: None if "aarch64" in name else f"/bin/{name}")
    with pytest.raises(RecorderError, match=r"aarch64.* is not installed|no C compiler for"):
        recorder.record([scenario], str(tmp_path / "Image"), tmp_path / "o.txt", lambda _: None)


def test_of_several_kernels_one_that_fails_does_not_take_the_others(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fake(
        files: object, kernel: KernelImage, out: Path, *others: object, **named: object
    ) -> Path:
        if kernel.release == "7.3.1":
            raise RecorderError("7.3.1 panicked")
        out.write_text(kernel.release)
        return out

    monkeypatch.setattr("mglru_lab.cli.record.record", fake)
    kernels = [installed(tmp_path / name, name) for name in ("7.3.0", "7.3.1", "7.3.2")]
    words = [
        "record",
        scenario,
        "--kernel",
        ",".join(map(str, kernels)),
        "--out",
        tmp_path / "o.txt",
    ]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 2
    assert "7.3.1 panicked" in result.output
    assert "1 of 3 kernels were not recorded" in result.output
    assert {path.name for path in tmp_path.glob("o*.txt")} == {"o_7.3.0.txt", "o_7.3.2.txt"}


def test_two_scenarios_of_one_name_are_refused(scenario: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / scenario.name
    other.parent.mkdir()
    other.write_text(EVICT)
    with pytest.raises(RecorderError, match="two scenarios have the same name"):
        recorder.record([scenario, other], "6.12", tmp_path / "o.txt", print)
