"""A verdict holds for all prices within their ranges, and says what decides where none does."""

import pytest

import mglru_lab as ml
from mglru_lab.lab.price.prices import IN_WORDS, MEASURE, PRICES, SWAP, Price
from mglru_lab.lab.price.threshold import Threshold
from mglru_lab.lab.price.verdict import (
    by_parts,
    deciding,
    headline,
    in_words,
    verdict,
    what_decides,
)

CALL = ("aging", "lookup_none")
LOCKLESS = Price(75, 28, 77, "")
ZERO = dict.fromkeys(ml.Costs().prices, 0.0)


def found(saves: Price, call: Price = LOCKLESS, calls: int = 10) -> Threshold:
    """Calls in dispute that spare as many rmap walks."""
    costs = ml.Costs(**ZERO).but(rmap=saves, lookup_none=call)
    return Threshold("a", "b", {CALL: calls}, {("eviction", "rmap"): 10}, costs)


@pytest.mark.parametrize(
    ("low", "ns", "high", "kind"),
    [
        (100, 300, 900, "below"),  # above all that a call costs
        (5, 10, 20, "below"),  # below all of it, and above 0
        (70, 300, 900, "undecided"),  # crosses what a call costs
        (0, 10, 20, "undecided"),  # may be nothing at all
        (0, 0, 0, "never"),
    ],
)
def test_a_range_that_crosses_a_line_is_undecided(
    low: float, ns: float, high: float, kind: str
) -> None:
    assert verdict(found(Price(ns, low, high, ""))).kind == kind


def test_every_draw_of_prices_agrees_with_a_verdict_that_is_given() -> None:
    """The corners of all ranges, which a linear sum is extreme in."""
    given = found(Price(300, 100, 900, ""))
    assert "so it pays" in headline(given)
    for rmap in (100.0, 900.0):
        for call in (28.0, 77.0):
            at = given.at(given.costs.but(rmap=rmap, lookup_none=call))
            assert at.difference > 0


def test_one_price_that_turns_the_sign_is_named_with_where_it_does() -> None:
    made = found(Price(300, 50, 900, ""), Price(75, 75, 75, ""))
    assert deciding(made)["price"].to_list() == ["rmap"]
    assert "an rmap walk turns it at 75 ns (range 50 to 900)" in what_decides(made)
    assert MEASURE["rmap"] in what_decides(made)
    turned = made.at(made.costs.but(rmap=75.0))
    assert turned.difference == pytest.approx(0)


def test_where_no_single_price_does_the_two_widest_are_named() -> None:
    wide = Price(10, 1, 30, "")
    costs = ml.Costs(**ZERO).but(rmap=wide, pte=wide, promote=wide)
    theirs = {("x", "rmap"): 10, ("x", "pte"): 9, ("x", "promote"): 1}
    made = Threshold("a", "b", {CALL: 1}, theirs, costs.but(lookup_none=Price(210, 1, 500, "")))
    said = what_decides(made)
    assert verdict(made).kind == "undecided"
    assert deciding(made).height <= 2
    assert said.startswith(("What decides it", "No single price turns it"))


def test_parts_are_told_from_the_largest_on_with_their_sign() -> None:
    costs = ml.Costs(**ZERO).but(rmap=1e6, swap_in=1e6, pte=1e6)
    mine, theirs = {("f", "swap_in"): 5, ("f", "pte"): 1}, {("e", "rmap"): 9}
    said = by_parts(Threshold("a", "b", mine, theirs, costs))
    assert said.startswith(
        "Asking saves 9.0 ms on rmap walks and spends 5.0 ms on pages swapped in"
    )
    assert "it saves 3.0 ms in the whole run" in said


def test_same_pages_name_the_only_cause() -> None:
    """Two KVMs under one policy: no page moves, the flush alone is what differs."""
    text = "region 1024 kvm\ntouch 0 1024\nsettle\nage\nage\nage\ntouch 0 512\nevict old\nstat e\n"
    made = ml.threshold(ml.Scenario(text), "existing~6.13", "existing~6.12")
    assert made.same_pages
    said = in_words(made)
    assert "Only the KVM code differs, the policy does not" in said
    assert "Same pages on both" in said
    assert "a call that flushes TLBs" in said
    assert made.parts["part"].to_list() == ["calls at eviction"]


def test_every_price_has_words_and_a_way_to_measure_it() -> None:
    names = PRICES.keys() | SWAP["zram"].keys()
    assert IN_WORDS.keys() == MEASURE.keys() == names
