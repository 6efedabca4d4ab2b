from pathlib import Path

import pytest

from mglru_lab.lab.price.advise import CANDIDATES, Advice, advise
from mglru_lab.lab.price.costs import Costs
from mglru_lab.scenario.generators import zipf

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lockless() -> Advice:
    return advise("x86-tdp-ad", 8, "zram", pages=1024, length=8192)


@pytest.fixture(scope="module")
def shadow() -> Advice:
    return advise("x86-shadow", 32, "zram", pages=1024, length=8192)


def test_the_best_costs_nothing_more_than_the_best(lockless: Advice) -> None:
    totals = lockless.totals
    assert totals["kernel"][0] == lockless.chosen
    assert set(totals["kernel"]) == set(CANDIDATES)
    for name, paid in lockless.paid.items():
        costs = {kernel: lockless.costs.total(found) for kernel, found in paid.items()}
        least = min(costs.values())
        for kernel, percent in totals.select("kernel", name).iter_rows():
            assert percent == pytest.approx(100 * (costs[kernel] / least - 1))


def test_asking_without_a_lock_beats_the_existing_approach(lockless: Advice) -> None:
    assert not lockless.chosen.startswith("existing")
    assert lockless.margin >= 0
    assert "x86-tdp-ad with 8 vCPUs and zram" in lockless.in_words


def test_contended_locks_are_avoided(shadow: Advice) -> None:
    assert shadow.chosen.startswith("6.15")  # the only one that answers a shadow MMU without one
    worst = shadow.totals["kernel"][-1]
    assert worst.endswith(":6.12")  # its window asks about every neighbour, under the lock


def test_the_advice_follows_the_prices(lockless: Advice) -> None:
    free = dict.fromkeys(Costs().prices, 0.0)
    for only in ("swap_in", "rmap"):
        costs = Costs(**free).but(**{only: 1000.0})
        best = lockless.best(costs)
        counts = {
            kernel: sum(
                sum(n for (_, name), n in paid[kernel].items() if name == only)
                / min(sum(n for (_, name), n in p.items() if name == only) for p in paid.values())
                for paid in lockless.paid.values()
            )
            for kernel in CANDIDATES
        }
        assert counts[best] == pytest.approx(min(counts.values()))


def test_how_sure_is_a_share_of_draws_and_the_same_every_time(lockless: Advice) -> None:
    again = Advice(lockless.mmu, lockless.vcpus, lockless.costs, lockless.paid)
    assert again.drawn == lockless.drawn
    assert sum(lockless.drawn.values()) == pytest.approx(1)


def test_a_price_that_changes_the_advice_does(lockless: Advice) -> None:
    for name, ns, instead in lockless.changes.iter_rows():
        assert lockless.best(lockless.costs.but(**{name: ns})) == instead != lockless.chosen


def test_a_trace_of_ones_own_is_used(tmp_path: Path) -> None:
    trace = tmp_path / "own.u32"
    trace.write_bytes(zipf(1024, 8192, 1, 1.0).astype("<u4").tobytes())
    found = advise(trace=str(trace), memory=0.3)
    assert list(found.paid) == ["own.u32"]
    assert found.paid["own.u32"]["existing:none"]["fault", "swap_in"] > 0


def test_wrong_values_are_refused() -> None:
    with pytest.raises(ValueError, match="mmu 'x' is unknown"):
        advise("x")
    with pytest.raises(ValueError, match="vcpus 0"):
        advise(vcpus=0)
    with pytest.raises(ValueError, match="memory 2"):
        advise(memory=2)
