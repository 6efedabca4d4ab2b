import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mglru_lab.recorder.scratch import scratch

HOLDER = (
    "import sys, time\nfrom pathlib import Path\nfrom mglru_lab.recorder.scratch import scratch\n"
    "with scratch(Path(sys.argv[1])) as made:\n"
    "    (made / 'raw.txt').write_text('half')\n    print(made, flush=True)\n    time.sleep(600)\n"
)


def holder(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    """Another process that works in a scratch folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_scratch_folder_goes_at_the_end_of_its_block(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch() as made:
        (made / "raw.txt").write_text("half")
        assert made.parent == tmp_path
    assert list(tmp_path.iterdir()) == []
    made = None
    try:
        with scratch() as made:
            raise OSError("no space left on device")
    except OSError:
        assert made is not None
        assert not made.exists()


def test_what_a_killed_process_left_goes_with_the_next_one(tmp_path: Path) -> None:
    process, left = holder(tmp_path)
    process.kill()
    process.communicate()
    assert (left / "raw.txt").exists()
    with scratch(tmp_path) as made:
        assert list(tmp_path.iterdir()) == [made]


def test_what_a_living_process_works_in_stays_and_so_do_folders_of_others(tmp_path: Path) -> None:
    strange = tmp_path / "mglru-lab-notes"  # no lock: not ours to remove
    strange.mkdir()
    process, held = holder(tmp_path)
    try:
        with scratch(tmp_path) as mine, scratch(tmp_path) as other:
            assert {mine, other, held, strange} == set(tmp_path.iterdir())
            assert (held / "raw.txt").read_text() == "half"
    finally:
        process.kill()
        process.communicate()
