import pytest

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import LRU_GEN_ANON, LRU_GEN_FILE, PG_REFERENCED, PG_WORKINGSET
from mglru_lab.kernel.mm_inline import folio_lru_refs
from mglru_lab.kernel.workingset import (
    get_tier_idx,
    get_type_to_scan,
    lru_gen_eviction,
    lru_gen_refault,
    reset_ctrl_pos,
)
from mglru_lab.lab.run.machine import Machine
from tests.kernel.small import RULES_61, RULES_612, go_on, machine, on_lists, plain

# Shadow entries and refaults


def test_a_shadow_entry_keeps_the_oldest_generation_and_the_refs() -> None:
    v = on_lists()
    v.lru.min_seq[:] = 2
    Folios(v)[5].pg, Folios(v)[5].refs = PG_WORKINGSET | PG_REFERENCED, 2
    plain(lru_gen_eviction)(v, RULES_612, 5)
    assert (Folios(v)[5].shadow_seq, Folios(v)[5].shadow_refs) == (2, 3)
    assert v.lru.evicted[0].tolist() == [0, 0, 1, 0]


def test_a_refault_while_that_generation_is_the_oldest_is_recent() -> None:
    v = on_lists()
    Folios(v)[5].shadow_seq, Folios(v)[5].shadow_refs = 0, 1
    plain(lru_gen_refault)(v, RULES_612, 5, True)
    assert v.lru.refaulted[0].tolist() == [0, 1, 0, 0]
    assert (Folios(v)[5].pg, Folios(v)[5].refs) == (PG_WORKINGSET, 3)
    assert v.stat.workingset_restore_anon == 1


def test_a_later_refault_changes_nothing_but_a_count() -> None:
    v = on_lists()
    Folios(v)[5].shadow_seq, v.lru.min_seq[:] = 0, 1
    plain(lru_gen_refault)(v, RULES_612, 5, True)
    assert not v.lru.refaulted.any()
    assert (Folios(v)[5].pg, v.stat.workingset_restore_anon) == (0, 0)


@pytest.mark.parametrize(
    ("recent", "rules", "refault", "activate"),
    [
        (True, RULES_612, 1, 1),
        (False, RULES_612, 1, 0),
        (True, RULES_61, 1, 0),
        (False, RULES_61, 0, 0),
    ],
    ids=["recent on 6.12", "late on 6.12", "recent on 6.1", "late on 6.1"],
)
def test_6_12_counts_every_refault_and_activates_the_recent_6_1_counts_the_recent(
    recent: bool, rules: object, refault: int, activate: int
) -> None:
    v = on_lists()
    Folios(v)[5].shadow_seq = 0 if recent else 7
    plain(lru_gen_refault)(v, rules, 5, True)
    assert v.stat.workingset_refault_anon == refault
    assert v.stat.workingset_activate_anon == activate


@pytest.mark.parametrize(("variant", "refs"), [("6.12", 1), ("6.1", 4)])
def test_after_the_drain_a_recent_refault_has_1_ref_on_6_12_and_4_on_6_1(
    variant: str, refs: int
) -> None:
    made = machine("region 512 anon\ntouch 0 512\nsettle\nage\nage\nage", variant)
    v = go_on(made, "evict old 200 64\ntouch 5 6\nsettle").v
    assert plain(folio_lru_refs)(v, RULES_612, 5) == refs
    assert v.lru.refaulted[0].tolist() == [1, 0, 0, 0]


def test_a_refault_after_its_generation_is_gone_is_not_recent(half_swapped: Machine) -> None:
    v = go_on(half_swapped, "age\ntouch 5 6").v
    assert (Folios(v)[6].shadow_seq, v.lru.min_seq[0]) == (3, 4)
    assert (v.stat.workingset_refault_anon, v.stat.workingset_restore_anon) == (1, 0)


# The controller


def test_when_the_oldest_generation_retires_its_counts_go_into_the_averages_by_half() -> None:
    v = on_lists()
    v.lru.avg_refaulted[0], v.lru.refaulted[0] = [10, 0, 1, 0], [5, 1, 0, 0]
    v.lru.avg_total[0], v.lru.evicted[0], v.lru.protected[0] = (
        [8, 0, 0, 0], [4, 1, 0, 0], [0, 2, 1, 0],
    )  # fmt: skip
    plain(reset_ctrl_pos)(v, LRU_GEN_ANON)
    assert v.lru.avg_refaulted[0].tolist() == [7, 0, 0, 0]
    assert v.lru.avg_total[0].tolist() == [6, 1, 0, 0]
    assert not any(v.lru[counts].any() for counts in ("refaulted", "evicted", "protected"))


def tier_idx(**counts: list[int]) -> int:
    v = on_lists()
    for name, values in counts.items():
        v.lru[name][LRU_GEN_ANON] = values
    return int(plain(get_tier_idx)(v, RULES_612, LRU_GEN_ANON))


def test_without_refaults_every_tier_is_evicted() -> None:
    assert tier_idx() == 3
    assert tier_idx(evicted=[1000, 100, 10, 1]) == 3


@pytest.mark.parametrize(("refaults", "idx"), [(63, 3), (64, 0)])
def test_a_tier_needs_64_refaults_to_be_protected(refaults: int, idx: int) -> None:
    assert tier_idx(refaulted=[0, refaults, 0, 0], evicted=[0, 64, 0, 0]) == idx


@pytest.mark.parametrize(("evicted", "idx"), [(2047, 0), (2048, 3)])
def test_a_tier_is_protected_that_refaults_at_more_than_twice_the_rate_of_tier_0(
    evicted: int, idx: int
) -> None:
    # 64 / evicted against 2 * (0 + 1) / (0 + 64)
    assert tier_idx(refaulted=[0, 64, 0, 0], evicted=[0, evicted, 0, 0]) == idx


@pytest.mark.parametrize(("refaulted", "idx"), [(48, 0), (49, 3)])
def test_refaults_of_tier_0_raise_the_bar(refaulted: int, idx: int) -> None:
    # 100 / 1000 against 2 * (refaulted + 1) / (936 + 64)
    assert tier_idx(refaulted=[refaulted, 100, 0, 0], evicted=[936, 1000, 0, 0]) == idx


@pytest.mark.parametrize(("tier", "idx"), [(1, 0), (2, 1), (3, 2)])
def test_the_lowest_protected_tier_decides(tier: int, idx: int) -> None:
    refaulted = [0 if below < tier else 100 for below in range(4)]
    assert tier_idx(refaulted=refaulted, evicted=[100] * 4) == idx


def test_averages_and_protected_pages_count_like_refaults_and_evictions_of_now() -> None:
    assert tier_idx(avg_refaulted=[0, 60, 0, 0], refaulted=[0, 4, 0, 0]) == 0
    assert (
        tier_idx(refaulted=[0, 64, 0, 0], avg_total=[0, 1000, 0, 0], evicted=[0, 1047, 0, 0]) == 0
    )
    assert (
        tier_idx(refaulted=[0, 64, 0, 0], evicted=[0, 1047, 0, 0], protected=[0, 1001, 0, 0]) == 3
    )
    assert tier_idx(refaulted=[0, 64, 0, 0], evicted=[0, 2048, 0, 0], avg_total=[1, 0, 0, 0]) == 0


# Two types


def test_with_few_refaults_of_files_they_are_scanned_and_all_their_tiers() -> None:
    assert plain(get_type_to_scan)(on_lists(), 60) == (LRU_GEN_FILE, 3)


@pytest.mark.parametrize(("refaults", "kind"), [(63, LRU_GEN_FILE), (400, LRU_GEN_ANON)])
def test_the_type_whose_first_tier_refaults_less_is_scanned(refaults: int, kind: int) -> None:
    v = on_lists()
    v.lru.evicted[:, 0] = 1000
    v.lru.refaulted[LRU_GEN_FILE, 0] = refaults
    assert plain(get_type_to_scan)(v, 60)[0] == kind


@pytest.mark.parametrize(("swappiness", "tier"), [(190, 0), (60, 3)])
def test_swappiness_weighs_a_types_tiers_against_the_other_types_first_one(
    swappiness: int, tier: int
) -> None:
    # 70 * (0 + 64) * swappiness against (0 + 1) * 2000 * (200 - swappiness)
    v = on_lists()
    v.lru.evicted[LRU_GEN_FILE] = [2000, 2000, 0, 0]
    v.lru.refaulted[LRU_GEN_FILE] = [0, 70, 0, 0]
    expected = 0 if 70 * 64 * swappiness > 2000 * (200 - swappiness) else 3
    assert expected == tier
    assert plain(get_type_to_scan)(v, swappiness) == (LRU_GEN_FILE, tier)


@pytest.mark.parametrize(
    ("in_fault", "refs", "restored"), [(True, 0, 1), (False, 2, 0), (False, 3, 1)]
)
def test_a_recent_refault_is_restored_if_faulted_or_read_often_before(
    in_fault: bool, refs: int, restored: int
) -> None:
    v = on_lists()
    Folios(v)[5].file = True
    Folios(v)[5].shadow_seq, Folios(v)[5].shadow_refs = 0, refs
    plain(lru_gen_refault)(v, RULES_612, 5, in_fault)
    assert (v.stat.workingset_refault_file, v.stat.workingset_activate_file) == (1, 1)
    assert v.stat.workingset_restore_file == restored
    assert Folios(v)[5].shadow_seq == -1
