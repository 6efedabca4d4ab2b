import pytest

from mglru_lab.kernel.folios import Folios
from tests.lab.run.played import machine


@pytest.mark.parametrize("tables", [1, 4, 16])
def test_a_region_leaves_the_charges_of_its_page_tables_in_the_stock(tables: int) -> None:
    v = machine(f"region {512 * tables} anon").v
    assert (v.lru.usage, v.lru.stock) == (64 - tables, 64 - tables)


def test_a_guests_code_is_one_page_more() -> None:
    v = machine("region 2048 kvm").v
    assert (v.lru.usage, v.lru.stock) == (60, 59)
    assert Folios(v)[v.lru.code_page].young


def test_foreign_pages_shift_the_batch() -> None:
    for phase, listed in ((0, 31), (11, 20), (30, 1)):
        snapshots = machine("region 64 anon\ntouch 0 40\nstat s", phase=phase).log.snapshots
        assert snapshots[0].sizes[-1] == listed if phase < 22 else listed + 31


def test_the_first_dump_pushes_pages_out_of_the_batch() -> None:
    text = "region 64 anon\ntouch 0 40\ndump a\ndump b"
    first, second = machine(text, first_dump=(0, 22)).log.snapshots
    assert first.sizes[-1] == 31
    assert second.sizes[-1] == 40


def test_a_touch_overwrites_the_loaded_trace_as_the_recorder_does() -> None:
    made = machine("region 6144 anon\ntrace uniform_15\ntouch 100 110\nreplay 0 10")
    assert made.v.stat.pgfault == 10
    assert made.v.stat.accesses == 20


def test_only_the_first_look_adds_pages_and_with_mixed_memory_a_stat_is_one() -> None:
    one = machine("region 64 anon\nstat s\ndump a\ndump b", first_dump=(3, 4)).v.cpu
    assert one.add_count == machine("region 64 anon").v.cpu.add_count + 7
    mixed = "region 64 anon\nregion 64 kvm\n"
    after_stat = machine(mixed + "stat s", first_dump=(3, 4)).v.cpu
    assert after_stat.add_count == machine(mixed).v.cpu.add_count + 3


def test_a_page_of_the_workers_stack_is_one_more() -> None:
    text = "region 2048 kvm"
    assert machine(text, stack_page=True).v.lru.stock == machine(text).v.lru.stock - 1


@pytest.mark.parametrize("at", [0, 40, 99])
def test_the_timer_flushes_before_the_access_that_is_named(at: int) -> None:
    text = "enabled 0\nregion 6144 anon\nstat start\ntrace uniform_15\nreplay 0 100\n"
    flushed = machine(text, flushes=((at, 0),)).v.lru.flushed_inactive.sum()
    assert flushed <= at
    assert (flushed > 0) == (at >= 31)  # a batch


def test_settle_drains_every_batch() -> None:
    assert machine("region 64 anon\ntouch 0 40").v.cpu.add_count > 0
    assert machine("region 64 anon\ntouch 0 40\nsettle").v.cpu.add_count == 0


def test_memory_stat_is_flushed_by_reading_it() -> None:
    text = "enabled 0\nregion 64 anon\nstat start\ntouch 0 40\n"
    flushed = [machine(text + more, "6.1").v.lru.flushed_inactive.sum() for more in ("", "stat s")]
    assert flushed == [0, 30]  # two full batches
