"""A file's pages: where they begin, what a read counts, which tiers survive."""

import numpy as np
import pytest

from mglru_lab.kernel.filemap import filemap_fault, filemap_read
from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import LRU_GEN_FILE, PG_REFERENCED, PG_WORKINGSET, PTE_PRESENT
from tests.kernel.small import POLICY_612, RULES_612, go_on, machine, on_lists, plain

KERNEL = (RULES_612, POLICY_612)


def test_a_fault_maps_the_page_and_reads_it_once() -> None:
    v = on_lists()
    assert plain(filemap_fault)(v, *KERNEL, 3)
    assert (Folios(v)[3].pte, Folios(v)[3].cached, Folios(v)[3].young) == (PTE_PRESENT, True, True)
    assert plain(filemap_fault)(v, *KERNEL, 3)
    assert (v.stat.pgmajfault, v.cpu.add_count) == (1, 1)


def test_a_read_maps_nothing_and_a_second_one_of_the_same_page_does_not_count() -> None:
    v = on_lists()
    for page in (3, 3, 4, 3):
        assert plain(filemap_read)(v, *KERNEL, page)
    assert (Folios(v)[3].pte == PTE_PRESENT, v.stat.pgmajfault) == (False, 0)
    assert (Folios(v)[3].pg, Folios(v)[4].pg) == (PG_REFERENCED | PG_WORKINGSET, PG_REFERENCED)


def test_a_mapped_page_begins_in_the_youngest_generation_a_read_one_in_the_second_oldest() -> None:
    mapped = machine("region 40 file\nrtouch 0 40\nsettle").v
    read = machine("region 40 rfile\nrtouch 0 40\nsettle").v
    assert mapped.lru.nr_pages[:, LRU_GEN_FILE].tolist() == [0, 0, 0, 40]
    assert read.lru.nr_pages[:, LRU_GEN_FILE].tolist() == [0, 40, 0, 0]


def test_once_a_generation_has_retired_a_read_page_begins_in_the_oldest() -> None:
    made = machine("region 300 rfile\nlimit 100\nrtouch 0 300\nsettle")
    assert made.v.lru.min_seq.tolist() == [1, 1]
    assert made.v.lru.nr_pages[1, LRU_GEN_FILE] == made.v.lru.nr_pages.sum()


def test_reads_never_age_but_tiers_protect_what_is_read_again_and_again() -> None:
    hot = "".join(f"rtouch 0 64\nrtouch {a} {a + 128}\nrtouch 0 64\n" for a in range(64, 1600, 128))
    made = machine(f"region 2048 rfile\nlimit 600\n{hot}stat end")
    assert (made.v.lru.max_seq, made.v.stat.agings) == (3, 0)
    assert Folios(made.v).cached[:64].all()
    assert made.v.stat.pgrefill > 0


def test_a_refault_of_a_read_page_is_restored_only_if_it_was_read_often() -> None:
    made = machine("region 3000 rfile\nlimit 500\nrtouch 0 3000\nrtouch 0 300\nstat end")
    assert made.v.stat.workingset_refault_file == 300
    assert made.v.stat.workingset_restore_file == 0


@pytest.mark.parametrize("kind", ["file", "rfile"])
@pytest.mark.parametrize("variant", ["6.1", "6.12"])
def test_a_file_is_neither_swapped_nor_faulted_in_from_swap(kind: str, variant: str) -> None:
    v = machine(f"region 2048 {kind}\nlimit 500\nrtouch 0 2048\nrtouch 0 2048", variant).v
    assert (v.stat.pswpout, v.stat.pswpin) == (0, 0)
    assert v.stat.pgsteal_file == v.stat.pgsteal > 0
    assert Folios(v).cached.sum() == v.lru.usage - v.lru.stock


def test_evicting_from_the_command_line_takes_files_whatever_the_swappiness() -> None:
    made = machine("region 512 file\nrtouch 0 512\nsettle\nage\nage\nage\nage")
    v = go_on(made, "rtouch 0 512 4\nevict all 200").v
    assert v.stat.pgsteal_file == 384
    assert np.flatnonzero(Folios(v).pte == PTE_PRESENT).tolist() == list(range(0, 512, 4))
