"""Charges: two memcgs share one stock, and the one above them has the limit."""

from mglru_lab.kernel.lruvec import NO_MEMCG, Lruvec, Region, new_lruvec
from mglru_lab.kernel.stock import consume_stock, drain_stock, refill_stock, uncharge
from tests.kernel.small import plain


def two() -> tuple[Lruvec, Lruvec]:
    """Two memcgs with 64 pages charged to each."""
    v = new_lruvec([Region(8), Region(8, memcg=1)], enabled=7)
    v.lrus.usage = 64
    v.cpu.usage = 128
    return v, v.of_memcg(1)


def test_a_stock_is_consumed_by_its_own_memcg_only() -> None:
    host, guest = two()
    plain(refill_stock)(host, 10)
    assert not plain(consume_stock)(guest)
    assert plain(consume_stock)(host)
    assert (host.cpu.stock, host.cpu.stock_memcg) == (9, 0)


def test_another_memcgs_refill_gives_the_old_stock_back() -> None:
    host, guest = two()
    plain(refill_stock)(host, 10)
    plain(refill_stock)(guest, 63)
    assert (host.lru.usage, guest.lru.usage, host.cpu.usage) == (54, 64, 118)
    assert (host.cpu.stock, host.cpu.stock_memcg) == (63, 1)


def test_more_than_64_pages_are_not_kept() -> None:
    host, _ = two()
    plain(refill_stock)(host, 40)
    plain(refill_stock)(host, 30)
    assert (host.cpu.stock, host.cpu.stock_memcg, host.lru.usage) == (0, NO_MEMCG, -6)


def test_draining_and_uncharging_count_for_the_memcg_and_the_limit() -> None:
    host, guest = two()
    plain(refill_stock)(guest, 5)
    plain(drain_stock)(host)
    plain(drain_stock)(host)
    plain(uncharge)(host, 3)
    assert (host.lru.usage, guest.lru.usage, host.cpu.usage) == (61, 59, 120)
