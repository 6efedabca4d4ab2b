"""Charges: how many memcgs a CPU keeps a stock for, and the one above them has the limit."""

import pytest

from mglru_lab.kernel.lruvec import Lruvec, Region, new_lruvec
from mglru_lab.kernel.rules import RULES, Rules
from mglru_lab.kernel.stock import consume_stock, drain_stock, refill_stock, uncharge
from tests.kernel.small import plain

ONE, SEVERAL = RULES["6.12"], RULES["7.3"]


def two() -> tuple[Lruvec, Lruvec]:
    """Two memcgs with 64 pages charged to each."""
    v = new_lruvec([Region(8), Region(8, memcg=1)], enabled=7)
    v.lrus.usage = 64
    v.cpu.usage = 128
    return v, v.of_memcg(1)


def test_a_stock_is_consumed_by_its_own_memcg_only() -> None:
    host, guest = two()
    plain(refill_stock)(host, ONE, 10)
    assert not plain(consume_stock)(guest)
    assert plain(consume_stock)(host)
    assert (host.lru.stock, guest.lru.stock) == (9, 0)


@pytest.mark.parametrize(("rules", "left"), [(ONE, 0), (SEVERAL, 10)])
def test_another_memcgs_refill_gives_a_single_stock_back(rules: Rules, left: int) -> None:
    host, guest = two()
    plain(refill_stock)(host, rules, 10)
    plain(refill_stock)(guest, rules, 63)
    assert (host.lru.usage, guest.lru.usage, host.cpu.usage) == (54 + left, 64, 118 + left)
    assert (host.lru.stock, guest.lru.stock) == (left, 63)


def test_more_than_64_pages_are_not_kept() -> None:
    host, _ = two()
    plain(refill_stock)(host, ONE, 40)
    plain(refill_stock)(host, ONE, 30)
    assert (host.lru.stock, host.lru.usage) == (0, -6)


def test_draining_and_uncharging_count_for_the_memcg_and_the_limit() -> None:
    host, guest = two()
    plain(refill_stock)(guest, ONE, 5)
    plain(drain_stock)(host, -1)
    plain(drain_stock)(host, -1)
    plain(uncharge)(host, 3)
    assert (host.lru.usage, guest.lru.usage, host.cpu.usage) == (61, 59, 120)
