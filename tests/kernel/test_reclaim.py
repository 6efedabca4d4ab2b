from collections.abc import Callable

import pytest

from mglru_lab.kernel.chance import chance
from mglru_lab.kernel.lruvec import (
    AGED_WALK,
    FRESH_WALK,
    LRU_GEN_ANON,
    NO_WALK,
    Lruvec,
    Region,
    new_lruvec,
)
from mglru_lab.kernel.reclaim import (
    get_nr_to_scan,
    should_run_aging,
    shrink_lruvec,
    shrink_node_memcgs,
    total_pages,
    try_to_free_mem_cgroup_pages,
    vmpressure,
)
from mglru_lab.kernel.rules import Rules
from mglru_lab.policy.policy import Policy
from tests.kernel.small import (
    POLICY_61,
    POLICY_612,
    RULES_61,
    RULES_612,
    machine,
    on_lists,
    plain,
)

NEW = (RULES_612, POLICY_612)
OLD = (RULES_61, POLICY_61)
KERNELS = pytest.mark.parametrize("kernel", [NEW, OLD], ids=["6.12", "6.1"])


def sized(*sizes: int) -> Lruvec:
    """Sequences 3 - len(sizes) + 1 to 3, of these sizes; the lists are empty."""
    v = on_lists()
    v.lru.min_seq[:] = 4 - len(sizes)
    v.lru.nr_pages[v.lru.min_seq[0] :, LRU_GEN_ANON] = sizes
    return v


def shrink(
    v: Lruvec,
    kernel: tuple[Rules, Policy],
    evict: Callable[[Lruvec], int],
    *,
    priority: int = 11,
    to_scan: Callable[[Lruvec], int] = lambda _v: 1000,
) -> Lruvec:
    """One round with an `evict` and a number of pages to scan of one's own; 32 are wanted."""
    round_ = plain(
        shrink_lruvec,
        get_nr_to_scan=lambda v, _rules, _policy, _priority, _left: to_scan(v),
        evict_folios=lambda v, _rules, _policy, _swappiness, _most: evict(v),
    )
    round_(v, *kernel, priority, int(v.stat.pgsteal) + 32)
    return v


def frees(pages: int) -> Callable[[Lruvec], int]:
    """An eviction call that scans and frees so many pages; pgscan counts its calls."""

    def evict(v: Lruvec) -> int:
        v.stat.pgscan += 1
        v.stat.pgscan_anon += 1
        v.stat.pgsteal += pages
        return pages

    return evict


# How much, and when to age


def test_a_negative_size_counts_as_nothing() -> None:
    assert plain(total_pages)(sized(10, -5, 0, 7)) == 17
    assert plain(total_pages)(sized(-5, 3)) == 3


def test_a_retired_generation_does_not_count() -> None:
    v = sized(1, 2, 3)
    v.lru.nr_pages[0, 0] = 100
    assert plain(total_pages)(v) == 6


@pytest.mark.parametrize(
    ("sizes", "ages"),
    [
        ((50, 50), True),
        ((0, 0, 50, 50), False),
        ((30, 20, 50), False),
        ((30, 19, 51), True),  # more than half is young
        ((25, 35, 40), False),
        ((24, 36, 40), True),  # less than a quarter is old
        ((-5, 60, 40), True),
        ((0, 3, 0), True),
        ((1, 0, 0), False),
    ],
)
def test_aging_is_due_with_two_generations_or_with_three_by_their_balance(
    sizes: tuple[int, ...], ages: bool
) -> None:
    v = sized(*sizes)
    assert plain(should_run_aging)(v, NEW[0], plain(total_pages)(v)) == ages


@KERNELS
def test_without_need_to_age_all_pages_shifted_by_the_priority_are_scanned(
    kernel: tuple[Rules, Policy],
) -> None:
    v = sized(0, 4000, 100, 0)
    scan = plain(get_nr_to_scan)
    assert [scan(v, *kernel, priority, 0) for priority in (12, 11, 1, 0)] == [1, 2, 2050, 4100]
    assert v.lru.max_seq == 3


@KERNELS
def test_at_priority_12_it_does_without_aging(kernel: tuple[Rules, Policy]) -> None:
    v = sized(0, 1000, 8192)
    assert plain(get_nr_to_scan)(v, *kernel, 12, 0) == 9192 >> 12
    assert v.lru.max_seq == 3


@KERNELS
def test_at_priority_12_with_two_generations_nothing_is_scanned(
    kernel: tuple[Rules, Policy],
) -> None:
    v = sized(1000, 8192)
    assert plain(get_nr_to_scan)(v, *kernel, 12, 0) == 0
    assert v.lru.max_seq == 3


@pytest.mark.parametrize(("kernel", "to_scan"), [(NEW, 0), (OLD, 1000 >> 1)], ids=["6.12", "6.1"])
def test_aging_ends_the_round_on_6_12_and_6_1_goes_on_to_scan(
    kernel: tuple[Rules, Policy], to_scan: int
) -> None:
    v = sized(0, 0, 1000)
    assert plain(get_nr_to_scan)(v, *kernel, 1, 0) == to_scan
    assert (v.lru.max_seq, v.stat.agings) == (4, 1)


@pytest.mark.parametrize(("sizes", "to_scan"), [((0, 0, 1000), 500), ((0, 1000), 0)])
def test_on_6_1_an_aging_that_came_too_early_scans_if_there_are_cold_pages(
    sizes: tuple[int, ...], to_scan: int
) -> None:
    v = sized(*sizes)
    v.lru.mm_seq = v.lru.max_seq
    assert plain(get_nr_to_scan)(v, *OLD, 1, 0) == to_scan
    assert v.lru.max_seq == 3


@pytest.mark.parametrize(("enabled", "walk"), [(7, AGED_WALK), (1, NO_WALK)])
def test_after_an_aging_that_may_walk_the_task_has_a_walk(enabled: int, walk: int) -> None:
    v = sized(0, 0, 1000)
    v.lru.enabled = enabled
    plain(get_nr_to_scan)(v, *OLD, 11, 0)
    assert v.cpu.mm_walk == walk


# A round


def test_a_round_empties_the_batches_and_forgets_the_walk_before_and_after() -> None:
    made = machine("region 512 anon\ntouch 0 5")
    made.v.cpu.mm_walk = AGED_WALK
    seen = []

    def evict(v: Lruvec) -> int:
        seen.append((int(v.cpu.add_count), int(v.cpu.mm_walk)))
        v.cpu.mm_walk = AGED_WALK
        return 0

    shrink(made.v, NEW, evict)
    assert seen == [(0, NO_WALK)]
    assert made.v.cpu.mm_walk == NO_WALK


@pytest.mark.parametrize(
    ("kernel", "walk"), [(NEW, FRESH_WALK), (OLD, NO_WALK)], ids=["6.12", "6.1"]
)
def test_a_proactive_round_has_a_walk_from_the_start_on_6_12(
    kernel: tuple[Rules, Policy], walk: int
) -> None:
    v = on_lists()
    v.cpu.proactive = 1
    seen = []

    def evict(v: Lruvec) -> int:
        seen.append(int(v.cpu.mm_walk))
        return 0

    shrink(v, kernel, evict)
    assert (seen, v.cpu.mm_walk) == ([walk], NO_WALK)


def test_a_round_ends_when_enough_is_scanned_or_nothing_was() -> None:
    assert shrink(on_lists(), NEW, frees(10), to_scan=lambda _v: 25).stat.pgscan == 3
    assert shrink(on_lists(), NEW, frees(0)).stat.pgscan == 1
    assert shrink(on_lists(), NEW, frees(10), to_scan=lambda _v: 0).stat.pgscan == 0


def test_the_number_to_scan_is_asked_anew_before_every_call() -> None:
    left = iter([1000, 1000, 0])
    assert shrink(on_lists(), NEW, frees(10), to_scan=lambda _v: next(left)).stat.pgscan == 2


@pytest.mark.parametrize(("kernel", "calls"), [(NEW, 100), (OLD, 4)], ids=["6.12", "6.1"])
def test_a_round_of_6_1_stops_at_32_reclaimed_pages_one_of_6_12_does_not(
    kernel: tuple[Rules, Policy], calls: int
) -> None:
    assert shrink(on_lists(), kernel, frees(10)).stat.pgscan == calls


@pytest.mark.parametrize(("kernel", "calls"), [(NEW, 10), (OLD, 2)], ids=["6.12", "6.1"])
def test_a_round_of_6_1_stops_when_max_seq_grew_by_two(
    kernel: tuple[Rules, Policy], calls: int
) -> None:
    def evict(v: Lruvec) -> int:
        v.stat.pgscan += 1
        v.lru.max_seq += 1
        return 100

    assert shrink(on_lists(), kernel, evict).stat.pgscan == calls


# A reclaim


def priorities(kernel: tuple[Rules, Policy], *freed: int, wanted: int = 1) -> tuple[list[int], int]:
    """The priorities of the rounds of one reclaim whose rounds free so many pages, then none."""
    seen: list[int] = []

    def shrink(v: Lruvec, _rules: Rules, _policy: Policy, priority: int, _enough: int) -> None:
        v.stat.pgsteal += freed[len(seen)] if len(seen) < len(freed) else 0
        seen.append(priority)

    v = on_lists()
    v.cpu.nr_to_reclaim = wanted
    return seen, plain(try_to_free_mem_cgroup_pages, shrink_lruvec=shrink)(v, *kernel)


@KERNELS
def test_priority_rises_round_by_round_until_32_pages_are_free(
    kernel: tuple[Rules, Policy],
) -> None:
    assert priorities(kernel, 0, 0, 31, 1) == ([12, 11, 10, 9], 32)
    assert priorities(kernel, 64) == ([12], 64)


@pytest.mark.parametrize(
    ("scanned", "preemptible", "used"),
    [((511,), 1, 0), ((512,), 1, 1), ((448, 64), 1, 1), ((512, 64), 1, 1), ((512,), 0, 0)],
)
def test_a_kworker_is_woken_every_512_pages_scanned(
    scanned: tuple[int, ...], preemptible: int, used: int
) -> None:
    v = on_lists()
    v.lru.mm_used, v.cpu.preemptible = 0, preemptible
    for pages in scanned:
        plain(vmpressure)(v, NEW[0], pages)
    assert v.lru.mm_used == used
    assert v.cpu.tree_scanned == sum(scanned) % 512


@pytest.mark.parametrize("proactive", [0, 1])
@KERNELS
def test_from_priority_3_on_every_round_wakes_one(
    kernel: tuple[Rules, Policy], proactive: int
) -> None:
    used = {}

    def shrink(v: Lruvec, _rules: Rules, _policy: Policy, priority: int, _enough: int) -> None:
        used[priority], v.lru.mm_used = bool(v.lru.mm_used), 0
        v.stat.pgsteal += 32 * (priority == 0)
        v.stat.pgscan += 600 * (priority == 9)

    v = on_lists()
    v.cpu.preemptible, v.cpu.proactive, v.lru.mm_used = 1, proactive, 0
    plain(try_to_free_mem_cgroup_pages, shrink_lruvec=shrink)(v, *kernel)
    assert [p for p in used if used[p]] == ([] if proactive else [8, 3, 2, 1, 0])


@KERNELS
def test_more_than_32_pages_are_freed_if_more_are_wanted(kernel: tuple[Rules, Policy]) -> None:
    assert priorities(kernel, 99, 1, wanted=100) == ([12, 11], 100)


@KERNELS
def test_a_few_pages_are_enough_after_priority_0(kernel: tuple[Rules, Policy]) -> None:
    assert priorities(kernel, 0, 5) == (list(range(12, -1, -1)), 5)


@pytest.mark.parametrize(
    ("kernel", "rounds"), [(NEW, [12, 11, 10, 9]), (OLD, [12, 11, 10])], ids=["6.12", "6.1"]
)
def test_slab_pages_freed_amid_a_round_count_on_6_1(
    kernel: tuple[Rules, Policy], rounds: list[int]
) -> None:
    """Those of another reclaim do not."""
    seen = []

    def shrink(v: Lruvec, _rules: Rules, _policy: Policy, priority: int, _enough: int) -> None:
        seen.append(priority)
        v.stat.pgsteal += 10

    v = on_lists()._replace(chance=chance(freed_slab=[(1, 2, 2), (2, 1, 9)]))
    plain(try_to_free_mem_cgroup_pages, shrink_lruvec=shrink)(v, *kernel)
    assert seen == rounds


@pytest.mark.parametrize(("kernel", "attempts"), [(NEW, 2), (OLD, 1)], ids=["6.12", "6.1"])
def test_where_nothing_is_reclaimed_6_12_tries_all_priorities_once_more(
    kernel: tuple[Rules, Policy], attempts: int
) -> None:
    assert priorities(kernel) == (list(range(12, -1, -1)) * attempts, 0)


def test_where_all_pages_are_young_6_12_ages_twice_and_walks_once_before_it_evicts() -> None:
    # All pages are in 3. Priority 12: nothing; 11: 0 and 1 retire; 10: walk; 9: 2 is empty, so age
    # again, but nothing has run since; 8: 2 retires, 64 pages of 3 go.
    made = machine("region 4096 anon\nlimit 4000\ntouch 0 4057")
    stat = made.v.stat
    assert (stat.reclaims, stat.agings, stat.walks) == (1, 2, 1)
    assert (stat.pgsteal, made.v.lru.min_seq[0], made.v.lru.max_seq) == (64, 3, 5)


# Several memcgs


def visited(position: int, whole: bool, freed: dict[int, int]) -> tuple[list[int], int]:
    """The memcgs that one round visits (-1 the parent), and where the next one goes on."""
    seen: list[int] = []

    def drain(_v: Lruvec, _rules: Rules) -> None:
        seen.append(-1)

    def shrink(v: Lruvec, _rules: Rules, _policy: Policy, _priority: int, _enough: int) -> None:
        seen.append(int(v.lru.memcg))
        v.stat.pgsteal += freed.get(int(v.lru.memcg), 0)

    v = new_lruvec([Region(8), Region(8, memcg=1)], enabled=7)
    v.cpu.position = position
    round_ = plain(shrink_node_memcgs, shrink_lruvec=shrink, lru_add_drain=drain)
    round_(v, *NEW, 12, 32, whole)
    return seen, int(v.cpu.position)


@pytest.mark.parametrize(
    ("position", "freed", "seen", "after"),
    [
        (0, {}, [-1, 0, 1], 0),
        (0, {0: 32}, [-1, 0], 2),
        (2, {}, [1], 0),
        (2, {1: 32}, [1], 0),
        (0, {0: 31, 1: 1}, [-1, 0, 1], 0),
    ],
)
def test_a_walk_ends_where_enough_is_freed_and_the_next_goes_on_there(
    position: int, freed: dict[int, int], seen: list[int], after: int
) -> None:
    assert visited(position, False, freed) == (seen, after)


def test_a_whole_walk_begins_at_the_parent_and_leaves_the_position_alone() -> None:
    assert visited(2, True, {0: 64}) == ([-1, 0, 1], 2)
