import polars as pl

from mglru_lab.lab.price import calibration
from mglru_lab.show.price import charts


def cells() -> pl.DataFrame:
    prices = [("never", None), ("below 50 ns", 50.0), ("below 300 ns", 300.0),
              ("below 900 ns", 900.0), ("equal", None), ("always", None)]  # fmt: skip
    rows = [(0.5, i / 10, price, 1.0, 2.0, verdict, 3) for i, (verdict, price) in enumerate(prices)]
    schema = ["memory", "guest", "break_even", "low", "high", "verdict", "calls"]
    return pl.DataFrame(rows, schema, orient="row")


def test_each_cell_is_coloured_by_the_published_prices_it_clears() -> None:
    spec = charts.threshold_map(cells(), "t").to_dict()
    rows = next(iter(spec["datasets"].values()))
    names = list(charts.PAYS)
    assert [row["pays"] for row in rows] == [names[i] for i in (0, 1, 2, 3, 4, 4)]
    assert [row["label"] for row in rows] == ["never", "50", "300", "900", "equal", "always"]


def test_parts_carry_their_ranges() -> None:
    frame = pl.DataFrame(
        [("rmap walks", 3, 2.0, 1.0, 4.0)],
        ["part", "fewer", "saved_ms", "low_ms", "high_ms"],
        orient="row",
    )
    spec = charts.parts(frame, "t").to_dict()
    assert spec["layer"][1]["encoding"]["x"]["field"] == "low_ms"
    assert spec["layer"][1]["encoding"]["x2"]["field"] == "high_ms"


def test_every_published_time_is_drawn() -> None:
    frame = calibration.leave_one_out()
    spec = charts.left_out(frame).to_dict()
    rows = next(iter(spec["datasets"].values()))
    published = [row for row in rows if row["source"] == "published"]
    assert len(published) == 40
    assert {row["panel"] for row in rows} == {
        "populating, no aging", "populating, locked", "populating, lockless",
        "aging pass, locked", "aging pass, lockless",
    }  # fmt: skip


def test_a_curve_of_each_kernel_is_labelled_by_its_period() -> None:
    frame = pl.DataFrame(
        [("a", 2048, 10.0, 5), ("b", 2048, 9.0, 4)],
        ["kernel", "every", "freed", "refaults"],
        orient="row",
    )
    spec = charts.freed(frame).to_dict()
    assert spec["layer"][0]["encoding"]["color"]["scale"]["domain"] == ["a", "b"]
    assert spec["layer"][1]["encoding"]["text"]["field"] == "every"
