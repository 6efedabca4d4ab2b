import mglru_lab as ml
from mglru_lab.lab.price.threshold import Threshold
from mglru_lab.show.price import prose


def test_prices_that_are_assumed_or_given_are_named() -> None:
    said = prose.sources(ml.Costs(rmap=400).table())
    assert "lookup_in_vain, batch_page are assumed" in said
    assert "rmap were given by you" in said
    assert "given by you" not in prose.sources(ml.Costs().table())


def test_what_moves_the_threshold_is_told_with_both_ends() -> None:
    found = Threshold(
        "a", "b", {("aging", "lookup_none"): 10}, {("eviction", "rmap"): 10}, ml.Costs()
    )
    low, high = ml.Costs().bounds("rmap")
    said = prose.levers(found)
    assert f"rmap (break-even {low:,.0f} ns at the low end of its range, {high:,.0f}" in said
    same = Threshold("a", "b", {}, {}, ml.Costs())
    assert "no threshold to move" in prose.levers(same)
