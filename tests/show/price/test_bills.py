import pytest

import mglru_lab as ml
from mglru_lab.lab.price import verdict
from mglru_lab.lab.price.bills import LOAD, PICK, SURVEY, Room
from mglru_lab.lab.price.threshold import Threshold
from mglru_lab.show.price import bills
from tests.show.kit.test_panel import said


def test_the_game_tells_both_ways_and_hides_what_was_not_looked_at() -> None:
    panel = bills.game(seed=3)
    room = Room(seed=3)
    panel.wait()
    assert said(panel).count("?</span>") == room.bills
    assert not any(word in said(panel) for word in ("right", "wrong", "brings"))
    panel.controls["how"].value = PICK
    panel.wait()
    assert said(panel).count("?</span>") == room.bills - room.take
    assert bills.outcome(room, PICK) in said(panel)
    panel.controls["how"].value = SURVEY
    panel.wait()
    assert "?</span>" not in said(panel)
    panel.controls["backpack"].value = True
    panel.controls["take"].value = room.bills
    panel.wait()
    loaded = Room(seed=3, take=room.bills, backpack=True)
    assert bills.outcome(loaded, SURVEY) in said(panel)


def test_answers_follow_the_room() -> None:
    cheap, dear = Room(seed=1, look=0.1), Room(seed=1, look=50)
    assert "*survey first* is better, with it" in bills.in_this_room(cheap)
    assert "*survey first*" not in bills.in_this_room(dear)
    assert "and both ways are as good, with it" in bills.in_this_room(Room(take=40, look=0))
    assert "The right rule depends" in bills.in_many_rooms(Room(look=1), [0.5, 2.0])
    assert "The right rule depends" not in bills.in_many_rooms(Room(look=1), [0.5, 0.5])
    assert "**2** without the backpack and in **1** with it" in bills.in_many_rooms(
        Room(look=1), [0.5, 2.0, 2 * LOAD]
    )


def test_the_chart_has_both_prices_and_the_line_of_the_room() -> None:
    spec = bills.gain_of_room(Room(look=3)).to_dict()
    rows = [row for rows in spec["datasets"].values() for row in rows]
    named = {row["name"]: row["price"] for row in rows if "name" in row}
    assert named == {"without the backpack": 3, "with it": pytest.approx(3 * LOAD)}


@pytest.mark.parametrize(("saved", "pays"), [(60_000, "does not"), (200_000, "pays")])
def test_pages_are_priced_as_bills_are(saved: int, pays: str) -> None:
    """A thousand calls that spare so many rmap walks of 1 ns."""
    found = Threshold("a", "b", {("aging", "lookup_none"): 1000},
                      {("eviction", "rmap"): saved}, ml.Costs(rmap=1.0))  # fmt: skip
    assert f"at 110 ns (lockless) it {pays}; at 585 ns (contended lock) it does not" in (
        bills.with_pages(found)
    )
    assert verdict.headline(found) in bills.with_pages(found)
