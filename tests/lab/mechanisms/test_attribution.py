"""Which rule makes 7.3 refault more than 6.12 on a working set that moves, or that is strided."""

from collections.abc import Callable

import pytest

import mglru_lab as ml
from mglru_lab.kernel.rules import FAMILIES, RULES
from mglru_lab.lab.mechanisms.attribution import ALL, attribute, differing, most
from mglru_lab.lab.mechanisms.experiments import made, moving, strided
from mglru_lab.scenario.traces.entries import Entries


@pytest.mark.parametrize("load", [moving, strided])
def test_what_makes_7_3_refault_more_is_that_used_pages_stay_protected(
    load: Callable[[], Entries],
) -> None:
    """One of three rules less, and the loss is gone; none of them alone brings it to 6.12.

    A page promoted once is PG_workingset for good (seen_twice, keeps_flags), and when such pages
    refault they are protected: by going to the head of the next generation (protected_head).
    """
    scenario, given = made(load())
    table = attribute(scenario, "6.12", "7.3", entries=given)
    assert table["rule"][0] == ALL
    before, after = table.row(0)[1:3]
    assert after > 1.4 * before
    rows = {row["rule"]: row for row in table.iter_rows(named=True)}
    for rule in ("protected_head", "seen_twice", "keeps_flags"):
        assert rows[rule]["explained"] > 0.9
    assert rows["protected_head"]["older_with"] == before
    for rule in ("budget", "aging_by_generations", "returns_all_scanned", "merge_counts"):
        assert rows[rule]["explained"] < 0.6


def test_a_small_working_set_makes_no_difference_to_explain() -> None:
    scenario, given = made(moving(size=1000))
    table = attribute(scenario, "6.12", "7.3", entries=given)
    before, after = table.row(0)[1:3]
    assert after < 1.1 * before


def test_the_rules_that_differ_are_those_of_the_table() -> None:
    assert differing("7.3", "7.3") == []
    assert ("tier_gain", "tier_margin") in differing("6.12", "6.14")
    for fields in differing("7.2", "7.3"):
        assert all(getattr(RULES["7.2"], f) != getattr(RULES["7.3"], f) for f in fields)
    assert all(differing(older, "7.3") for older in FAMILIES[:-1])


def test_an_unknown_counter_is_refused() -> None:
    with pytest.raises(ValueError, match="counter 'pgmajflt' is unknown"):
        attribute(ml.Scenario("region 8 anon\nstat end"), "7.2", "7.3", "pgmajflt")


def test_what_explains_most_is_shown_in_percent() -> None:
    scenario, given = made(strided())
    table = attribute(scenario, "6.12", "7.3", entries=given)
    shown = most(table, 2)
    assert shown["explained"][0] == ""
    assert shown["explained"][1] == f"{100 * table['explained'][1]:.0f} %"
    assert shown.height == 3
