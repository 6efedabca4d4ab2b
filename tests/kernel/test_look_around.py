import numpy as np
import pytest

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.look_around import lru_gen_look_around, window
from mglru_lab.kernel.lruvec import (
    AGED_WALK,
    FRESH_WALK,
    NO_GEN,
    NO_WALK,
    PG_REFERENCED,
    PG_WORKINGSET,
    PTE_PRESENT,
    PTE_SWAP,
    PTE_ZERO,
    Lruvec,
    Region,
    new_lruvec,
)
from mglru_lab.kernel.mm_inline import lru_gen_del
from mglru_lab.kernel.rules import Rules
from mglru_lab.lab.run.machine import Machine
from mglru_lab.policy.mmu import Lock
from mglru_lab.policy.policy import Policy, Where
from tests.kernel.small import (
    POLICY_61,
    POLICY_612,
    RULES_61,
    RULES_612,
    go_on,
    listed,
    machine,
    on_lists,
    plain,
    seq_of,
)

NEW = (RULES_612, POLICY_612)
OLD = (RULES_61, POLICY_61)


def around(
    v: Lruvec,
    page: int,
    kernel: tuple[Rules, Policy] = NEW,
    walk: int = NO_WALK,
) -> None:
    """Isolate `page`, whose own accessed bit eviction has read, and look around it."""
    plain(lru_gen_del)(v, page)
    Folios(v)[page].young = False
    v.cpu.mm_walk = walk
    plain(lru_gen_look_around)(v, *kernel, page)


def young(v: Lruvec, *pages: int) -> Lruvec:
    Folios(v)[list(pages)].young = True
    return v


# The window


@pytest.mark.parametrize(
    ("page", "start", "end"),
    [
        (0, 0, 64),
        (31, 0, 64),
        (32, 0, 64),
        (33, 1, 65),
        (256, 224, 288),
        (479, 447, 511),
        (480, 448, 512),
        (481, 448, 512),
        (511, 448, 512),
    ],
)
def test_the_window_is_64_ptes_around_the_page_but_inside_its_page_table(
    page: int, start: int, end: int
) -> None:
    v = new_lruvec([Region(512)], enabled=7)
    assert plain(window)(v, page) == (start, end)


@pytest.mark.parametrize(
    ("pages", "page", "start", "end"),
    [(40, 39, 0, 40), (64, 63, 0, 64), (65, 64, 1, 65), (100, 90, 36, 100), (1, 0, 0, 1)],
)
def test_the_window_ends_with_the_region(pages: int, page: int, start: int, end: int) -> None:
    v = new_lruvec([Region(pages)], enabled=7)
    assert plain(window)(v, page) == (start, end)


def test_the_window_of_the_first_page_of_a_table_does_not_reach_into_the_table_before() -> None:
    v = new_lruvec([Region(1024), Region(10, True)], enabled=7)
    assert plain(window)(v, 512) == (512, 576)
    assert plain(window)(v, 511) == (448, 512)
    assert plain(window)(v, 1024 + 9) == (1024, 1034)


# 6.12: what becomes of the neighbours


def test_with_a_walk_neighbours_get_the_youngest_generation_and_stay_on_their_list() -> None:
    v = young(on_lists([10, 20, 80]), 10, 20, 80)
    Folios(v)[20].pg = PG_REFERENCED | PG_WORKINGSET
    around(v, 10, walk=FRESH_WALK)
    assert (Folios(v)[20].gen, Folios(v)[20].pg, listed(v, 0)) == (3, 0, [20, 80])
    assert (v.cpu.activate_count, v.stat.promoted_lookaround) == (0, 1)


def test_outside_the_window_nothing_changes() -> None:
    v = young(on_lists([10, 20, 80]), 10, 20, 80)
    around(v, 10)
    assert np.flatnonzero(Folios(v).young).tolist() == [80]
    assert Folios(v)[80].gen == 0


def test_without_a_walk_neighbours_lose_their_flags_and_wait_to_be_activated() -> None:
    v = young(on_lists([10, 20]), 10, 20)
    Folios(v)[20].pg, Folios(v)[20].refs = PG_WORKINGSET, 2
    around(v, 10)
    assert (Folios(v)[20].gen, Folios(v)[20].pg, Folios(v)[20].refs) == (0, 0, 0)
    assert (v.cpu.activate_count, v.cpu.activate[0], Folios(v)[20].held) == (1, 20, 1)


def test_a_neighbour_of_the_youngest_generation_is_left_alone_without_a_walk() -> None:
    v = young(on_lists([10], [], [], [20]), 10, 20)
    Folios(v)[20].pg = PG_WORKINGSET
    around(v, 10)
    assert (v.cpu.activate_count, Folios(v)[20].pg, Folios(v)[20].young) == (
        0,
        PG_WORKINGSET,
        False,
    )


@pytest.mark.parametrize("walk", [NO_WALK, FRESH_WALK])
def test_an_isolated_neighbour_is_marked_referenced(walk: int) -> None:
    v = young(on_lists([10, 20]), 10, 20)
    plain(lru_gen_del)(v, 20)
    around(v, 10, walk=walk)
    assert (Folios(v)[20].pg, Folios(v)[20].gen, v.cpu.activate_count) == (PG_REFERENCED, NO_GEN, 0)


def test_old_and_absent_and_swapped_neighbours_are_passed_over() -> None:
    v = young(on_lists([10, 11, 12, 13]), 10, 12, 13)
    Folios(v)[12].pte, Folios(v)[13].pte = PTE_SWAP, PTE_ZERO
    around(v, 10, walk=FRESH_WALK)
    assert Folios(v).gen[[11, 12, 13]].tolist() == [0, 0, 0]
    assert Folios(v).young[[12, 13]].all()


def test_every_pte_of_the_window_is_counted_as_looked_at() -> None:
    v = young(on_lists([10, 200]), 10, 200)
    around(v, 200)
    around(v, 10)
    assert (v.stat.lookarounds, v.stat.lookaround_ptes) == (2, 128)


def test_a_region_of_one_page_is_not_looked_around_in() -> None:
    v = young(on_lists([0], pages=1), 0)
    around(v, 0)
    assert (v.stat.lookarounds, v.stat.lookaround_ptes) == (0, 0)


# What it tells the next walk


@pytest.mark.parametrize(("others", "dense"), [(7, True), (6, False)])
def test_eight_young_of_64_counting_its_own_page_feed_the_bloom_filter(
    others: int, dense: bool
) -> None:
    v = young(on_lists(range(64)), *range(10, 11 + others))
    v.lru.bloom_exists[:] = True
    around(v, 10)
    assert v.table.bloom[0, 3 % 2] == dense
    assert not v.table.bloom[0, 2 % 2]
    assert (v.stat.lookarounds, v.stat.lookaround_ptes) == (1, 64)


def test_an_insertion_into_a_missing_filter_is_lost() -> None:
    v = young(on_lists(range(64)), *range(64))
    around(v, 10)
    assert not v.table.bloom.any()


def test_a_small_region_needs_an_eighth_of_its_pages() -> None:
    v = young(on_lists(range(16), pages=16), 3, 4)
    v.lru.bloom_exists[:] = True
    around(v, 3)
    assert v.table.bloom[0, 1]


# Guests


def test_6_12_sees_what_the_guest_touched_and_asks_about_every_present_page() -> None:
    v = on_lists([10, 20, 30], guest=True)
    v.lru.has_notifiers = True
    Folios(v)[20].spte_young = True
    around(v, 10, walk=FRESH_WALK)
    assert (Folios(v)[20].gen, Folios(v)[20].spte_young, Folios(v)[30].gen) == (3, False, 0)
    asks = v.cpu.asks[Where.LOOK_AROUND]
    assert asks[Lock.WRITE] == asks.sum() == 3


def test_6_1_does_not_see_what_only_the_guest_touched() -> None:
    v = young(on_lists([10, 20, 30], guest=True), 10, 30)
    v.lru.has_notifiers = True
    Folios(v)[[20, 30]].spte_young = True
    around(v, 10, OLD, AGED_WALK)
    assert Folios(v).gen[[20, 30]].tolist() == [0, 3]
    assert Folios(v).spte_young[[20, 30]].all()
    assert v.cpu.asks.sum() == 0


def test_asking_about_memory_outside_the_guest_takes_no_lock() -> None:
    v = on_lists([10, 20])
    v.lru.has_notifiers = True
    around(v, 10)
    assert v.cpu.asks[Where.LOOK_AROUND, Lock.NONE] == 2


# 6.1


def test_on_6_1_the_page_itself_is_one_of_the_window_and_marked_referenced() -> None:
    v = young(on_lists([10, 20]), 10)
    around(v, 10, OLD)
    assert (Folios(v)[10].pg, v.stat.lookaround_ptes) == (PG_REFERENCED, 64)
    new = young(on_lists([10, 20]), 10)
    around(new, 10)
    assert Folios(new)[10].pg == 0


@pytest.mark.parametrize(("found", "waiting", "promoted"), [(14, 14, 0), (15, 0, 15)])
def test_on_6_1_up_to_14_neighbours_wait_with_their_flags_15_are_promoted_at_once(
    found: int, waiting: int, promoted: int
) -> None:
    v = young(on_lists(range(64)), *range(10, 11 + found))
    Folios(v)[11:26].pg = PG_WORKINGSET
    around(v, 10, OLD)
    assert (v.cpu.activate_count, v.stat.promoted_lookaround) == (waiting, found)
    assert v.lru.nr_pages[:, 0].tolist() == [63 - promoted, 0, 0, promoted]
    assert Folios(v)[11].pg == (PG_WORKINGSET if waiting else 0)
    assert listed(v, 0) == [page for page in range(64) if page != 10]


def test_on_6_1_a_walk_that_has_aged_promotes_even_one_neighbour_at_once() -> None:
    v = young(on_lists([10, 20]), 10, 20)
    around(v, 10, OLD, AGED_WALK)
    assert (Folios(v)[20].gen, v.cpu.activate_count) == (3, 0)


def test_on_6_1_a_neighbour_of_the_youngest_generation_is_no_candidate() -> None:
    v = young(on_lists([10], [], [], [20]), 10, 20)
    around(v, 10, OLD)
    assert (v.cpu.activate_count, Folios(v)[20].young) == (0, False)


def test_on_6_1_a_fresh_walk_cannot_swap_so_neighbours_stay_young() -> None:
    v = young(on_lists(range(64)), *range(64))
    v.lru.bloom_exists[:] = True
    around(v, 10, OLD, FRESH_WALK)
    assert Folios(v).young.sum() == 63
    assert not v.table.bloom.any()
    assert Folios(v)[10].pg == 0


# Seen from the debugfs command


def test_debugfs_eviction_promotes_the_young_neighbours_of_a_kept_page(oldest: Machine) -> None:
    v = go_on(oldest, "touch 50 51\ntouch 70 71\ntouch 200 201\nevict old 200 1").v
    assert (v.stat.pgsteal, v.stat.rescues, v.stat.lookarounds) == (63, 1, 1)
    assert listed(v, 6) == [50]
    assert (seq_of(v, 70), 70 in listed(v, 3), seq_of(v, 200)) == (6, True, 3)
    assert (Folios(v).pte[:64] == PTE_PRESENT).sum() == 1


def test_on_6_1_debugfs_eviction_keeps_the_young_page_and_no_neighbour() -> None:
    made = machine("region 512 anon\ntouch 0 512\nsettle\nage\nage\nage", "6.1")
    v = go_on(made, "touch 50 51\ntouch 70 71\nevict old 200 1").v
    assert (listed(v, 6), seq_of(v, 70), Folios(v)[70].young) == ([50], 3, True)
    assert v.stat.pgactivate == 0
