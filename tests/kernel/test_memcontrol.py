from collections.abc import Callable

import pytest

from mglru_lab.kernel.lruvec import Lruvec
from mglru_lab.kernel.memcontrol import try_charge
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.variants import Policy
from tests.kernel.small import POLICY_612, RULES_612, machine, on_lists, plain


def charged(usage: int, stock: int, limit: int) -> Lruvec:
    v = on_lists()
    v.lru.usage, v.lru.stock, v.lru.limit = usage, stock, limit
    return v


def charge(v: Lruvec, frees: Callable[[Lruvec], int] | None = None) -> bool:
    """Charge a page; `frees` is what a reclaim does, instead of a real one."""

    def reclaim(v: Lruvec, _rules: Rules, _policy: Policy) -> int:
        v.stat.reclaims += 1
        return frees(v) if frees else 0

    charged = plain(try_charge, try_to_free_mem_cgroup_pages=reclaim)
    return bool(charged(v, RULES_612, POLICY_612))


def test_the_first_page_charges_64_and_the_rest_is_stock() -> None:
    v = charged(0, 0, 1000)
    assert charge(v)
    assert (v.lru.usage, v.lru.stock) == (64, 63)


def test_a_page_from_the_stock_charges_nothing() -> None:
    v = charged(64, 63, 64)
    assert all(charge(v) for _ in range(63))
    assert (v.lru.usage, v.lru.stock, v.stat.reclaims) == (64, 0, 0)


@pytest.mark.parametrize(("limit", "after"), [(164, (164, 63)), (163, (101, 0)), (101, (101, 0))])
def test_the_charge_of_64_falls_back_to_1_near_the_limit(
    limit: int, after: tuple[int, int]
) -> None:
    v = charged(100, 0, limit)
    assert charge(v)
    assert (v.lru.usage, v.lru.stock) == after
    assert v.stat.reclaims == 0


def free_100(v: Lruvec) -> int:
    v.lru.usage -= 100
    return 100


def test_at_the_limit_one_page_is_charged_after_reclaim_and_64_again_next_time() -> None:
    v = charged(200, 0, 200)
    assert charge(v, free_100)
    assert (v.lru.usage, v.lru.stock) == (101, 0)
    assert charge(v, free_100)
    assert (v.lru.usage, v.lru.stock, v.stat.reclaims) == (165, 63, 1)


def test_where_nothing_is_reclaimed_it_retries_16_times_after_a_drain() -> None:
    v = charged(64, 0, 64)
    assert not charge(v)
    assert v.stat.reclaims == 1 + 1 + 16


def test_progress_that_others_eat_does_not_use_up_retries() -> None:
    def slowly(v: Lruvec) -> int:
        v.lru.usage -= v.stat.reclaims == 100
        return 1

    v = charged(64, 0, 64)
    assert charge(v, slowly)
    assert (v.stat.reclaims, v.lru.usage) == (100, 64)


def test_an_empty_memcg_that_may_hold_nothing_runs_out_of_memory() -> None:
    v = charged(0, 0, 0)
    assert not try_charge(v, RULES_612, POLICY_612)
    assert (v.stat.reclaims, v.lru.usage) == (18, 0)


@pytest.mark.parametrize("tables", [1, 8, 64])
def test_usage_at_the_region_is_64_less_one_page_a_page_table(tables: int) -> None:
    lru = machine(f"region {tables * 512} anon").v.lru
    assert (lru.usage, lru.stock) == (64 - tables, 64 - tables)
    assert machine(f"region {tables * 512} anon\nlimit 10").v.lru.limit == 74 - tables


def test_memory_fills_up_to_the_limit_and_no_further() -> None:
    made = machine("region 1024 anon\nlimit 300\ntouch 0 1024")
    assert made.v.lru.limit == 362
    assert made.v.lru.usage <= 362
    full = machine("region 1024 anon\nlimit 300\ntouch 0 362")
    assert (full.v.lru.usage, full.v.stat.reclaims) == (362, 0)
    assert machine("region 1024 anon\nlimit 300\ntouch 0 363").v.stat.reclaims == 1
