from pathlib import Path

import numpy as np
import pytest

from mglru_lab.recorder.initramfs import Job, _write_jobs, dependencies, modules_for
from mglru_lab.recorder.tools import RecorderError
from mglru_lab.scenario.generators import trace


def job(text: str, name: str = "x", folder: Path = Path()) -> Job:
    return Job(name, text, folder)


@pytest.mark.parametrize(
    ("text", "extra"),
    [
        ("region 8 anon\n", []),
        ("region 8 anon\nregion 8 kvm\n", ["kvm-amd"]),
        ("region 8 file /mnt/f\n", ["brd"]),
        (" region 8 rfile /mnt/f\n# region 8 kvm\n", ["brd"]),
    ],
)
def test_modules_are_those_that_the_scenarios_need(text: str, extra: list[str]) -> None:
    assert modules_for([job(text)]) == ["virtio_pci", "virtio_console", "lzo-rle", "zram", *extra]


def test_modules_are_loaded_after_what_they_need() -> None:
    found = dependencies(
        "kernel/a/zram.ko.xz: kernel/b/lzo.ko.xz kernel/c/core.ko.xz\nk/core.ko:\n"
    )
    assert found["zram"] == ["kernel/c/core.ko.xz", "kernel/b/lzo.ko.xz", "kernel/a/zram.ko.xz"]
    assert found["core"] == ["k/core.ko"]


def test_traces_are_made_and_named_as_the_guest_finds_them(tmp_path: Path) -> None:
    for folder in ("scn", "trace"):
        (tmp_path / folder).mkdir()
    mine = tmp_path / "mine.u32"
    np.arange(5, dtype="<u4").tofile(mine)
    text = "trace zipf10_15\ntrace zipf10_15@7\ntrace mine.u32\ntrace /trace/zipf10_15.u32\n"
    _write_jobs([job(text, folder=tmp_path)], tmp_path, [])
    assert (tmp_path / "scn" / "x.scn").read_text().splitlines() == [
        "trace /trace/zipf10_15.u32",
        "trace /trace/zipf10_15_7.u32",
        "trace /trace/mine.u32",
        "trace /trace/zipf10_15.u32",
    ]
    assert (tmp_path / "scn" / "LIST").read_text() == "x.scn\n"
    made = np.fromfile(tmp_path / "trace" / "zipf10_15.u32", "<u4")
    assert np.array_equal(made, trace("zipf10_15"))
    other = np.fromfile(tmp_path / "trace" / "zipf10_15_7.u32", "<u4")
    assert not np.array_equal(made, other)


def test_an_unknown_trace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecorderError, match="x: trace 'nothing' is in none of"):
        _write_jobs([job("trace nothing\n")], tmp_path, [])


@pytest.mark.parametrize("name", ["my scenario.scn", "a;b.scn", "x.txt", "-.SCN"])
def test_a_name_that_the_guests_shell_could_misread_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text("region 8 anon\n")
    with pytest.raises(RecorderError, match="a scenario's name is letters, digits"):
        Job.read(file)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.scn"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(RecorderError, match=r"x\.scn: .*utf-8"):
        Job.read(file)
