import time
from dataclasses import replace

import pytest

import mglru_lab as ml
from mglru_lab.lab.price.costs import ASKING
from mglru_lab.lab.price.prices import Price
from mglru_lab.lab.price.threshold import Threshold
from mglru_lab.lab.price.verdict import verdict
from mglru_lab.lab.thread.look_around_cases import CASES

CALL = ("aging", "lookup_none")
ZERO = ml.Costs(**dict.fromkeys(ml.Costs().prices, 0.0))


def small(asking: dict[str, int], existing: dict[str, int], calls: int = 10) -> Threshold:
    """Counts of prices paid in faults, and calls in dispute of the one that asks."""
    ours = {("fault", name): count for name, count in asking.items()} | {CALL: calls}
    theirs = {("fault", name): count for name, count in existing.items()}
    return Threshold("a", "b", ours, theirs, ZERO.but(rmap=100, swap_in=1000))


@pytest.fixture(scope="module")
def share50() -> Threshold:
    return ml.threshold(CASES["share50"].scenario(ml.Kernel(variant="proposed")), rules="6.12")


def test_by_hand() -> None:
    found = small({"swap_in": 5, "rmap": 10}, {"swap_in": 3, "rmap": 80})
    assert found.saved == 70 * 100 - 2 * 1000
    assert (found.calls, found.break_even) == (10, 500)
    assert verdict(found).short == "below 500 ns"


def test_at_the_break_even_price_both_cost_the_same(share50: Threshold) -> None:
    price = share50.break_even
    assert price is not None
    for factor, sign in ((0.9, 1), (1.1, -1)):
        asking = share50.costs.total(
            {k: n for k, n in share50.asking.items() if k not in ASKING}
        ) + sum(n * price * factor for k, n in share50.asking.items() if k in ASKING)
        instead = share50.costs.total(
            {k: n for k, n in share50.existing.items() if k not in ASKING}
        ) + sum(n * price * factor for k, n in share50.existing.items() if k in ASKING)
        assert (instead - asking) * sign * share50.calls * price > 0
        assert abs(instead - asking) == pytest.approx(abs(0.1 * price * share50.calls))


@pytest.mark.parametrize(
    ("asking", "existing", "calls", "said"),
    [
        ({"rmap": 9}, {"rmap": 8}, 10, "never"),
        ({"rmap": 8}, {"rmap": 9}, 0, "always"),
        ({"rmap": 9}, {"rmap": 8}, 0, "never"),
        ({"rmap": 8}, {"rmap": 8}, 0, "equal"),
        ({"rmap": 8}, {"rmap": 8}, 10, "never"),
        ({"rmap": 18}, {"rmap": 8}, -10, "above 100 ns"),
        ({"rmap": 8}, {"rmap": 18}, -10, "always"),
    ],
)
def test_where_there_is_none(
    asking: dict[str, int], existing: dict[str, int], calls: int, said: str
) -> None:
    assert verdict(small(asking, existing, calls)).short == said


def test_the_parts_sum_to_the_difference(share50: Threshold) -> None:
    parts = share50.parts
    assert parts["saved_ms"].sum() == pytest.approx(share50.difference / 1e6)
    assert (parts["low_ms"] <= parts["saved_ms"] + 1e-9).all()
    assert (parts["saved_ms"] <= parts["high_ms"] + 1e-9).all()
    swapped = parts.filter(part="pages swapped in")["fewer"].item()
    assert swapped == 9421 - 10009  # as the recorded kernels refault: see the recordings' table


def test_the_interval_holds_every_price_within_its_range(share50: Threshold) -> None:
    low, high = share50.interval
    assert share50.break_even is not None
    assert low < share50.break_even < high
    certain = share50.at(share50.costs.but(**{n: p.ns for n, p in share50.costs.prices.items()}))
    assert certain.interval == pytest.approx((share50.break_even, share50.break_even))
    assert certain.levers.filter("decides").is_empty()


def test_a_lever_is_what_the_sum_would_be_at_that_price(share50: Threshold) -> None:
    for row in share50.levers.to_dicts():
        name = row["price"]
        for end in ("low", "high"):
            at = share50.at(share50.costs.but(**{name: row[end]}))
            assert row[f"at_{end}"] == pytest.approx(at.difference / 1e6)
        if row["turns_at"] is not None:
            turned = share50.at(share50.costs.but(**{name: row["turns_at"]}))
            assert turned.difference == pytest.approx(0, abs=1)
        assert row["decides"] == (row["at_low"] * row["at_high"] < 0)


def test_an_uncertain_price_moves_the_threshold_by_its_count() -> None:
    found = small({"rmap": 10}, {"rmap": 80})
    found = found.at(ZERO.but(rmap=Price(100, 50, 300, "")))
    (lever,) = found.levers.filter(price="rmap").to_dicts()
    assert (lever["at_low"], lever["at_high"]) == (70 * 50 / 1e6, 70 * 300 / 1e6)
    assert found.interval == (350, 2100)


def test_a_new_price_answers_within_50_ms(share50: Threshold) -> None:
    start = time.perf_counter()
    for ns in range(10):
        moved = share50.at(share50.costs.but(rmap=100.0 * ns))
        _ = verdict(moved), moved.parts, moved.levers
    assert (time.perf_counter() - start) / 10 < 0.05


def test_only_kernels_of_the_same_rules_and_host_are_compared() -> None:
    scenario = ml.Scenario("region 8 kvm\ntouch 0 8\nstat end\n")
    with pytest.raises(ValueError, match=r"rules 7.3, existing@6.1~6.15 6.1.*the same"):
        ml.threshold(scenario, instead="existing@6.1")
    other = replace(ml.Kernel(variant="existing"), mmu="arm64")
    with pytest.raises(ValueError, match=r"mmu x86-tdp-ad, existing~6\.15 arm64"):
        ml.threshold(scenario, instead=other)


def test_two_kernels_that_do_the_same_are_equal() -> None:
    scenario = ml.Scenario("region 64 anon\ntouch 0 64\nage\nstat e\n")
    found = ml.threshold(scenario)
    assert verdict(found).kind == "equal"
    assert found.same_pages
    assert found.parts.is_empty()
    assert found.levers.is_empty()


def test_policies_are_compared_on_one_kvm_and_releases_on_their_own() -> None:
    text = "region 1024 kvm\ntouch 0 1024\nsettle\nage\nage\nage\ntouch 0 512\nevict old\nstat e\n"
    found = ml.threshold(ml.Scenario(text), "6.12", rules="6.12")
    today = ml.threshold(ml.Scenario(text), "6.12")
    assert today.compared == "Policies on the same rules (7.3) and KVM code (6.15)."
    assert found.compared == "Policies on the same rules (6.12) and KVM code (6.15)."
    assert not any("tlbflush" in name for _, name in found.existing)
    own = ml.threshold(ml.Scenario(text), "6.12", "6.1", releases=True)
    assert own.compared.startswith("Releases, not policies alone")
    assert any("tlbflush" in name for _, name in own.existing)
