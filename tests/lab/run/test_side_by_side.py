import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.lab.run.pressure import MARKS, Pressure
from mglru_lab.lab.run.side_by_side import SEEN, SideBySide, under_pressure
from mglru_lab.show.run import prose


@pytest.fixture(scope="module")
def result() -> SideBySide:
    return SideBySide.run(Pressure(trace="zipf10_15", memory=0.5))


def test_frames_have_a_row_a_kernel_and_moment(result: SideBySide) -> None:
    assert result.timeline.height == 2 * MARKS
    assert result.generations.height == 2 * MARKS * 4
    assert result.accessed.height == 2 * MARKS * 3


def test_generations_hold_the_pages_in_memory_but_those_in_batches(result: SideBySide) -> None:
    sums = result.generations.group_by("kernel", "time", maintain_order=True).agg(
        pl.col("pages").sum()
    )
    in_memory = result.timeline["anon"] // 4096
    waiting = in_memory.to_numpy() - sums["pages"].to_numpy()
    assert waiting.min() >= 0
    assert waiting.max() <= 31


def test_every_page_in_memory_is_known_or_not(result: SideBySide) -> None:
    sums = result.accessed.group_by("kernel", "time", maintain_order=True).agg(
        pl.col("pages").sum()
    )
    assert sums["pages"].sum() == (result.timeline["anon"] // 4096).sum()
    assert result.accessed["pages"].min() == 0  # type: ignore[comparison-overlap]
    assert result.accessed["known"].unique(maintain_order=True).to_list() == list(SEEN)


def test_the_existing_approach_scans_more_for_the_same_memory(result: SideBySide) -> None:
    totals = {row["what"]: row for row in result.totals.to_dicts()}
    scanned = totals["pages scanned at the end of the list"]
    assert scanned["6.1"] > 1.5 * scanned["6.12"]
    assert totals["secondary MMU asked by agings"]["6.1"] == 0


def test_costs_are_the_runs_counters(result: SideBySide) -> None:
    row = result.costs.filter(kernel="6.12", event="secondary MMU asked: aging")
    assert row["count"].item() == result.total("6.12", "asks_aging") > 0


def test_a_policy_of_ones_own_stands_beside_the_shipped_ones() -> None:
    mine = ml.Kernel(variant=ml.OwnPolicy("mine", lambda pages, at: pages.distance >= 2))
    result = SideBySide.run(Pressure(trace="zipf10_15", kernels=("existing", mine)))
    assert list(result.runs) == ["existing", "mine"]
    asked = result.totals.filter(what="secondary MMU asked by agings").row(0, named=True)
    assert (asked["existing"], asked["mine"] > 0) == (0, True)
    assert "**mine**" in prose.accessed(result)
    named = dict(result.pressure.configuration().iter_rows())["kernels"]
    assert named == "existing, mine"


def test_a_kernel_cannot_be_compared_with_itself() -> None:
    with pytest.raises(ValueError, match=r"kernels v4, v4: allowed is each once"):
        Pressure(trace="zipf10_15", kernels=("v4", "v4/mail"))


def test_a_trace_under_pressure_swaps_on_every_kernel() -> None:
    table = pl.DataFrame(
        {"t": [i // 100 for i in range(4000)], "page": [i % 800 for i in range(4000)]}
    )
    totals = under_pressure(table, 0.5, ["6.1", "6.12"])
    assert totals.columns == ["what", "6.1", "6.12"]
    swapped = dict(zip(totals["what"], totals["6.1"], strict=True))
    assert swapped["pages swapped back in (refaults)"] > 1000  # a scan over twice the memory
