"""The classic LRU: two lists, a second look, and numbers as of their last flush."""

import numpy as np
import pytest

from mglru_lab.kernel.classic import get_scan_count, inactive_is_low, let_others_run, may_deactivate
from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import LRU_GEN_ANON, LRU_GEN_FILE, PG_ACTIVE, PTE_SWAP
from mglru_lab.kernel.mm_inline import LRU_INACTIVE
from mglru_lab.kernel.rstat import flush_stats
from mglru_lab.lab.run.commands import play
from mglru_lab.lab.run.machine import Machine, OutOfMemory
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario
from tests.kernel.small import go_on, machine, on_lists, plain

ANON, FILE = LRU_GEN_ANON, LRU_GEN_FILE


def classic(text: str, variant: str = "6.12") -> Machine:
    return machine("enabled 0\n" + text, variant)


def test_new_anonymous_pages_are_inactive_and_a_page_read_twice_is_active() -> None:
    anon = classic("region 40 anon\ntouch 0 40\nsettle").v
    assert anon.lru.nr_pages[:2, ANON].tolist() == [40, 0]
    read = classic("region 40 rfile\nrtouch 0 40\nrtouch 0 40 2\nsettle").v
    assert read.lru.nr_pages[:2, FILE].tolist() == [20, 20]
    assert (Folios(read).pg[:40:2] & PG_ACTIVE).all()


def test_an_inactive_page_found_young_twice_becomes_active_and_once_stays() -> None:
    made = classic("region 600 anon\nlimit 300\ntouch 0 400")
    before = int(made.v.stat.pgactivate)
    assert (before, made.v.stat.rescues > 0) == (0, True)
    go_on(made, "touch 100 400\ntouch 400 600\ntouch 200 400\ntouch 0 200")
    assert made.v.stat.pgactivate > 0


def test_statistics_are_those_of_the_last_look_into_memory_stat() -> None:
    made = classic("region 100 anon\nstat start\ntouch 0 100\nsettle")
    assert made.v.lru.flushed_inactive.tolist() == [0, 0]
    go_on(made, "stat now")
    assert made.v.lru.flushed_inactive.tolist() == [100, 0]


def test_the_timer_flushes_once_at_the_point_of_reclaim_that_is_named() -> None:
    v = on_lists()
    v.lru.nr_pages[LRU_INACTIVE, ANON] = 50
    v.cpu.flush_in = 2
    plain(let_others_run)(v)
    assert v.lru.flushed_inactive[ANON] == 0
    plain(let_others_run)(v)
    assert (v.lru.flushed_inactive[ANON], v.cpu.flush_in) == (50, 0)
    v.lru.nr_pages[LRU_INACTIVE, ANON] = 60
    plain(let_others_run)(v)
    assert v.lru.flushed_inactive[ANON] == 50


def test_the_timer_flushes_after_the_accesses_that_the_recorder_names() -> None:
    text = "enabled 0\nregion 100 anon\nstat start\nreplay 0 100\n"
    pages = {"x.u32": np.arange(100, dtype=np.uint32)}
    sizes = []
    for at in (0, 40, 99):
        scenario = Scenario(text.replace("replay", "trace x.u32\nreplay"))
        made = Machine(scenario, Kernel(), unrecorded=Unrecorded(flushes=((at, 0),)), entries=pages)
        play(made)
        sizes.append(int(made.v.lru.flushed_inactive[ANON]))
    assert sizes == [0, 31, 93]  # in full batches of 31


def test_the_active_list_is_shrunk_when_it_is_longer_or_refaults_activated_pages() -> None:
    v = on_lists()
    v.lru.nr_pages[:2, ANON] = 50, 50
    plain(flush_stats)(v)
    assert not plain(inactive_is_low)(v, ANON)
    assert not plain(may_deactivate)(v, ANON)
    v.lru.activated[ANON] += 1
    assert not plain(may_deactivate)(v, ANON)
    plain(flush_stats)(v)
    assert plain(may_deactivate)(v, ANON)
    v.lru.refaults[ANON] = 1
    v.lru.nr_pages[1, ANON] += 1
    plain(flush_stats)(v)
    assert plain(inactive_is_low)(v, ANON)


@pytest.mark.parametrize(
    ("cost", "share"), [(0, 60 / 200), (10**9, 90 / (90 + 420))], ids=["free", "costly"]
)
def test_costs_and_swappiness_decide_what_anonymous_memory_is_scanned(
    cost: int, share: float
) -> None:
    v = on_lists()
    v.cpu.swappiness = 60
    v.lru.enabled = 0
    v.lru.nr_pages[0, ANON] = 1 << 20
    v.lru.cost[ANON] = cost
    plain(get_scan_count)(v, 1)
    scanned = v.cpu.to_scan[ANON, 0]
    assert scanned == pytest.approx(share * (1 << 19), rel=0.02)
    plain(get_scan_count)(v, 0)
    assert v.cpu.to_scan[ANON, 0] == 1 << 20


def test_a_guest_whose_pages_are_all_active_is_killed_on_6_12_as_its_numbers_are_old() -> None:
    text = "region 3000 kvm\nlimit 1000\ntouch 0 3000"
    with pytest.raises(OutOfMemory):
        classic(text)
    assert classic(text, "6.1").v.stat.pgsteal > 0


def test_what_is_evicted_and_soon_back_is_active() -> None:
    made = classic("region 1200 anon\nlimit 600\ntouch 0 600\nstat a\ntouch 600 1200\nstat b")
    assert (Folios(made.v).pte == PTE_SWAP).sum() > 500
    go_on(made, "touch 0 100\nstat c\ntouch 100 300\nstat d")
    assert made.v.stat.workingset_refault_anon > 0
    assert made.v.lru.nonresident_age >= made.v.stat.pgsteal
