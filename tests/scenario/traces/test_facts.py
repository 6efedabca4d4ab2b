import polars as pl
import pytest

from mglru_lab.scenario.traces.facts import TraceFacts


@pytest.fixture
def facts() -> TraceFacts:
    # Page 0 in every quantum, page 9 in quanta 0, 4 and 5, page 2 once.
    touches = [(0, 9), (0, 0), (1, 0), (2, 0), (3, 0), (3, 2), (4, 9), (4, 0), (5, 0), (5, 9)]
    return TraceFacts(
        pl.DataFrame(
            {
                "t": [7 + t for t, _ in touches],
                "page": [page for _, page in touches],
                "n": [2] * 10,
                "w": [page == 2 for _, page in touches],
            },
            {"t": pl.UInt32, "page": pl.UInt32, "n": pl.UInt64, "w": pl.Boolean},
        )
    )


def test_counts_by_hand(facts: TraceFacts) -> None:
    counts = dict(facts.summary.rows())
    assert counts["pages touched (footprint)"] == 3
    assert counts["pages written at least once"] == 1
    assert counts["accesses"] == 20
    assert counts["quanta"] == 6
    assert counts["pages in the largest window"] == 2


def test_working_set_and_footprint_by_hand(facts: TraceFacts) -> None:
    assert facts.working_set.rows() == [
        (0, 2, 2), (1, 1, 2), (2, 1, 2), (3, 2, 3), (4, 2, 3), (5, 2, 3),
    ]  # fmt: skip


def test_reuse_by_hand(facts: TraceFacts) -> None:
    shares = {name: round(10 * share) for name, share in facts.reuse.rows()}
    assert shares == {"1": 6, "2 to 3": 0, "4 to 7": 1, "first touch": 3}


def test_heat_counts_every_touch_once(facts: TraceFacts) -> None:
    assert facts.heat["touches"].sum() == 10
    assert facts.heat.filter(pl.col("page") == 9)["quantum"].to_list() == [0, 4, 5]


def test_windows_without_a_touch_count_as_empty(facts: TraceFacts) -> None:
    apart = facts.table.with_columns(
        pl.when(pl.col("t") < 10).then("t").otherwise(pl.col("t") + 990)
    )
    sets = TraceFacts(apart.with_columns(pl.col("t").cast(pl.UInt32))).working_set
    assert sets["working set"].to_list() == [2] + [0] * (sets.height - 2) + [3]
    assert sets["footprint"].to_list() == [2] * (sets.height - 1) + [3]
