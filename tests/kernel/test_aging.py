import numpy as np
import pytest

from mglru_lab.kernel import debugfs
from mglru_lab.kernel.aging import inc_max_seq, inc_min_seq, try_to_inc_max_seq, try_to_inc_min_seq
from mglru_lab.kernel.chance import chance
from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import (
    LRU_GEN_ANON,
    LRU_GEN_FILE,
    NO_GEN,
    PG_ACTIVE,
    PG_REFERENCED,
    PG_WORKINGSET,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import list_add, list_del
from mglru_lab.lab.run.machine import Machine
from mglru_lab.policy.mmu import Lock
from mglru_lab.policy.policy import Where
from tests.kernel.small import (
    POLICY_612,
    RULES_612,
    go_on,
    listed,
    machine,
    on_lists,
    plain,
    seq_of,
)

KERNEL = (RULES_612, POLICY_612)
TWO_GENERATIONS = "evict old\n"  # retires empty generations: then an unforced aging is allowed
DENSE_THEN_SPARSE = (
    "region 1024 anon\ntouch 0 1024\nsettle\nage\n"
    + TWO_GENERATIONS
    + "touch 0 512\ntouch 512 513\n"
)


def promoted(v: Lruvec, seq: int) -> list[int]:
    """The pages of generation `seq`, on whatever list they are."""
    listed = np.flatnonzero(Folios(v).gen != NO_GEN).tolist()
    return [page for page in listed if seq_of(v, page) == seq]


# What a walk does to a page


def test_a_young_page_goes_to_the_youngest_generation_before_the_pass_but_stays_on_its_list(
    one_old: Machine,
) -> None:
    go_on(one_old, "touch 5 6\nage")
    assert (one_old.v.lru.max_seq, promoted(one_old.v, 4)) == (5, [5])
    assert 5 in listed(one_old.v, 3)
    assert listed(one_old.v, 4) == []


def test_sizes_move_with_the_generation(one_old: Machine) -> None:
    v = go_on(one_old, "touch 5 8\nage").v
    assert [v.lru.nr_pages[seq % 4, 0] for seq in (2, 3, 4, 5)] == [0, 509, 3, 0]
    assert v.stat.promoted_aging == 3


def test_a_page_of_the_youngest_generation_is_not_counted_as_promoted(populated: Machine) -> None:
    v = go_on(populated, "age").v
    assert (promoted(v, 3), v.stat.promoted_aging) == (list(range(512)), 0)


def test_a_walk_clears_every_accessed_bit(populated: Machine) -> None:
    assert Folios(populated.v).young.all()
    assert not Folios(go_on(populated, "age").v).young.any()


def test_a_promoted_page_loses_its_flags_and_an_old_one_keeps_them(one_old: Machine) -> None:
    folio = Folios(one_old.v)
    folio[5:7].pg, folio[5:7].refs = PG_REFERENCED | PG_WORKINGSET, 3
    go_on(one_old, "touch 5 6\nage")
    assert (folio[5].pg, folio[5].refs) == (0, 0)
    assert (folio[6].pg, folio[6].refs) == (PG_REFERENCED | PG_WORKINGSET, 3)


def test_a_page_in_the_lru_add_batch_is_only_marked_and_enters_the_youngest_later() -> None:
    made = machine("region 100 anon\ntouch 0 100\nage")  # 93 are drained, 7 wait
    waiting = Folios(made.v)[93:100]
    assert (waiting.pg == PG_ACTIVE | PG_REFERENCED).all()
    assert (waiting.gen == NO_GEN).all()
    assert not Folios(made.v).young.any()
    go_on(made, "settle")
    assert promoted(made.v, 4) == list(range(93, 100))


# Which page tables a walk visits


@pytest.mark.parametrize(
    ("pages", "young", "dense"),
    [(64, 8, True), (64, 7, False), (512, 64, True), (512, 63, False), (1, 1, True)],
)
def test_eight_young_of_64_feed_the_bloom_filter_seven_do_not(
    pages: int, young: int, dense: bool
) -> None:
    made = machine(f"region {pages} anon\ntouch 0 {pages}\nsettle\nage\ntouch 0 {young}\nage")
    assert bool(made.v.table.bloom[0, 5 % 2]) == dense


@pytest.mark.parametrize(("young", "dense"), [(64, True), (63, False)])
def test_absent_pages_count_as_old(young: int, dense: bool) -> None:
    made = machine(f"region 512 anon\ntouch 0 {young}\nsettle\nage")
    assert bool(made.v.table.bloom[0, 4 % 2]) == dense


def test_a_walk_empties_the_next_filter_before_it_fills_it(one_old: Machine) -> None:
    v = one_old.v
    assert (v.lru.bloom_exists.tolist(), v.table.bloom[0, 0]) == ([True, False], True)
    go_on(one_old, "age\nage")
    assert v.lru.bloom_exists.all()
    assert not v.table.bloom.any()


def test_an_unforced_walk_visits_only_what_was_dense_at_the_last_one() -> None:
    made = machine(DENSE_THEN_SPARSE + "age\n")
    walked = int(made.v.stat.tables_walked)
    go_on(made, "touch 0 1024\nage 1 0")
    assert made.v.stat.tables_walked == walked + 1
    assert promoted(made.v, 5) == list(range(512))
    assert Folios(made.v).young[512:].all()


def test_a_forced_walk_visits_every_page_table() -> None:
    made = machine(DENSE_THEN_SPARSE + "age\ntouch 0 1024\nage")
    assert promoted(made.v, 5) == list(range(1024))
    assert (made.v.stat.tables_walked, made.v.stat.ptes_walked) == (6, 3 * 1024)


def test_a_missing_filter_passes_every_page_table() -> None:
    # The aging at 4 does not walk, so the filter that the one at 5 tests was never made.
    start = "region 1024 anon\ntouch 0 1024\nsettle\nage\n" + TWO_GENERATIONS
    made = machine(start + "age 1 0\ntouch 5 6\ntouch 700 701\nage 1 0")
    assert made.v.lru.bloom_exists.tolist() == [True, False]
    assert promoted(made.v, 5) == [5, 700]


def test_the_two_filters_take_turns(one_old: Machine) -> None:
    v = go_on(one_old, TWO_GENERATIONS + "touch 0 64\nage 1 0").v
    assert v.table.bloom[0, :].tolist() == [True, True]
    go_on(one_old, "touch 0 63\nage 1 0")
    assert v.table.bloom[0, :].tolist() == [False, True]


@pytest.mark.parametrize(
    ("variant", "force", "walked"),
    [("6.12", 0, 0), ("6.12", 1, 1), ("6.1", 0, 0), ("6.1", 1, 0)],
)
def test_a_page_table_whose_pmd_is_old_is_skipped_but_by_a_forced_walk_of_6_12(
    variant: str, force: int, walked: int
) -> None:
    made = machine("region 512 anon\ntouch 0 512\nsettle\nage\n" + TWO_GENERATIONS, variant)
    assert made.v.table[0].pmd_young == (variant == "6.12")
    made.v.table.pmd_young = False
    before = int(made.v.stat.tables_walked)
    go_on(made, f"settle\nage 1 {force}")
    assert made.v.stat.tables_walked - before == walked


@pytest.mark.parametrize(("region", "walked"), [("anon", 1), ("kvm", 0)])
def test_a_policy_may_skip_page_tables_of_a_vm_only(region: str, walked: int) -> None:
    made = machine(f"region 512 {region}\ntouch 0 512\nsettle\nage\n" + TWO_GENERATIONS)
    made.policy = POLICY_612._replace(nonleaf_skips_vm=1, nonleaf_skips_others=0)
    made.v.table.pmd_young = False
    before = int(made.v.stat.tables_walked)
    go_on(made, "settle\nage 1 0")
    assert made.v.stat.tables_walked - before == walked


def test_an_unforced_walk_clears_the_accessed_bit_of_the_page_table(one_old: Machine) -> None:
    go_on(one_old, TWO_GENERATIONS + "touch 0 1\nage 1 0")
    assert not one_old.v.table[0].pmd_young
    assert Folios(one_old.v)[0].gen == 4 % 4


def test_without_bit_4_old_page_tables_are_walked() -> None:
    made = machine("enabled 3\nregion 512 anon\ntouch 0 512\nsettle\nage\n" + TWO_GENERATIONS)
    made.v.table.pmd_young = False
    go_on(made, "settle\nage 1 0")
    assert made.v.stat.tables_walked == 2


@pytest.mark.parametrize(("variant", "walks"), [("6.12", True), ("6.1", False)])
def test_page_tables_of_a_guest_are_skipped_by_their_pmd_on_6_1_only(
    variant: str, walks: bool
) -> None:
    made = machine("region 512 kvm\ntouch 0 512\nsettle\nage\n" + TWO_GENERATIONS, variant)
    made.v.table.pmd_young = False
    before = int(made.v.stat.tables_walked)
    go_on(made, "touch 0 512\nage 1 0")
    assert (made.v.stat.tables_walked > before) == walks


# Which mm is walked


def test_an_mm_that_has_not_run_since_its_last_walk_is_not_walked_but_ages(
    one_old: Machine,
) -> None:
    go_on(one_old, TWO_GENERATIONS + "touch 5 6")
    one_old.v.lru.mm_used = False
    go_on(one_old, "age 1 0")
    assert (one_old.v.lru.max_seq, one_old.v.stat.walks) == (5, 1)
    assert Folios(one_old.v)[5].young


def test_a_walk_forgets_that_the_mm_has_run_and_a_forced_one_does_not_ask(
    one_old: Machine,
) -> None:
    assert not one_old.v.lru.mm_used
    go_on(one_old, "age")
    assert one_old.v.stat.walks == 2


def test_the_first_walk_of_an_mm_is_forced(populated: Machine) -> None:
    v = populated.v
    v.table.pmd_young = v.lru.mm_used = False
    go_on(populated, TWO_GENERATIONS + "age 1 0")
    assert (v.stat.walks, Folios(v).young.any(), v.cpu.agings) == (1, False, 0)


@pytest.mark.parametrize(("used", "walks"), [(False, [0, 1, 1]), (True, [1, 1, 2])])
def test_a_flipped_walk_is_told_by_its_number_among_the_unforced(
    one_old: Machine, used: bool, walks: list[int]
) -> None:
    v = one_old.v._replace(chance=chance(flipped_walks=[1]))
    seen = []
    for _ in range(3):
        v.lru.min_seq[:] = v.lru.max_seq - 1
        v.lru.mm_used = used
        debugfs.run_aging(v, *KERNEL, False)
        seen.append(int(v.stat.walks) - 1)
    assert (seen, v.stat.agings) == (walks, 1 + 3)


@pytest.mark.parametrize(("used", "against"), [(False, 2), (True, 1)])
def test_what_was_seen_of_a_walk_decides_and_is_compared_with_the_rule(
    one_old: Machine, used: bool, against: int
) -> None:
    """The fourth aging is beyond what was seen."""
    before = one_old.v.stat.agings
    v = one_old.v._replace(chance=chance(seen_walks=[True] * before + [True, False, True]))
    walks = []
    for _ in range(4):
        v.lru.min_seq[:] = v.lru.max_seq - 1
        v.lru.mm_used = used
        debugfs.run_aging(v, *KERNEL, False)
        walks.append(int(v.stat.walks) - 1)
    assert (walks, v.cpu.walks_by_chance) == ([1, 1, 2, 2 + used], against)


@pytest.mark.parametrize(("pages", "walks"), [(63, 0), (64, 1)])
def test_6_1_does_not_walk_an_mm_with_fewer_than_64_pages(pages: int, walks: int) -> None:
    text = f"region 512 anon\ntouch 0 {pages}\nsettle\nage"
    assert machine(text, "6.1").v.stat.walks == walks
    assert machine(text, "6.12").v.stat.walks == 1


@pytest.mark.parametrize(("variant", "walks"), [("6.12", 0), ("6.1", 1)])
def test_with_bit_2_off_only_a_forced_aging_of_6_1_walks(variant: str, walks: int) -> None:
    made = machine("enabled 1\nregion 512 anon\ntouch 0 512\nsettle\nage", variant)
    assert (made.v.stat.walks, made.v.lru.max_seq) == (walks, 4)
    assert Folios(made.v).young.all() != walks
    go_on(made, TWO_GENERATIONS + "settle\nage 1 0")
    assert (made.v.stat.walks, made.v.lru.max_seq) == (walks, 5)


@pytest.mark.parametrize(("variant", "walked"), [("6.12", False), ("6.1", True)])
def test_an_aging_without_walk_makes_the_next_walk_a_first_one_on_6_12(
    variant: str, walked: bool
) -> None:
    made = machine("region 512 anon\ntouch 0 512\nsettle\nage\n" + TWO_GENERATIONS, variant)
    go_on(made, "enabled 1\nage 1 0")
    assert bool(made.v.lru.mm_walked) == walked


# Who asks the secondary MMU


def test_6_12_asks_about_every_present_page_under_the_write_lock(guest: Machine) -> None:
    go_on(guest, "age")
    asks = guest.v.cpu.asks[Where.AGING]
    assert asks[Lock.WRITE] == asks.sum() == 512 + 1  # the guest's code
    assert not Folios(guest.v).spte_young.any()


def test_6_12_promotes_a_page_young_in_either_mmu(guest: Machine) -> None:
    go_on(guest, "age\ntouch 5 6\nutouch 7 8\nage")
    assert promoted(guest.v, 4) == [5, 7, guest.v.lru.code_page]


def test_6_1_asks_nobody_and_does_not_see_what_only_the_guest_touched() -> None:
    made = machine("region 512 kvm\ntouch 0 512\nsettle\nage\ntouch 5 6\nutouch 7 8\nage", "6.1")
    assert promoted(made.v, 4) == [7]
    assert Folios(made.v).spte_young[:512].all()
    assert made.v.cpu.asks[Where.AGING].sum() == 0


def test_asking_about_memory_outside_the_guest_takes_no_lock() -> None:
    made = machine("region 100 anon\nregion 512 kvm\ntouch 0 100\ngtouch 0 30\nsettle\nage")
    asks = made.v.cpu.asks[Where.AGING]
    assert (asks[Lock.NONE], asks[Lock.WRITE]) == (100 + 1, 30 + 1)  # its own page, the code


def test_without_notifiers_nobody_is_asked(populated: Machine) -> None:
    assert go_on(populated, "age").v.cpu.asks.sum() == 0


# A new youngest generation


def test_the_forced_merge_at_four_generations_moves_the_oldest_to_the_tail_of_the_next(
    empty: Machine,
) -> None:
    v = go_on(empty, "touch 0 3\nsettle\nage\ntouch 3 6\nsettle\nage\nage").v
    assert (listed(v, 3), listed(v, 4)) == ([2, 1, 0], [5, 4, 3])
    go_on(empty, "age")
    assert (v.lru.min_seq[0], v.lru.max_seq) == (4, 7)
    assert listed(v, 4) == [5, 4, 3, 0, 1, 2]
    assert promoted(v, 4) == [0, 1, 2, 3, 4, 5]
    assert v.lru.nr_pages[:, 0].tolist() == [6, 0, 0, 0]


def test_the_merge_puts_a_promoted_page_at_the_tail_of_its_own_generations_list() -> None:
    v = on_lists([1, 2], [3], [4])
    Folios(v)[2].gen = 2
    v.lru.nr_pages[:, 0] = 1
    Folios(v)[1].pg = Folios(v)[2].pg = PG_WORKINGSET
    plain(inc_min_seq)(v, RULES_612, LRU_GEN_ANON)
    assert (listed(v, 1), listed(v, 2), v.lru.min_seq[0]) == ([3, 1], [4, 2], 1)
    assert (Folios(v)[1].pg, Folios(v)[2].pg) == (0, PG_WORKINGSET)
    assert v.lru.nr_pages[:, 0].tolist() == [0, 2, 1, 1]


def test_a_merge_halves_what_the_tiers_have_counted() -> None:
    v = on_lists([1])
    v.lru.refaulted[0, 1] = 7
    plain(inc_min_seq)(v, RULES_612, LRU_GEN_ANON)
    assert (v.lru.refaulted[0, 1], v.lru.avg_refaulted[0, 1]) == (0, 3)


def test_with_room_for_a_generation_nothing_is_merged() -> None:
    v = on_lists([], [1], [2])
    v.lru.min_seq[:] = 1
    v.stat.accesses = 77
    plain(inc_max_seq)(v, RULES_612)
    assert (v.lru.min_seq[0], v.lru.max_seq, listed(v, 1)) == (1, 4, [1])
    assert v.lru.birth.tolist() == [77, 0, 0, 0]


def test_an_aging_of_a_sequence_that_is_done_does_nothing(populated: Machine) -> None:
    v = populated.v
    v.lru.mm_seq = v.lru.max_seq
    assert not plain(try_to_inc_max_seq)(v, *KERNEL, True)
    assert (v.lru.max_seq, v.stat.walks, v.stat.agings) == (3, 0, 0)
    v.lru.mm_seq = 2
    assert plain(try_to_inc_max_seq)(v, *KERNEL, True)
    assert (v.lru.max_seq, v.lru.mm_seq) == (4, 3)


@pytest.mark.parametrize(
    ("lists", "min_seq"),
    [
        (([], [], [], []), 2),
        (([], [1], [], []), 1),
        (([1], [], [], []), 0),
        (([], [], [1], []), 2),
    ],
)
def test_empty_oldest_generations_retire_while_two_others_remain(
    lists: tuple[list[int], ...], min_seq: int
) -> None:
    v = on_lists(*lists)
    assert plain(try_to_inc_min_seq)(v, RULES_612) == (min_seq > 0)
    assert v.lru.min_seq[0] == min_seq


def test_a_list_of_promoted_pages_only_is_not_empty() -> None:
    v = on_lists([1])
    Folios(v)[1].gen = 3
    assert not plain(try_to_inc_min_seq)(v, RULES_612)


def test_however_many_generations_retire_the_averages_are_halved_once() -> None:
    v = on_lists([], [], [1])
    v.lru.avg_total[0] = 100
    plain(try_to_inc_min_seq)(v, RULES_612)
    assert (v.lru.min_seq[0], v.lru.avg_total[0, 0]) == (2, 50)


def test_files_follow_when_anonymous_memory_retires_and_hold_it_back_while_they_are_old() -> None:
    v = on_lists([], [], [1])
    assert plain(try_to_inc_min_seq)(v, RULES_612)
    assert v.lru.min_seq.tolist() == [2, 2]
    files = on_lists([2], [], [1])
    files.lru.nr_pages[0] = 0, 1
    plain(list_del)(files, 2)
    Folios(files)[2].file = True
    plain(list_add)(files, 2, 0, LRU_GEN_FILE)
    assert not plain(try_to_inc_min_seq)(files, RULES_612)
    assert files.lru.min_seq.tolist() == [0, 0]


def test_both_types_are_merged_where_four_generations_exist() -> None:
    v = on_lists([1])
    Folios(v)[2].gen, Folios(v)[2].file = 0, True
    v.lru.nr_pages[0, 1] = 1
    plain(list_add)(v, 2, 0, LRU_GEN_FILE)
    plain(inc_max_seq)(v, RULES_612)
    assert v.lru.min_seq.tolist() == [1, 1]
    assert (Folios(v)[1].gen, Folios(v)[2].gen) == (1, 1)
    assert v.lru.nr_pages[1].tolist() == [1, 1]
