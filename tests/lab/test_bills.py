import numpy as np
import pytest

from mglru_lab.lab.bills import NOTES, PICK, SURVEY, Room


def test_a_survey_takes_the_best_and_picking_the_first() -> None:
    room = Room(bills=20, backpack=5, look=0, seed=4)
    assert room.taken(PICK).tolist() == [True] * 5 + [False] * 15
    assert room.worth(SURVEY) == np.sort(room.values)[-5:].sum()
    assert room.worth(PICK) == room.values[:5].sum()
    assert set(room.values) <= set(NOTES)


@pytest.mark.parametrize("seed", range(5))
def test_both_ways_end_alike_at_the_break_even_price(seed: int) -> None:
    price = Room(seed=seed).break_even
    at, above = Room(seed=seed, look=price), Room(seed=seed, look=price + 1)
    assert at.worth(SURVEY) == pytest.approx(at.worth(PICK))
    assert above.worth(SURVEY) < above.worth(PICK)


def test_a_backpack_for_all_makes_looking_worthless() -> None:
    assert Room(bills=12, backpack=12).break_even == 0


def test_wrong_rooms_are_refused() -> None:
    with pytest.raises(ValueError, match="backpack 41: allowed are 1 to 40"):
        Room(backpack=41)
    with pytest.raises(ValueError, match="look -1"):
        Room(look=-1)
