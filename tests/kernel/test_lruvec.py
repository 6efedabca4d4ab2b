import numpy as np

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import NO_GEN, PTE_NONE, UNLIMITED, Region, new_lruvec
from tests.kernel.small import listed


def test_a_fresh_lruvec_has_four_empty_generations() -> None:
    v = new_lruvec([Region(8)], enabled=7)
    assert (v.lru.min_seq[0], v.lru.max_seq, v.lru.mm_seq) == (0, 3, 2)
    assert [listed(v, seq) for seq in range(4)] == [[], [], [], []]
    assert not v.lru.nr_pages.any()


def test_no_page_is_in_memory_and_nothing_is_charged_or_counted() -> None:
    v = new_lruvec([Region(8)], enabled=7)
    assert (Folios(v).gen == NO_GEN).all()
    assert (Folios(v).pte == PTE_NONE).all()
    assert (v.lru.usage, v.lru.stock, v.cpu.limit) == (0, 0, UNLIMITED)
    assert not any(v.stat.tolist())


def test_there_is_no_bloom_filter_before_the_first_walk() -> None:
    v = new_lruvec([Region(1024)], enabled=7)
    assert v.table.bloom.shape == (2, 2)
    assert not v.lru.bloom_exists.any()
    assert not v.lru.mm_walked


def test_every_region_starts_at_a_page_table_of_its_own() -> None:
    v = new_lruvec([Region(513), Region(4, True), Region(512)], enabled=7)
    assert v.table.vma_ptes.tolist() == [512, 1, 4, 512]
    assert v.pte.size == 4 * 512
    assert np.flatnonzero(Folios(v).guest).tolist() == list(range(1024, 1536))


def test_page_tables_are_young_when_made() -> None:
    assert new_lruvec([Region(1024)], enabled=7).table.pmd_young.all()


def test_without_a_guest_there_is_no_code_page_nor_a_page_of_the_workers_own() -> None:
    v = new_lruvec([Region(8)], enabled=3)
    assert (v.lru.code_page, v.lru.own_page) == (-1, -1)
    assert v.lru.enabled == 3
    assert not v.lru.has_notifiers
