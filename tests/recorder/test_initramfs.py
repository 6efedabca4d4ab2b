from pathlib import Path

import numpy as np
import pytest

from mglru_lab.recorder import image, initramfs
from mglru_lab.recorder.initramfs import Job, modules_for, wants
from mglru_lab.recorder.tools import RecorderError
from mglru_lab.scenario.generators import trace
from tests.recorder.fakes import installed
from tests.recorder.test_archive import read


@pytest.fixture(autouse=True)
def _no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initramfs, "program", lambda arch: f"program for {arch}".encode())


def job(text: str, name: str = "x", folder: Path = Path()) -> Job:
    return Job(name, text, folder)


def built(tmp_path: Path, *jobs: Job) -> dict[str, bytes]:
    root = tmp_path / "root"
    kernel = image.own(root if root.exists() else installed(root))
    initramfs.build(kernel, jobs, [], "recorder x\n", ["sys/a"]).write(tmp_path / "archive")
    return {name: data for name, (_, data) in read((tmp_path / "archive").read_bytes()).items()}


@pytest.mark.parametrize(
    ("text", "wanted", "modules"),
    [
        ("region 8 anon\n", set(), []),
        ("region 8 anon\nregion 8 kvm\n", {"kvm"}, ["kvm-amd"]),
        ("region 8 file\n", {"files"}, ["brd"]),
        (
            " region 8 rfile /mnt/f\n# region 8 kvm\nwalklog 1\n",
            {"files", "mnt", "trace"},
            ["brd", "crc32c_generic", "ext4", "ext2"],
        ),
        ("region 8 anon\nwalklog 0\ncalls kvm_*\n", {"trace"}, []),
    ],
)
def test_what_the_scenarios_need_is_read_off_them(
    text: str, wanted: set[str], modules: list[str]
) -> None:
    assert wants([job(text)]) == wanted
    assert modules_for(wanted)[4:] == modules


def test_the_archive_has_all_that_the_first_process_reads(tmp_path: Path) -> None:
    found = built(tmp_path, job("region 8 anon\n"), job("region 8 anon\n", "y"))
    assert found["init"] == b"program for amd64"
    assert found["mods/LIST"] == b"lzo_compress.ko\nzram.ko num_devices=1\n"
    assert found["mods/zram.ko"].startswith(b"\x7fELF")
    assert found["scn/LIST"] == b"x.scn\ny.scn\n"
    assert found["recorder"] == b"recorder x\n"
    assert found["host"] == b"/sys/a\n"
    assert found["wants"] == b""


def test_traces_are_made_and_named_as_the_guest_finds_them(tmp_path: Path) -> None:
    mine = tmp_path / "mine.u32"
    np.arange(5, dtype="<u4").tofile(mine)
    text = "trace zipf10_15\ntrace zipf10_15@7\ntrace mine.u32\ntrace /trace/zipf10_15.u32\n"
    text += "region 8192 anon\n"
    found = built(tmp_path, job(text, folder=tmp_path))
    assert found["scn/x.scn"].decode().splitlines() == [
        "trace /trace/zipf10_15.u32",
        "trace /trace/zipf10_15_7.u32",
        "trace /trace/mine.u32",
        "trace /trace/zipf10_15.u32",
        "region 8192 anon",
    ]
    made = np.frombuffer(found["trace/zipf10_15.u32"], "<u4")
    assert np.array_equal(made, trace("zipf10_15"))
    other = np.frombuffer(found["trace/zipf10_15_7.u32"], "<u4")
    assert not np.array_equal(made, other)


def test_an_unknown_trace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecorderError, match="x: trace 'nothing' is in none of"):
        built(tmp_path, job("trace nothing\n"))


def test_a_trace_that_leaves_its_regions_is_refused_before_anything_boots(tmp_path: Path) -> None:
    text = "trace m_late\nregion 4096 anon\nregion 4096 kvm\n"
    with pytest.raises(RecorderError, match=r"m_late: entry 0: page 4732 of the first region"):
        built(tmp_path, job(text))


@pytest.mark.parametrize("name", ["my scenario.scn", "a;b.scn", "x.txt", "-.SCN"])
def test_a_name_that_the_guest_could_misread_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text("region 8 anon\n")
    with pytest.raises(RecorderError, match="a scenario's name is letters, digits"):
        Job.read(file)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.scn"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(RecorderError, match=r"x\.scn: .*utf-8"):
        Job.read(file)
