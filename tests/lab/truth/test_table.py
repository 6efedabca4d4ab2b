from pathlib import Path

from mglru_lab.cli.truth import MARKS
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.lab.truth.groups import group_of
from mglru_lab.lab.truth.match import Match
from mglru_lab.lab.truth.recordings import Recording
from mglru_lab.lab.truth.table import line, markdown

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "support-matrix.md"


def _match(**fields: object) -> Match:
    recording = Recording("a_b", "b_evict_en7", "6.12.117", "", True, stats={"b1": {}, "b2": {}})
    return Match(recording, group_of(recording), **fields)  # type: ignore[arg-type]


def test_the_page_holds_the_table_that_the_command_makes(matches: list[Match]) -> None:
    shown = PAGE.read_text().split(MARKS[0])[1].split(MARKS[1])[0]
    assert shown == markdown(matches)


def test_a_line_names_scenario_verdict_and_what_the_recorder_did() -> None:
    said = line(_match(pages={"b1": 0}, unrecorded=Unrecorded(phase=4)))
    assert said.startswith("6.12  b_evict_en7")
    assert "1 maps equal; counters equal at 2 labels" in said
    assert "(phase 4, first dump 0 + 0)" in said


def test_a_line_shows_the_first_difference_of_each_kind() -> None:
    differences = [("b1", 5, 6), ("b2", 7, 9)]
    said = line(_match(pages={"b1": 3}, first_miss=77, counters={"pswpin": differences}))
    assert "maps differ: {'b1': 3}" in said
    assert "miss log differs from access 77 on" in said
    assert "pswpin at b1: model 5, kernel 6 and at 1 more" in said


def test_the_table_counts_what_is_equal_and_lists_what_is_not_compared() -> None:
    text = markdown(
        [
            _match(pages={"b1": 0, "b2": 3}, misses=(98, 100)),
            _match(pages={"b1": 0}, counters={"pswpin": [("b1", 1, 2)]}),
            _match(not_modelled="files: not modelled yet"),
        ]
    )
    row = "| aging, eviction, look-around | 6.12 | 2 | 2 of 3 | - | 1 of 2 | - |"
    assert f"{row} 2, by 2.0% of the misses at most, 2 of them near |" in text
    assert "Not compared: files: not modelled yet (1).\n" in text
    assert text.endswith("Not near: none.\n")


def test_what_is_not_near_is_named_with_its_worst_counter() -> None:
    far = {"pgmajfault": (98, 100), "pgscan_anon": (50, 100)}
    text = markdown([_match(pages={"b1": 3}, ends=far)])
    assert "1, by 0.0% of the misses at most, 0 of them near" in text
    assert text.endswith("Not near: b_evict_en7 (6.12: pgscan_anon 50.0%).\n")
