from pathlib import Path

import pytest

from tests.cli.called import call


def test_groundtruth_compares_what_fits_the_pattern() -> None:
    shown = call("groundtruth", "k_evict*", "--kernel", "6.1")
    assert shown.exit_code == 0
    assert shown.output.count("k_evict_en") == 3
    assert (
        "a KVM guest (6.1): runs 3, page maps equal 9 of 9, counters equal 3 of 3" in shown.output
    )


def test_groundtruth_without_a_recording_says_so() -> None:
    shown = call("groundtruth", "nothing*")
    assert shown.exit_code == 1
    assert "no recorded scenario matches 'nothing*'" in shown.output


@pytest.mark.slow
def test_groundtruth_writes_between_the_marks_or_not_at_all(tmp_path: Path) -> None:
    page = tmp_path / "support-matrix.md"
    page.write_text("before\n<!-- groundtruth -->\nold\n<!-- /groundtruth -->\nafter\n")
    call("groundtruth", "k_second*", "--write", page)
    text = page.read_text()
    assert text.startswith("before\n<!-- groundtruth -->\n| recordings")
    assert text.endswith("<!-- /groundtruth -->\nafter\n")
    page.write_text("no marks")
    assert call("groundtruth", "k_second*", "--write", page).exit_code == 1
    assert page.read_text() == "no marks"


def test_convert_refuses_what_is_no_recording(tmp_path: Path) -> None:
    raw = tmp_path / "raw.txt"
    raw.write_text("hello")
    shown = call("convert", raw, "--out", tmp_path / "tables")
    assert shown.exit_code == 2
    assert "raw.txt: no recording" in shown.output
