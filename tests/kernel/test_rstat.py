"""Pending updates of statistics: how many the kernel makes of what, and when it flushes them."""

import pytest

from mglru_lab.kernel.lruvec import LRU_GEN_ANON
from mglru_lab.kernel.mm_inline import LRU_INACTIVE
from mglru_lab.kernel.rstat import (
    count_faults,
    mem_cgroup_flush_stats,
    memcg_rstat_updated,
    updated_by_faults,
    updated_one_by_one,
)
from tests.kernel.small import go_on, machine, on_lists, plain


@pytest.mark.parametrize(
    ("amounts", "pending", "lots"),
    [
        ([64], 64, 0),
        ([64, 1], 0, 1),  # what is over 64 at the 65th is dropped
        ([60, 32], 0, 1),
        ([1, 127], 0, 2),
        ([0, 30, 0], 30, 0),
    ],
)
def test_more_than_64_updates_are_whole_lots_and_no_rest(
    amounts: list[int], pending: int, lots: int
) -> None:
    v = on_lists()
    for amount in amounts:
        plain(memcg_rstat_updated)(v, amount)
    assert (v.cpu.stats_updates, v.cpu.stats_flush_threshold) == (pending, lots)


@pytest.mark.parametrize("updates", [0, 1, 64, 65, 66, 130, 1000])
def test_updates_by_one_are_counted_at_once_as_one_after_the_other(updates: int) -> None:
    at_once, singly = on_lists(), on_lists()
    for v in (at_once, singly):
        v.cpu.stats_updates = 7
    plain(updated_one_by_one)(at_once, updates)
    for _ in range(updates):
        plain(memcg_rstat_updated)(singly, 1)
    for name in ("stats_updates", "stats_flush_threshold"):
        assert at_once.cpu[name] == singly.cpu[name]


def test_a_reader_flushes_once_two_lots_are_pending() -> None:
    v = on_lists()
    plain(count_faults)(v)
    v.lru.nr_pages[LRU_INACTIVE, LRU_GEN_ANON] = 50
    v.cpu.stats_updates, v.cpu.stats_flush_threshold = 30, 1
    plain(mem_cgroup_flush_stats)(v)
    assert v.lru.flushed_inactive[LRU_GEN_ANON] == 0
    v.cpu.stats_flush_threshold = 2
    plain(mem_cgroup_flush_stats)(v)
    assert v.lru.flushed_inactive[LRU_GEN_ANON] == 50
    assert (v.cpu.stats_updates, v.cpu.stats_flush_threshold) == (30, 0)


@pytest.mark.parametrize(
    ("kind", "touch", "a_page"),
    [("anon", "touch", 3), ("rfile", "rtouch", 2), ("file", "rtouch", 6)],
)
def test_a_new_page_makes_as_many_updates_as_were_traced(
    kind: str, touch: str, a_page: int
) -> None:
    # As kprobes at __mod_lruvec_state and __count_memcg_events saw them on 6.1.192; 15 pages at a
    # time leave the batch for their list, one update each.
    made = machine(f"enabled 0\nregion 100 {kind}\n", "6.1")
    counted = plain(updated_by_faults)
    before = counted(made.v)
    go_on(made, f"{touch} 0 14")
    assert counted(made.v) - before == 14 * a_page
    go_on(made, f"{touch} 14 15")
    assert counted(made.v) - before == 15 * (a_page + 1)
