import pytest

from mglru_lab.kernel.eviction import (
    evict_folios,
    folio_referenced,
    isolate_folios,
    keeps,
    scan_folios,
    shrink_folio_list,
)
from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import (
    LRU_GEN_ANON,
    LRU_GEN_FILE,
    MAX_LRU_BATCH,
    NO_GEN,
    PG_REFERENCED,
    PG_WORKINGSET,
    PTE_PRESENT,
    PTE_SWAP,
    Lruvec,
)
from mglru_lab.lab.run.machine import Machine
from mglru_lab.policy.mmu import Lock
from mglru_lab.policy.policy import Where
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

KERNEL = (RULES_612, POLICY_612)
FLAGS = PG_REFERENCED | PG_WORKINGSET


# Scanning


def test_64_pages_are_isolated_from_the_tail_of_the_oldest_list(oldest: Machine) -> None:
    v = oldest.v
    assert plain(scan_folios)(v, RULES_612, LRU_GEN_ANON, 3, MAX_LRU_BATCH) == (64, 64)
    assert v.cpu.scratch[:64].tolist() == list(range(64))
    assert listed(v, 3) == list(range(511, 63, -1))
    assert (v.stat.pgscan, v.lru.nr_pages[3, 0], Folios(v)[63].gen) == (64, 448, NO_GEN)


def test_nothing_is_scanned_if_only_two_generations_exist() -> None:
    v = on_lists([], [], [1])
    v.lru.min_seq[:] = 2
    assert plain(scan_folios)(v, RULES_612, LRU_GEN_ANON, 3, MAX_LRU_BATCH) == (0, 0)
    assert listed(v, 2) == [1]


def test_a_call_looks_at_no_more_than_4096_pages() -> None:
    v = on_lists(range(4100), pages=4100)
    Folios(v)[:4100].gen = 3
    v.lru.nr_pages[:, 0] = [0, 0, 0, 4100]
    assert plain(scan_folios)(v, RULES_612, LRU_GEN_ANON, 3, MAX_LRU_BATCH) == (4096, 0)
    assert (len(listed(v, 0)), v.stat.pgrefill, v.stat.pgscan) == (4, 4096, 0)


def test_a_call_that_isolates_nothing_of_fewer_has_scanned_nothing() -> None:
    v = on_lists([1, 2])
    Folios(v)[1:3].gen = 3
    v.lru.nr_pages[:, 0] = [0, 0, 0, 2]
    assert plain(scan_folios)(v, RULES_612, LRU_GEN_ANON, 3, MAX_LRU_BATCH) == (0, 0)
    assert v.stat.pgrefill == 2


# Sorting


def test_a_page_promoted_by_a_walk_moves_to_the_head_of_its_generations_list() -> None:
    v = on_lists([1, 2], [], [3])
    Folios(v)[2].gen = 2
    assert plain(scan_folios)(v, RULES_612, LRU_GEN_ANON, 3, MAX_LRU_BATCH) == (2, 1)
    assert (listed(v, 0), v.cpu.scratch[0], listed(v, 2)) == ([], 1, [2, 3])


@pytest.mark.parametrize(
    ("flags", "refs", "tier_idx", "protected"),
    [
        (0, 0, 0, None),
        (PG_WORKINGSET, 0, 0, 1),
        (PG_WORKINGSET, 0, 1, None),
        (PG_WORKINGSET, 2, 1, 2),
        (PG_WORKINGSET, 2, 2, None),
        (PG_WORKINGSET, 3, 3, 3),  # refs 4
        (PG_REFERENCED, 3, 3, None),
    ],
)
def test_a_page_is_protected_above_the_tier_to_evict_and_always_with_4_refs(
    flags: int, refs: int, tier_idx: int, protected: int | None
) -> None:
    v = on_lists([1])
    Folios(v)[1].pg, Folios(v)[1].refs = flags, refs
    isolated = int(protected is None)
    assert plain(scan_folios)(v, RULES_612, LRU_GEN_ANON, tier_idx, MAX_LRU_BATCH) == (
        isolated,
        isolated,
    )
    assert v.lru.protected[0].tolist() == [int(tier == protected) for tier in range(4)]


def test_a_protected_page_goes_to_the_tail_of_the_next_generation_without_flags() -> None:
    v = on_lists([1, 2], [3])
    Folios(v)[2].pg, Folios(v)[2].refs = FLAGS, 3
    assert plain(scan_folios)(v, RULES_612, LRU_GEN_ANON, 0, MAX_LRU_BATCH) == (2, 1)
    assert (listed(v, 0), v.cpu.scratch[0], listed(v, 1)) == ([], 1, [3, 2])
    assert (Folios(v)[2].gen, Folios(v)[2].pg, Folios(v)[2].refs) == (1, 0, 0)
    assert v.stat.workingset_activate_anon == 0


def test_6_1_counts_a_protected_page_as_activated_but_not_a_promoted_one() -> None:
    v = on_lists([1, 2])
    Folios(v)[1].pg, Folios(v)[2].gen = PG_WORKINGSET, 3
    plain(scan_folios)(v, RULES_61, LRU_GEN_ANON, 0, MAX_LRU_BATCH)
    assert (v.stat.pgrefill, listed(v, 0), listed(v, 1), listed(v, 3)) == (2, [], [1], [2])
    assert v.stat.workingset_activate_anon == 1


@pytest.mark.parametrize(
    ("before", "after"), [((PG_WORKINGSET, 2), (0, 0)), ((FLAGS, 2), (PG_WORKINGSET, 2))]
)
def test_an_isolated_page_forgets_its_refs_unless_it_is_referenced(
    before: tuple[int, int], after: tuple[int, int]
) -> None:
    v = on_lists([1])
    Folios(v)[1].pg, Folios(v)[1].refs = before
    plain(scan_folios)(v, RULES_612, LRU_GEN_ANON, 3, MAX_LRU_BATCH)
    assert (Folios(v)[1].pg, Folios(v)[1].refs) == after
    assert (Folios(v)[1].gen, listed(v, 0)) == (NO_GEN, [])


# Judging


def isolated(page: int = 5, guest: bool = False) -> Lruvec:
    """One page that eviction has isolated, outside or inside the guest."""
    v = on_lists([page], guest=guest)
    v.lru.has_notifiers = guest
    Folios(v)[page].spte = guest
    assert plain(scan_folios)(v, RULES_612, LRU_GEN_ANON, 3, MAX_LRU_BATCH) == (1, 1)
    return v


def test_an_old_page_is_swapped_out_and_uncharged() -> None:
    v = isolated()
    assert plain(shrink_folio_list)(v, *KERNEL, 1, False) == (0, 0)
    assert (Folios(v)[5].pte, Folios(v)[5].cached, v.lru.usage) == (PTE_SWAP, False, 0)
    assert (v.stat.pswpout, v.stat.rmap_walks, v.stat.rescues) == (1, 1, 0)


def test_a_young_page_is_kept_and_young_no_more() -> None:
    v = isolated()
    Folios(v)[5].young = True
    assert plain(keeps)(v, *KERNEL, 5)
    assert (Folios(v)[5].pte, Folios(v)[5].young, v.lru.usage) == (PTE_PRESENT, False, 1)
    assert (v.stat.rescues, v.stat.lookarounds, v.stat.pgactivate) == (1, 1, 0)


def test_a_page_that_a_look_around_has_marked_is_kept_without_an_rmap_walk() -> None:
    v = isolated()
    Folios(v)[5].pg = PG_REFERENCED
    assert plain(keeps)(v, *KERNEL, 5)
    assert (v.stat.rmap_walks, v.stat.rescues) == (0, 1)


def test_on_6_1_a_page_young_in_the_primary_mmu_counts_as_activated() -> None:
    v = isolated()
    Folios(v)[5].young = True
    assert plain(keeps)(v, RULES_61, POLICY_61, 5)
    assert (v.stat.pgactivate, Folios(v)[5].young) == (1, False)


def test_a_page_that_a_batch_holds_is_unmapped_and_kept_in_the_swap_cache() -> None:
    v = isolated()
    Folios(v)[5].held = 1
    assert plain(keeps)(v, *KERNEL, 5)
    assert (Folios(v)[5].pte, Folios(v)[5].cached) == (PTE_SWAP, True)
    assert (v.stat.pswpout, v.stat.rescues, v.lru.usage) == (0, 0, 1)


def test_a_page_in_the_swap_cache_is_written_once_nothing_holds_it() -> None:
    v = isolated()
    Folios(v)[5].pte, Folios(v)[5].cached = PTE_SWAP, True
    assert plain(shrink_folio_list)(v, *KERNEL, 1, False) == (0, 0)
    assert (Folios(v)[5].cached, v.stat.pswpout, v.stat.rmap_walks) == (False, 1, 0)


@pytest.mark.parametrize(
    ("kernel", "lookarounds", "lock"),
    [
        (KERNEL, 1, Lock.WRITE),
        ((RULES_61, POLICY_61), 0, Lock.WRITE_TLBFLUSH),
        ((RULES_612, POLICY_61), 0, Lock.WRITE_TLBFLUSH),
    ],
    ids=["6.12", "6.1", "6.1 on 6.12"],
)
def test_a_page_young_in_the_secondary_mmu_is_kept_and_starts_a_look_around_on_6_12_only(
    kernel: tuple[object, object], lookarounds: int, lock: Lock
) -> None:
    v = isolated(guest=True)
    Folios(v)[5].spte_young = True
    assert plain(keeps)(v, *kernel, 5)
    assert (Folios(v)[5].spte_young, v.stat.lookarounds, v.stat.pgactivate) == (
        False,
        lookarounds,
        0,
    )
    assert v.cpu.asks[Where.EVICTION, lock] == v.cpu.asks[Where.EVICTION].sum() == 1


@pytest.mark.parametrize(("guest", "lookarounds"), [(True, 0), (False, 1)])
def test_a_policy_may_do_without_look_around_in_a_vm(guest: bool, lookarounds: int) -> None:
    v = isolated(guest=guest)
    Folios(v)[5].young = True
    assert plain(keeps)(v, RULES_612, POLICY_612._replace(vm_looks_around=0), 5)
    assert (v.stat.lookarounds, v.stat.rescues) == (lookarounds, 1)


def test_eviction_asks_once_a_page_outside_the_guest_without_a_lock() -> None:
    v = isolated()
    v.lru.has_notifiers = True
    plain(folio_referenced)(v, *KERNEL, 5)
    assert v.cpu.asks[Where.EVICTION].tolist() == [1, 0, 0, 0, 0, 0]


def test_unmapping_guest_memory_zaps_its_secondary_entry() -> None:
    v = isolated(guest=True)
    assert not plain(keeps)(v, *KERNEL, 5)
    assert (Folios(v)[5].spte, v.lru.invalidate_seq) == (False, 1)
    other = isolated()
    assert not plain(keeps)(other, *KERNEL, 5)
    assert other.lru.invalidate_seq == 0


# The whole call


def test_kept_pages_go_to_the_head_of_the_youngest_in_the_order_of_isolation(
    oldest: Machine,
) -> None:
    v = go_on(oldest, "touch 10 11\ntouch 55 56\nevict old 200 1").v
    assert listed(v, 6) == [55, 10]
    assert (Folios(v)[10].pg, Folios(v)[55].pg, v.stat.pgsteal) == (0, 0, 62)


def test_a_kept_page_is_evicted_when_its_turn_comes_again_unless_it_is_young_again(
    oldest: Machine,
) -> None:
    go_on(oldest, "touch 10 12\nevict all\nage\nage\nage\ntouch 11 12\nevict all")
    assert (Folios(oldest.v).pte == PTE_PRESENT).nonzero()[0].tolist() == [11]
    assert oldest.v.stat.pgsteal == 511


def test_min_seq_moves_before_the_pages_are_judged(oldest: Machine) -> None:
    v = go_on(oldest, "evict old 200 64").v
    assert (v.lru.min_seq[0], Folios(v)[0].shadow_seq) == (3, 3)
    go_on(oldest, "evict old 200 448")
    assert (v.lru.min_seq[0], Folios(v)[447].shadow_seq, Folios(v)[448].shadow_seq) == (5, 3, 5)


def test_it_returns_the_pages_scanned_and_one_for_a_generation_retired() -> None:
    v = on_lists([1, 2], [3], [], [])
    v.lru.max_seq = 3
    assert plain(evict_folios)(v, *KERNEL, 60, MAX_LRU_BATCH) == 2 + 1
    assert (v.lru.min_seq[0], v.stat.pgsteal) == (1, 2)
    more = on_lists(range(70))
    assert plain(evict_folios)(more, *KERNEL, 60, MAX_LRU_BATCH) == 64


def test_it_returns_0_where_two_generations_are_left_though_it_evicted() -> None:
    v = on_lists([1, 2], [], [3])
    assert plain(evict_folios)(v, *KERNEL, 60, MAX_LRU_BATCH) == 0
    assert (v.lru.min_seq[0], v.stat.pgsteal) == (2, 2)


def test_a_page_that_walks_promoted_is_sorted_first_and_survives(oldest: Machine) -> None:
    go_on(oldest, "touch 3 4\nage\nevict old")
    assert (Folios(oldest.v).pte[:512] == PTE_PRESENT).nonzero()[0].tolist() == [3]
    assert (seq_of(oldest.v, 3), listed(oldest.v, 6)) == (6, [3])


def test_a_guests_first_touch_saves_its_pages_once(guest: Machine) -> None:
    # On 6.1 nobody has cleared the accessed bits of the secondary MMU since.
    sticky = machine("region 512 kvm\ntouch 0 512\nsettle\nage\nage\nage\nevict old", "6.1")
    assert (sticky.v.stat.pgsteal, sticky.v.stat.rescues) == (0, 512 + 1)
    go_on(guest, "age\nage\nage\nevict old")
    assert (guest.v.stat.pgsteal, guest.v.stat.rescues) == (512 + 1, 0)


# Two types


def test_an_empty_type_is_passed_over_whatever_swappiness_prefers() -> None:
    for swappiness in (1, 60, 200):
        v = on_lists([1, 2])
        assert plain(isolate_folios)(v, RULES_612, swappiness, MAX_LRU_BATCH) == (
            LRU_GEN_ANON,
            2,
            2,
        )


def unmapped_file(held: int) -> Lruvec:
    """Page 1 isolated, a file's, in the cache but not mapped; so many batches hold it."""
    v = on_lists()
    Folios(v)[1].file = Folios(v)[1].cached = True
    Folios(v)[1].held = held
    v.cpu.scratch[0] = 1
    v.lru.usage = v.cpu.usage = 1
    return v


def test_an_unmapped_page_of_a_file_that_a_batch_holds_is_tried_once_more() -> None:
    v = unmapped_file(held=1)
    assert plain(shrink_folio_list)(v, *KERNEL, 1, False) == (1, 1)
    assert Folios(v)[1].gen == NO_GEN
    assert plain(shrink_folio_list)(v, *KERNEL, 1, True) == (1, 0)
    assert (Folios(v)[1].gen, v.lru.nr_pages[3, LRU_GEN_FILE]) == (3, 1)


def test_it_is_freed_then_if_the_batch_was_emptied_meanwhile() -> None:
    v = unmapped_file(held=1)
    plain(shrink_folio_list)(v, *KERNEL, 1, False)
    Folios(v)[1].held = 0
    assert plain(shrink_folio_list)(v, *KERNEL, 1, True) == (0, 0)
    assert (Folios(v)[1].cached, v.lru.usage, Folios(v)[1].shadow_seq) == (False, 0, 0)
