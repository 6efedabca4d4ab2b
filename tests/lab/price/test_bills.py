import numpy as np
import polars as pl
import pytest

from mglru_lab.lab.price.bills import LOAD, NOTES, PICK, SURVEY, Room, by_take, many


def test_a_survey_takes_the_best_and_picking_the_first() -> None:
    room = Room(bills=20, take=5, look=0, seed=4)
    assert room.taken(PICK).tolist() == [True] * 5 + [False] * 15
    assert room.worth(SURVEY) == np.sort(room.values)[-5:].sum()
    assert room.worth(PICK) == room.values[:5].sum()
    assert set(room.values) == set(NOTES)


@pytest.mark.parametrize("seed", range(5))
def test_both_ways_end_alike_at_the_break_even_price(seed: int) -> None:
    price = Room(seed=seed).break_even
    at, above = Room(seed=seed, look=price), Room(seed=seed, look=price + 1)
    assert at.worth(SURVEY) == pytest.approx(at.worth(PICK))
    assert above.worth(SURVEY) < above.worth(PICK)


def test_the_backpack_makes_each_look_dearer_and_leaves_the_threshold_where_it_is() -> None:
    light, heavy = Room(bills=10, look=2), Room(bills=10, look=2, backpack=True)
    assert heavy.price == pytest.approx(LOAD * light.price)
    assert heavy.worth(SURVEY) == pytest.approx(light.worth(SURVEY) - 10 * 2 * (LOAD - 1))
    assert heavy.worth(PICK) == light.worth(PICK)
    assert heavy.break_even == light.break_even


def test_taking_all_makes_looking_worthless() -> None:
    assert Room(bills=12, take=12).break_even == 0
    assert by_take(Room(), rooms=20)["break_even"][-1] == 0


def test_by_take_is_the_mean_of_many_rooms() -> None:
    room = Room(take=7, seed=3)
    row = by_take(room, rooms=30).row(6, named=True)
    assert row["take"] == 7
    assert row["break_even"] == pytest.approx(np.mean(many(room, rooms=30)))


def test_gains_cross_zero_at_the_break_even_price() -> None:
    room = Room(seed=3)
    gains = room.gains().with_columns(pays=pl.col("gain") > 0)
    assert gains.filter("pays")["price"].max() < room.break_even  # type: ignore[operator]
    assert gains.filter(~pl.col("pays"))["price"].min() >= room.break_even  # type: ignore[operator]


def test_many_rooms_differ_and_the_first_is_the_one_asked_for() -> None:
    prices = many(Room(seed=5), rooms=30)
    assert prices[0] == Room(seed=5).break_even
    assert len(set(prices)) > 3


def test_wrong_rooms_are_refused() -> None:
    with pytest.raises(ValueError, match="take 41: allowed are 1 to 40"):
        Room(take=41)
    with pytest.raises(ValueError, match="look -1"):
        Room(look=-1)
