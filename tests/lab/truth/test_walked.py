from dataclasses import replace

import pytest

import mglru_lab as ml
from mglru_lab.lab.truth import walked
from mglru_lab.lab.truth.match import Match
from mglru_lab.lab.truth.recordings import Recording

TEXT = (
    "region 512 anon\ntouch 0 512\nsettle\nage\ndump a\nage\ndump b\n"
    "evict old\ntouch 0 8\nage 1 0\ndump c\n"
)


def recording(*walks: tuple[int, int]) -> Recording:
    """A kernel that has walked so many PTEs and tables by each dump."""
    stats = {
        label: {"ptes_walked": ptes, "tables_walked": tables}
        for label, (ptes, tables) in zip("abc", walks, strict=True)
    }
    return Recording("file", "a_made_up", "6.12", TEXT, True, stats=stats)


@pytest.fixture(scope="module")
def model() -> ml.Run:
    return ml.run(ml.Scenario(TEXT))


def test_the_recorders_own_memory_adds_the_same_to_every_forced_walk(model: ml.Run) -> None:
    unforced = model.counters("c")["ptes_walked"] - model.counters("b")["ptes_walked"]
    tables = model.counters("c")["tables_walked"] - model.counters("b")["tables_walked"]
    seen = (1225 + unforced, 6 + tables)  # and one huge page of its own
    told = walked.compare(recording((612, 3), (1224, 6), seen), model)
    assert told == walked.Walked(True, 100, 2)


@pytest.mark.parametrize(
    "walks",
    [
        ((612, 3), (1223, 6), (1224, 6)),  # a PTE less in the second walk
        ((612, 3), (1224, 7), (1225, 7)),  # a table more
        ((612, 3), (1224, 6), (1824, 7)),  # an unforced walk that saw a table of its own
    ],
)
def test_anything_else_is_a_difference(model: ml.Run, walks: tuple[tuple[int, int], ...]) -> None:
    told = walked.compare(recording(*walks), model)
    assert told is not None
    assert not told.equal


def test_a_run_without_walks_tells_nothing() -> None:
    text = "enabled 1\n" + TEXT
    made = recording((0, 0), (0, 0), (0, 0))
    assert walked.compare(replace(made, text=text), ml.run(ml.Scenario(text))) is None


def test_all_walks_of_6_12_are_equal(matches: list[Match]) -> None:
    told = [c for c in matches if c.walked is not None]
    assert len(told) == 75
    assert [c.recording.scenario for c in told if not c.walked.equal] == []  # type: ignore[union-attr]
