from dataclasses import fields

import polars as pl
import pytest

from mglru_lab.lab.price import calibration
from mglru_lab.lab.price.contention import Contention

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def left_out() -> pl.DataFrame:
    return calibration.leave_one_out()


def test_the_defaults_are_the_fit() -> None:
    fitted = calibration.fit(calibration.published("aging_vcpus"))
    for field in fields(Contention):
        assert getattr(fitted, field.name) == pytest.approx(
            getattr(Contention(), field.name), rel=0.01
        )


def test_a_fit_finds_parameters_that_made_the_times() -> None:
    truth = Contention(fault_us=3, serial_us=0.25, drain_us_ns=35, empty_ns=2, disturbed=0.05)
    rows = [
        (vcpus, aging, *truth.predict(vcpus, aging))
        for vcpus in (1, 2, 4, 8, 16, 32)
        for aging in ("none", "locked", "lockless")
    ]
    made = pl.DataFrame(rows, ["vcpus", "aging", "wall_s", "pass_s"], orient="row")
    found = calibration.fit(made)
    for name in ("fault_us", "serial_us", "drain_us_ns"):
        assert getattr(found, name) == pytest.approx(getattr(truth, name), rel=0.1)


def test_times_that_were_left_out_are_said_well_and_better_than_by_simple_curves(
    left_out: pl.DataFrame,
) -> None:
    assert left_out.height == 24 + 16
    for what, model, line, power in calibration.errors(left_out).iter_rows():
        assert model < {"wall": 0.055, "pass": 0.09}[what]
        assert model < line
        assert model < power


def test_the_rows_that_fail_are_those_that_the_notes_name(left_out: pl.DataFrame) -> None:
    error = (pl.col("model") / pl.col("published") - 1).abs()
    wrong = left_out.filter(error > pl.when(pl.col("what") == "wall").then(0.1).otherwise(0.25))
    rows = {(vcpus, aging, what) for vcpus, aging, what, *_ in wrong.iter_rows()}
    assert rows == {
        (4, "none", "wall"),
        (64, "none", "wall"),
        (112, "none", "wall"),
        (112, "locked", "wall"),
        (112, "lockless", "wall"),
        (16, "locked", "pass"),
        (112, "locked", "pass"),
        (112, "lockless", "pass"),
    }


def test_held_out_tables() -> None:
    frame = calibration.held_out()
    good = frame.filter(~pl.col("note").str.starts_with("fails"))
    assert good["error"].abs().max() < 0.45  # type: ignore[operator]
    assert good["error"].abs().median() < 0.15  # type: ignore[operator]
    bad = frame.filter(pl.col("note").str.starts_with("fails"))
    assert bad.height == 2
    assert bad["error"].min() > 0.5  # type: ignore[operator]


def test_published_tables_hold_what_was_printed() -> None:
    table = calibration.published("aging_vcpus")
    ratio = [
        locked / lockless
        for locked, lockless in zip(
            table.filter(aging="locked")["pass_s"],
            table.filter(aging="lockless")["pass_s"],
            strict=True,
        )
    ]
    assert [round(r, 1) for r in ratio] == [1.1, 1.3, 1.9, 3.6, 10.3, 17.3, 7.0, 5.9]
