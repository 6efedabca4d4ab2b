from dataclasses import replace
from pathlib import Path

import pytest

from mglru_lab.lab.check.kept import Kept, split
from mglru_lab.lab.truth.recordings import RecordingError
from tests.lab.check.fakes import SET, raw

KEPT = {scenario.name: scenario for scenario in SET}["b_evict_en7"]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path, "6.12.1", "a" * 64)


def test_a_boots_text_is_split_and_what_was_cut_off_is_left_out() -> None:
    both = raw("6.12", "b_evict_en7") + "#### scenario cut\n> region 8 anon\n"
    assert list(split(both)) == ["b_evict_en7"]
    assert split(both)["b_evict_en7"].startswith("#### guest")


def test_what_is_kept_is_read_again(kept: Kept) -> None:
    assert kept.load(KEPT) is None
    made = kept.keep(KEPT, raw("6.12", "b_evict_en7"))
    assert kept.load(KEPT) == made
    assert [path.name for path in kept.path(KEPT).parent.iterdir()] == [kept.path(KEPT).name]


@pytest.mark.parametrize("damage", [b"", b"rubbish", "half"])
def test_a_damaged_file_is_removed_and_made_anew(kept: Kept, damage: bytes | str) -> None:
    kept.keep(KEPT, raw("6.12", "b_evict_en7"))
    path = kept.path(KEPT)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if isinstance(damage, str) else damage)
    assert kept.load(KEPT) is None
    assert not path.exists()


def test_another_kernel_or_another_text_is_another_file(kept: Kept) -> None:
    others = [
        replace(kept, kernel="b" * 64).path(KEPT),
        kept.path(replace(KEPT, text=KEPT.text + "age\n")),
    ]
    assert kept.path(KEPT) not in others


def test_text_that_is_no_recording_is_not_kept(kept: Kept) -> None:
    with pytest.raises(RecordingError):
        kept.keep(KEPT, "nothing")
    assert not kept.path(KEPT).parent.exists()
