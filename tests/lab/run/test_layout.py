import numpy as np
import pytest

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import PTRS_PER_PTE
from mglru_lab.lab.run.layout import GUEST_CODE_PAGES, Layout, tables_of
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.policy.mmu import DEFAULT_MMU, NESTED_MMU
from mglru_lab.scenario.language import Scenario, ScenarioError

MIXED = "region 600 anon\nregion 100 kvm\n"


def layout(text: str, mmu: str = DEFAULT_MMU) -> Layout:
    return Layout.of(Scenario(text).commands(), mmu)


@pytest.mark.parametrize(("pages", "tables"), [(1, 1), (512, 1), (513, 2), (6144, 12)])
def test_a_region_takes_whole_page_tables(pages: int, tables: int) -> None:
    assert tables_of(pages) == tables
    assert layout(f"region {pages} anon").tables == [tables]


def test_the_second_region_begins_a_page_table_and_split_the_workers_own_lies_between() -> None:
    assert layout(MIXED).regions() == [slice(0, 600), slice(1024, 1124)]
    assert layout("split 1\n" + MIXED).regions() == [slice(0, 600), slice(1536, 1636)]
    assert layout("region 5 anon").regions() == [slice(0, 5)]


@pytest.mark.parametrize(("text", "memcgs"), [(MIXED, 1), ("split 1\n" + MIXED, 2)])
def test_the_guests_code_is_in_the_memcg_of_the_guest(text: str, memcgs: int) -> None:
    v = layout(text).new_lruvec(7, Unrecorded())
    assert v.lrus.size == memcgs
    code = int(v.lrus[-1].code_page)
    assert code % PTRS_PER_PTE == 0
    assert code >= layout(text).regions()[1].stop


def test_random_addresses_are_in_the_state_from_the_start() -> None:
    made = layout("region 8 kvm")
    code = tables_of(8)
    for known, shares, others in (
        (Unrecorded(), 0, 0),
        (Unrecorded(code_shares_table=True), 1, 0),
        (Unrecorded(code_table_crowded=True), 0, PTRS_PER_PTE - GUEST_CODE_PAGES),
    ):
        v = made.new_lruvec(7, known)
        assert (v.lru.code_shares_table, v.table[code].other_ptes) == (shares, others)
    assert (
        layout("region 8 anon")
        .new_lruvec(7, Unrecorded(code_shares_table=True))
        .lru["code_shares_table"]
        == 0
    )  # no guest, no code


def test_a_nested_share_makes_that_share_of_the_pages_nested() -> None:
    made = layout("region 1000 kvm nested=0.3")
    v = made.new_lruvec(7, Unrecorded())
    assert np.count_nonzero(Folios(v, made.regions()[0]).nested) == 300
    whole = layout("region 1000 kvm", NESTED_MMU).new_lruvec(7, Unrecorded())
    assert Folios(whole, slice(0, 1000)).nested.all()
    with pytest.raises(ScenarioError, match="arm64 has no nested guest next to others"):
        layout("region 1000 kvm nested=0.3", "arm64")


def test_a_file_has_a_page_cache_and_no_anonymous_memory() -> None:
    assert layout("region 8 file").of_file
    assert layout("region 8 rfile").of_file
    assert not layout("region 8 anon").of_file
