import sys
from pathlib import Path

import pytest

from mglru_lab.recorder import qemu
from mglru_lab.recorder.qemu import Files


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qemu, "path", lambda program, *others: f"/bin/{program}")


@pytest.mark.parametrize(
    ("arch", "program", "console"),
    [("amd64", "qemu-system-x86_64", "ttyS0"), ("arm64", "qemu-system-aarch64", "ttyAMA0")],
)
def test_a_machine_has_one_cpu_and_needs_no_dev_kvm(
    tmp_path: Path, arch: str, program: str, console: str
) -> None:
    words = qemu.command(arch, Path("/k"), Files(tmp_path))
    assert words[0] == f"/bin/{program}"
    assert words[words.index("-accel") + 1] == "tcg"
    assert words[words.index("-smp") + 1] == "1"
    (arguments,) = (words[i + 1] for i, word in enumerate(words) if word == "-append")
    assert f"console={console} " in arguments
    for setting in ("damon_stat.enabled=N", "panic=-1", "brd.rd_size=262144", "kvm_amd.npt=1"):
        assert setting in arguments.split()


def test_a_disk_is_attached_where_there_is_one(tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert "nvme" not in " ".join(qemu.command("amd64", Path("/k"), files))
    files.disk.touch()
    assert "nvme,serial=swap,drive=disk" in qemu.command("amd64", Path("/k"), files)


def test_the_last_words_are_those_of_qemu_console_and_recording(tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert files.last_words() == "nothing"
    files.errors.write_text("qemu: no\n")
    files.console.write_text("one\ntwo\n\nthree\n  four\r\n")
    assert files.last_words() == "qemu: no | two | three | four"
    files.raw.write_text("> age\n> touch 0 1024\n")
    assert files.last_words(1) == "qemu: no | four | > touch 0 1024"


def test_what_every_start_says_is_not_among_the_last_words(tmp_path: Path) -> None:
    files = Files(tmp_path)
    warning = "warning: TCG doesn't support requested feature: CPUID.0DH:EAX.xsavec [bit 1]\n"
    files.errors.write_text(f"qemu-system-x86_64: {warning}")
    files.console.write_text("\x1bc\x1b[?7l\x1b[2J\x1b[0mSeaBIOS\n\x1b[2J\n")
    assert files.last_words() == "SeaBIOS"


def test_at_the_end_of_the_block_nothing_runs(tmp_path: Path) -> None:
    files = Files(tmp_path)
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    with qemu.started(sleeper, files) as process:
        assert process.poll() is None
    assert process.poll() is not None
    with pytest.raises(ValueError, match="mine"), qemu.started(sleeper, files) as process:
        raise ValueError("mine")
    assert process.poll() is not None
