import polars as pl

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
    said = prose.levers(found)
    assert said.startswith("Most is moved by an rmap walk")
    same = Threshold("a", "b", {}, {}, ml.Costs())
    assert prose.levers(same).startswith("No price moves the verdict")


def test_who_pays_is_a_transfer_only_where_one_loses_and_the_other_gains() -> None:
    def said(host: int, guest: int) -> str:
        rows = pl.DataFrame({"kernel": ["a", "b"], "host refaults": [10, host],
                             "guest refaults": [10, guest]})  # fmt: skip
        return prose.who_pays(rows)

    assert "a transfer" in said(12, 7)
    assert "a transfer" in said(7, 12)
    assert "a transfer" not in said(12, 12)
    assert "both gain" in said(7, 7)
    assert "**b** +2 host (+20%), -3 guest (-30%), -1 in all" in said(12, 7)


def test_the_map_says_that_it_falls_only_where_it_does() -> None:
    rows = [(0.5, g, b, "never", -1.0) for g, b in ((0.1, 50.0), (0.5, 20.0), (0.9, -3.0))]
    names = ["memory", "guest", "break_even", "kind", "saved_ms"]
    frame = pl.DataFrame(rows, names, orient="row")
    assert "the lower the break-even" in prose.threshold_map(frame, "")
    turned = frame.with_columns(break_even=-pl.col("break_even"))
    assert "the lower the break-even" not in prose.threshold_map(turned, "")
