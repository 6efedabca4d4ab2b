import pytest

import mglru_lab as ml
from mglru_lab.lab.price.costs import EVENTS, counts, lookup
from mglru_lab.lab.price.prices import PRICES, SWAP, UNPRICED, Price
from mglru_lab.lab.run.run import EVENTS as RUN_EVENTS
from mglru_lab.lab.run.run import lock_text
from mglru_lab.policy.mmu import Lock
from mglru_lab.policy.policy import IN_VAIN

# Three agings of 4096 guest pages in use, then 64 pages evicted.
TEXT = (
    "region 4096 kvm\ntouch 0 4096\nsettle\nage\nage\nage\ntouch 0 4096\nevict all 200 64\nstat e\n"
)


def made(variant: str, text: str = TEXT) -> ml.Run:
    return ml.run(ml.Scenario(text), ml.Kernel.parse(variant))


def test_every_event_of_a_run_has_a_price_or_a_reason_for_none() -> None:
    events = {event for event, _ in RUN_EVENTS.values()}
    assert events == EVENTS.keys() | UNPRICED.keys()
    assert not EVENTS.keys() & UNPRICED.keys()
    named = {lookup(lock_text(kind)) for kind in range(IN_VAIN + 1)}
    assert {lookup(lock.text) for lock in Lock} < named <= PRICES.keys()


def test_prices_lie_in_their_ranges_and_say_where_they_come_from() -> None:
    for prices in (PRICES, *SWAP.values()):
        for price in prices.values():
            assert 0 <= price.low <= price.ns <= price.high
            assert len(price.source) > 15


def test_a_page_in_a_lockless_pass_costs_what_was_published() -> None:
    """107 to 110 ns a page that is young, 88 to 99 one that is not, 74 to 77 the second call."""
    costs = ml.Costs()
    assert 88 <= costs.ns("pte") + costs.ns("lookup_none") <= 99
    assert 104 <= costs.ns("pte") + costs.ns("lookup_none") + costs.ns("promote") <= 110


def test_a_bill_by_hand() -> None:
    run = made("6.12")
    found = counts(run)
    assert found["aging", "lookup_write"] == 3 * 4097
    assert found["aging", "pte"] == run.counters("e")["ptes_walked"]
    costs = ml.Costs(lookup_write=100)
    bill = costs.bill(run)
    row = bill.filter(where="aging", price="lookup_write").row(0, named=True)
    assert (row["ns_each"], row["ms"]) == (100, pytest.approx(3 * 4097 * 100 / 1e6))
    assert bill["ms"].sum() == pytest.approx(costs.total(run) / 1e6)
    assert bill["ms"].is_sorted(descending=True)


def test_pages_of_a_batch_beyond_its_calls_are_priced_as_such() -> None:
    run = made("v2")
    found = counts(run)
    asked = run.counters("e")["asks_aging"]
    assert found["aging", "lookup_none"] + found["aging", "batch_page"] == asked
    assert found["aging", "lookup_none"] < asked / 20


def test_two_calls_a_page_are_two_prices() -> None:
    text = "region 512 kvm\ntouch 0 512\nsettle\nage\ntouch 0 512\nage\nstat e\n"
    found = counts(made("v4+kconfig", text))
    assert found["aging", "lookup_none"] == 513 + 2 * 513  # old in the primary MMU, young in KVM's
    assert ("aging", "batch_page") not in found


def test_a_bit_that_the_guest_sets_again_is_counted() -> None:
    text = TEXT.replace("touch 0 4096\nevict", "touch 0 100\nevict")
    assert counts(made("6.12", text))["guest", "retouch"] == 100
    assert counts(made("existing", text)).get(("guest", "retouch"), 0) == 0  # it cleared none


def test_a_new_price_needs_no_new_run() -> None:
    run = made("existing")
    zram, nvme = ml.Costs(), ml.Costs(swap="nvme")
    swapped = run.counters("e")["pswpout"]
    assert zram.total(run) - nvme.total(run) == pytest.approx(swapped * (6400 - 3000))
    assert zram.but(swap_out=0).total(run) == pytest.approx(zram.total(run) - swapped * 6400)


def test_contended_prices_grow_with_the_vcpus_and_keep_what_was_given() -> None:
    few, many = ml.Costs(rmap=1).contended(2), ml.Costs(rmap=1).contended(64)
    assert few.ns("lookup_write") < many.ns("lookup_write")
    assert few.ns("lookup_none") == many.ns("lookup_none") == 75
    assert many.ns("rmap") == 1
    assert many.prices["vcpu_wait"].ns > 0
    waits = many.prices["lookup_write"].ns + many.prices["vcpu_wait"].ns
    assert many.ns("lookup_write") == waits
    seldom = ml.Costs().contended(64, fault_us=100_000)
    assert seldom.ns("lookup_write") < 90 + seldom.prices["vcpu_wait"].ns


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"swap": "tape"}, "swap 'tape' is unknown.*zram, nvme, disk"),
        ({"rmpa": 3}, "price 'rmpa' is unknown; did you mean rmap"),
        ({"rmap": -3}, "price rmap"),
        ({"rmap": float("nan")}, "price rmap"),
        ({"rmap": float("inf")}, "price rmap"),
        ({"rmap": Price(5, 6, 7, "")}, "0 <= low <= ns <= high"),
    ],
)
def test_a_wrong_price_is_refused(wrong: dict[str, float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ml.Costs(**wrong)  # type: ignore[arg-type]


def test_wrong_vcpus_are_refused() -> None:
    with pytest.raises(ValueError, match="vcpus 0"):
        ml.Costs().contended(0)
    with pytest.raises(ValueError, match="fault_us -1"):
        ml.Costs().contended(4, fault_us=-1)


def test_a_files_pages_have_no_price() -> None:
    text = "region 64 file\nrtouch 0 64\nstat e\n"
    with pytest.raises(ValueError, match=r"kind file has no price; allowed are anon and kvm"):
        counts(made("6.12", text))
