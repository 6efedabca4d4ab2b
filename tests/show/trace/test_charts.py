from mglru_lab.paths import DATA
from mglru_lab.scenario.traces.facts import BANDS, WINDOWS, TraceFacts
from mglru_lab.scenario.traces.formats import read
from mglru_lab.show.trace import charts


def test_charts_of_a_large_trace_stay_small_and_have_units() -> None:
    facts = TraceFacts(read(DATA / "sqlite.parquet"))
    for chart in (charts.working_set, charts.reuse, charts.heat):
        spec = chart(facts).to_dict()
        (rows,) = spec["datasets"].values()
        assert 0 < len(rows) <= WINDOWS * BANDS
        assert spec["title"]
        titles = [spec["encoding"][axis]["title"] for axis in ("x", "y")]
        assert all(titles)
    assert max(row["touches"] for row in rows) <= 1


def test_the_footprint_never_shrinks_and_ends_as_the_summary_says() -> None:
    facts = TraceFacts(read(DATA / "sqlite.parquet"))
    (rows,) = charts.working_set(facts).to_dict()["datasets"].values()
    so_far = [row["pages"] for row in rows if row["which"] == "touched so far"]
    assert so_far == sorted(so_far)
    assert so_far[-1] == dict(facts.summary.rows())["pages touched (footprint)"] == 11796
