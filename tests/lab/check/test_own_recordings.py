import lzma
import re
from pathlib import Path

import numpy as np
import pytest

from mglru_lab.lab.check.own_recordings import Refused, load_folder, sha256
from mglru_lab.lab.truth import groundtruth
from mglru_lab.lab.truth.recordings import Recording, RecordingError, convert
from mglru_lab.recorder import program
from tests.lab.check.fakes import raw

TRACE = np.array([0, 1, 2, 3, 0, 9, 9, 1], "<u4")


def text(guest: str = "", trace: str = "") -> str:
    """A recording as this version's recorder makes it, of a scenario of its user's."""
    made = re.sub(r"guest=\w+", f"guest={guest or program.version()}", raw("6.12", "b_evict_en7"))
    head = f"trace mine.u32 sha256={trace or sha256(TRACE)}\n"
    return made.replace("kernel ", f"{head}kernel ", 1).replace(
        "> region", "> trace /trace/mine.u32\n> region", 1
    )


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    folder = tmp_path / "traces"
    folder.mkdir()
    TRACE.tofile(folder / "mine.u32")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mine"
    made.mkdir()
    (made / "good.txt").write_text(text())
    return made


def held(folder: Path, traces: Path | None = None) -> dict[str, str]:
    """By file: the reason why it is refused, or nothing."""
    found = load_folder(folder, [traces] if traces else [])
    return {
        one.name.split(":")[0].split(".")[0] if isinstance(one, Refused) else one.file: (
            one.reason if isinstance(one, Refused) else ""
        )
        for one in found
    }


def test_a_recording_of_your_own_is_compared_with_your_trace(folder: Path, traces: Path) -> None:
    (recording,) = load_folder(folder, [traces])
    assert isinstance(recording, Recording)
    assert np.array_equal(recording.entries["/trace/mine.u32"], TRACE)
    assert groundtruth.compare(recording).equal


def test_tables_are_compared_alike(folder: Path, traces: Path, tmp_path: Path) -> None:
    convert([folder / "good.txt"], tmp_path / "tables")
    (recording,) = load_folder(tmp_path / "tables", [traces])
    assert isinstance(recording, Recording)


def test_what_does_not_fit_is_refused_alone_with_the_reason(folder: Path, traces: Path) -> None:
    packed = lzma.compress(text().encode())
    (folder / "packed.txt.xz").write_bytes(packed)
    (folder / "broken.txt.xz").write_bytes(packed[:900])
    (folder / "cut.txt").write_text(text().partition("== dump b4")[0])
    (folder / "guest.txt").write_text(text(guest="0123456789ab"))
    (folder / "trace.txt").write_text(text(trace="0" * 64))
    (folder / "note.txt").write_text("hello\n")
    (folder / "short.txt").write_text(re.sub(r"(?m)^map b0\S* .*$", "map b0 3x0", text()))
    reasons = held(folder, traces)
    assert reasons["good"] == reasons["packed"] == ""
    for name, reason in {
        "broken": "end-of-stream",
        "cut": "cut off amid scenario b_evict_en7",
        "guest": "another guest program, 0123456789ab",
        "trace": "is another one than was recorded (checksum)",
        "note": "no recording: it does not begin",
        "short": "a map of 3 pages, expected 4096",
    }.items():
        assert reason in reasons[name]


def test_a_trace_that_is_not_there_or_of_other_pages_is_named(folder: Path, traces: Path) -> None:
    assert "trace 'mine' is in none of" in held(folder)["good"]
    np.array([1 << 20], "<u4").tofile(traces / "mine.u32")
    assert "page 1048576" in held(folder, traces)["good"]


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no recordings"):
        list(load_folder(tmp_path, []))
