import polars as pl

import mglru_lab as ml
from mglru_lab.lab.price import calibration
from mglru_lab.lab.price.threshold import Threshold
from mglru_lab.show.price import charts


def places() -> pl.DataFrame:
    kinds = [("never", -1.0), ("undecided", -1.0), ("undecided", 1.0), ("below", 1.0),
             ("equal", 0.0), ("always", 1.0), ("below", -1.0)]  # fmt: skip
    rows = [(0.5, i / 10, 50.0, 1.0, 2.0, kind, kind, saved, 3)
            for i, (kind, saved) in enumerate(kinds)]  # fmt: skip
    names = ["memory", "guest", "break_even", "low", "high", "verdict", "kind", "saved_ms", "calls"]
    return pl.DataFrame(rows, names, orient="row")


def test_each_place_is_coloured_by_what_is_decided_there() -> None:
    spec = charts.threshold_map(places(), "t").to_dict()
    rows = next(iter(spec["datasets"].values()))
    names = list(charts.PAYS)
    assert [row["pays"] for row in rows] == [names[i] for i in (0, 1, 2, 3, 4, 3, 0)]


def test_a_tornado_writes_the_turning_point_of_those_that_turn() -> None:
    found = Threshold("a", "b", {("aging", "lookup_none"): 40}, {("x", "rmap"): 10}, ml.Costs())
    rows = charts.lever_rows(found.levers, found.difference / 1e6)
    turns = dict(rows.select("price", "says").rows())
    at = found.levers.filter(price="rmap")["turns_at"].item()
    assert turns["an rmap walk"] == f"turns at {at:.0f} ns"
    spec = charts.tornado(rows, "t").to_dict()
    assert spec["layer"][0]["encoding"]["x2"]["field"] == "at_high"


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
