import pytest

from mglru_lab.kernel.lruvec import PG_REFERENCED, PG_WORKINGSET
from mglru_lab.kernel.mm_inline import folio_lru_refs
from mglru_lab.kernel.workingset import (
    get_tier_idx,
    lru_gen_eviction,
    lru_gen_refault,
    reset_ctrl_pos,
)
from mglru_lab.lab.machine import Machine
from tests.kernel.small import RULES_61, RULES_612, go_on, machine, on_lists, plain

# Shadow entries and refaults


def test_a_shadow_entry_keeps_the_oldest_generation_and_the_refs() -> None:
    v = on_lists()
    v.lru.min_seq = 2
    v.folio[5].pg, v.folio[5].refs = PG_WORKINGSET | PG_REFERENCED, 2
    plain(lru_gen_eviction)(v, 5)
    assert (v.folio[5].shadow_seq, v.folio[5].shadow_refs) == (2, 3)
    assert v.lru.evicted.tolist() == [0, 0, 1, 0]


def test_a_refault_while_that_generation_is_the_oldest_is_recent() -> None:
    v = on_lists()
    v.folio[5].shadow_seq, v.folio[5].shadow_refs = 0, 1
    plain(lru_gen_refault)(v, RULES_612, 5)
    assert v.lru.refaulted.tolist() == [0, 1, 0, 0]
    assert (v.folio[5].pg, v.folio[5].refs) == (PG_WORKINGSET, 3)
    assert v.stat.workingset_restore_anon == 1


def test_a_later_refault_changes_nothing_but_a_count() -> None:
    v = on_lists()
    v.folio[5].shadow_seq, v.lru.min_seq = 0, 1
    plain(lru_gen_refault)(v, RULES_612, 5)
    assert not v.lru.refaulted.any()
    assert (v.folio[5].pg, v.stat.workingset_restore_anon) == (0, 0)


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
    v.folio[5].shadow_seq = 0 if recent else 7
    plain(lru_gen_refault)(v, rules, 5)
    assert v.stat.workingset_refault_anon == refault
    assert v.stat.workingset_activate_anon == activate


@pytest.mark.parametrize(("variant", "refs"), [("6.12", 1), ("6.1", 4)])
def test_after_the_drain_a_recent_refault_has_1_ref_on_6_12_and_4_on_6_1(
    variant: str, refs: int
) -> None:
    made = machine("region 512 anon\ntouch 0 512\nsettle\nage\nage\nage", variant)
    v = go_on(made, "evict old 200 64\ntouch 5 6\nsettle").v
    assert plain(folio_lru_refs)(v, 5) == refs
    assert v.lru.refaulted.tolist() == [1, 0, 0, 0]


def test_a_refault_after_its_generation_is_gone_is_not_recent(half_swapped: Machine) -> None:
    v = go_on(half_swapped, "age\ntouch 5 6").v
    assert (v.folio[5].shadow_seq, v.lru.min_seq) == (3, 4)
    assert (v.stat.workingset_refault_anon, v.stat.workingset_restore_anon) == (1, 0)


# The controller


def test_when_the_oldest_generation_retires_its_counts_go_into_the_averages_by_half() -> None:
    v = on_lists()
    v.lru.avg_refaulted[:], v.lru.refaulted[:] = [10, 0, 1, 0], [5, 1, 0, 0]
    v.lru.avg_total[:], v.lru.evicted[:], v.lru.protected[:] = (
        [8, 0, 0, 0], [4, 1, 0, 0], [0, 2, 1, 0],
    )  # fmt: skip
    plain(reset_ctrl_pos)(v)
    assert v.lru.avg_refaulted.tolist() == [7, 0, 0, 0]
    assert v.lru.avg_total.tolist() == [6, 1, 0, 0]
    assert not any(v.lru[counts].any() for counts in ("refaulted", "evicted", "protected"))


def tier_idx(**counts: list[int]) -> int:
    v = on_lists()
    for name, values in counts.items():
        v.lru[name][:] = values
    return int(plain(get_tier_idx)(v))


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
