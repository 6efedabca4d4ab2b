import math

import pytest

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import LRU_GEN_ANON, NO_GEN, PG_ACTIVE, PG_REFERENCED, PG_WORKINGSET
from mglru_lab.kernel.mm_inline import (
    clear_lru_refs,
    folio_inc_gen,
    folio_lru_refs,
    folio_update_gen,
    list_add,
    list_add_tail,
    list_del,
    lru_gen_add_folio,
    lru_gen_del,
    lru_tier_from_refs,
)
from tests.kernel.small import RULES_612, listed, on_lists, plain

FLAGS = PG_REFERENCED | PG_WORKINGSET


def test_pages_are_added_at_the_head_or_at_the_tail() -> None:
    v = on_lists([], [7])
    plain(list_add)(v, 8, 1, LRU_GEN_ANON)
    plain(list_add_tail)(v, 6, 1)
    assert listed(v, 1) == [8, 7, 6]


@pytest.mark.parametrize(("page", "rest"), [(1, [2, 3]), (2, [1, 3]), (3, [1, 2])])
def test_a_page_leaves_its_list_from_anywhere(page: int, rest: list[int]) -> None:
    v = on_lists([1, 2, 3], [4])
    plain(list_del)(v, page)
    assert listed(v, 0) == rest
    assert listed(v, 1) == [4]


def test_an_active_page_goes_to_the_head_of_the_youngest_generation() -> None:
    v = on_lists([], [], [], [1])
    Folios(v)[2].pg = PG_ACTIVE
    plain(lru_gen_add_folio)(v, RULES_612, 2)
    assert listed(v, 3) == [2, 1]
    assert (Folios(v)[2].gen, Folios(v)[2].pg, v.lru.nr_pages[3, 0]) == (3, 0, 2)


@pytest.mark.parametrize(
    ("clears_refs", "flags", "refs"), [(True, PG_WORKINGSET, 0), (False, FLAGS, 3)]
)
def test_adding_an_active_page_clears_its_references_on_6_12_only(
    clears_refs: bool, flags: int, refs: int
) -> None:
    v = on_lists()
    Folios(v)[2].pg, Folios(v)[2].refs = FLAGS | PG_ACTIVE, 3
    plain(lru_gen_add_folio)(v, RULES_612._replace(adding_clears_refs=clears_refs), 2)
    assert (Folios(v)[2].pg, Folios(v)[2].refs) == (flags, refs)


def test_a_deleted_page_has_no_generation_and_counts_in_none() -> None:
    v = on_lists([], [5, 6])
    plain(lru_gen_del)(v, 5)
    assert (Folios(v)[5].gen, v.lru.nr_pages[1, 0]) == (NO_GEN, 1)
    assert listed(v, 1) == [6]


def test_a_promoted_page_changes_its_generation_but_not_its_list() -> None:
    v = on_lists([5, 6])
    Folios(v)[5].pg, Folios(v)[5].refs = FLAGS, 2
    assert plain(folio_update_gen)(v, RULES_612, 5, 3)
    assert (Folios(v)[5].gen, Folios(v)[5].pg, Folios(v)[5].refs) == (3, 0, 0)
    assert v.lru.nr_pages[:, 0].tolist() == [1, 0, 0, 1]
    assert listed(v, 0) == [5, 6]


def test_promoting_a_page_of_that_generation_only_clears_its_flags() -> None:
    v = on_lists([], [], [], [5])
    Folios(v)[5].pg = PG_WORKINGSET
    assert not plain(folio_update_gen)(v, RULES_612, 5, 3)
    assert (Folios(v)[5].pg, v.lru.nr_pages[3, 0]) == (0, 1)


def test_promoting_an_isolated_page_marks_it_referenced() -> None:
    v = on_lists()
    Folios(v)[5].pg, Folios(v)[5].refs = PG_WORKINGSET, 1
    assert not plain(folio_update_gen)(v, RULES_612, 5, 3)
    assert (Folios(v)[5].pg, Folios(v)[5].refs, Folios(v)[5].gen) == (FLAGS, 1, NO_GEN)


def test_an_oldest_page_moves_on_by_one_generation_without_its_flags() -> None:
    v = on_lists([5])
    Folios(v)[5].pg, Folios(v)[5].refs = FLAGS, 3
    assert plain(folio_inc_gen)(v, RULES_612, 5) == 1
    assert (Folios(v)[5].gen, Folios(v)[5].pg, Folios(v)[5].refs) == (1, 0, 0)
    assert v.lru.nr_pages[:, 0].tolist() == [0, 1, 0, 0]


def test_generation_three_is_followed_by_generation_zero() -> None:
    v = on_lists([], [], [], [5])
    v.lru.min_seq[0], v.lru.max_seq = 3, 6
    assert plain(folio_inc_gen)(v, RULES_612, 5) == 0
    assert v.lru.nr_pages[:, 0].tolist() == [1, 0, 0, 0]


def test_a_page_promoted_before_keeps_generation_and_flags() -> None:
    v = on_lists([], [], [5])
    Folios(v)[5].pg = PG_WORKINGSET
    assert plain(folio_inc_gen)(v, RULES_612, 5) == 2
    assert (Folios(v)[5].pg, v.lru.nr_pages[2, 0]) == (PG_WORKINGSET, 1)


def test_refs_are_the_field_and_one_for_workingset() -> None:
    v = on_lists()
    Folios(v)[5].pg, Folios(v)[5].refs = PG_REFERENCED, 3
    assert plain(folio_lru_refs)(v, RULES_612, 5) == 3
    Folios(v)[5].pg = PG_WORKINGSET
    assert plain(folio_lru_refs)(v, RULES_612, 5) == 4


def test_clearing_references_leaves_pg_active() -> None:
    v = on_lists()
    Folios(v)[5].pg, Folios(v)[5].refs = FLAGS | PG_ACTIVE, 3
    plain(clear_lru_refs)(v, 5)
    assert (Folios(v)[5].pg, Folios(v)[5].refs) == (PG_ACTIVE, 0)


@pytest.mark.parametrize("refs", range(5))
def test_the_tier_is_the_logarithm_of_refs_plus_one_rounded_up(refs: int) -> None:
    assert plain(lru_tier_from_refs)(RULES_612, refs, False) == math.ceil(math.log2(refs + 1))
