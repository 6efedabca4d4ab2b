from collections.abc import Callable

import pytest

from mglru_lab.kernel.lruvec import Lruvec
from mglru_lab.kernel.memcontrol import memory_reclaim, try_charge
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.stock import uncharge
from mglru_lab.policy.policy import Policy
from tests.kernel.small import (
    POLICY_61,
    POLICY_612,
    RULES_61,
    RULES_612,
    go_on,
    machine,
    on_lists,
    plain,
)


def charged(usage: int, stock: int, limit: int) -> Lruvec:
    v = on_lists()
    v.lru.usage, v.cpu.usage, v.lru.stock, v.cpu.limit = usage, usage, stock, limit
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
    plain(uncharge)(v, 100)
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
        plain(uncharge)(v, int(v.stat.reclaims == 100))
        return 1

    v = charged(64, 0, 64)
    assert charge(v, slowly)
    assert (v.stat.reclaims, v.lru.usage) == (100, 64)


def test_an_empty_memcg_that_may_hold_nothing_runs_out_of_memory() -> None:
    v = charged(0, 0, 0)
    assert not try_charge(v, RULES_612, POLICY_612)
    assert (v.stat.reclaims, v.lru.usage) == (18, 0)


def test_a_charge_asks_reclaim_for_one_page_and_is_not_proactive() -> None:
    asked = []

    def frees(v: Lruvec) -> int:
        asked.append((int(v.cpu.nr_to_reclaim), int(v.cpu.proactive)))
        plain(uncharge)(v, 1)
        return 1

    v = charged(64, 0, 64)
    v.cpu.nr_to_reclaim, v.cpu.proactive = 500, 1
    assert charge(v, frees)
    assert asked == [(1, 0)]


# memory.reclaim


def reclaim(
    pages: int, *freed: int, kernel: tuple[Rules, Policy] = (RULES_612, POLICY_612)
) -> tuple[bool, list[int], list[int]]:
    """Its answer, what it asked for, the pages in the batch then; reclaims free `freed`, then 0."""
    asked: list[int] = []
    waiting: list[int] = []

    def free(v: Lruvec, _rules: Rules, _policy: Policy) -> int:
        assert v.cpu.proactive
        got = freed[len(asked)] if len(asked) < len(freed) else 0
        asked.append(int(v.cpu.nr_to_reclaim))
        waiting.append(int(v.cpu.add_count))
        v.stat.pgsteal += got
        return got

    made = machine("region 512 anon\ntouch 0 3")
    done = plain(memory_reclaim, try_to_free_mem_cgroup_pages=free)(made.v, *kernel, pages)
    return bool(done), asked, waiting


def test_memory_reclaim_asks_for_a_quarter_of_what_is_left_on_6_12() -> None:
    assert reclaim(400, 64, 300, 64)[:2] == (True, [100, 84, 9])


def test_memory_reclaim_asks_for_all_that_is_left_on_6_1() -> None:
    old = (RULES_61, POLICY_61)
    assert reclaim(400, 64, 300, 64, kernel=old)[:2] == (True, [400, 336, 36])


def test_memory_reclaim_gives_up_after_16_retries_and_drains_before_the_last() -> None:
    done, asked, waiting = reclaim(100, 0, 50)
    assert (done, len(asked)) == (False, 1 + 1 + 16)
    assert waiting == [3] * 17 + [0]


def test_memory_reclaim_of_nothing_is_done_at_once() -> None:
    assert reclaim(0) == (True, [], [])


@pytest.mark.parametrize("variant", ["6.12", "6.1"])
def test_memory_reclaim_frees_what_is_asked_and_uncharges_it(variant: str) -> None:
    made = machine("region 512 anon\ntouch 0 512\nsettle\nage\nage\nage", variant)
    usage = int(made.v.lru.usage)
    assert memory_reclaim(made.v, made.rules, made.policy, 100)
    assert made.v.stat.pgsteal == 128
    assert usage - made.v.lru.usage == 128
    assert not memory_reclaim(made.v, made.rules, made.policy, 1000)
    assert go_on(made, "rtouch 0 1").v.stat.pgmajfault == 1


# A region and its limit


@pytest.mark.parametrize("tables", [1, 8, 64])
def test_usage_at_the_region_is_64_less_one_page_a_page_table(tables: int) -> None:
    v = machine(f"region {tables * 512} anon").v
    assert (v.lru.usage, v.lru.stock) == (64 - tables, 64 - tables)
    assert machine(f"region {tables * 512} anon\nlimit 10").v.cpu.limit == 74 - tables


def test_memory_fills_up_to_the_limit_and_no_further() -> None:
    made = machine("region 1024 anon\nlimit 300\ntouch 0 1024")
    assert made.v.cpu.limit == 362
    assert made.v.lru.usage <= 362
    full = machine("region 1024 anon\nlimit 300\ntouch 0 362")
    assert (full.v.lru.usage, full.v.stat.reclaims) == (362, 0)
    assert machine("region 1024 anon\nlimit 300\ntouch 0 363").v.stat.reclaims == 1
