import numpy as np
import pytest

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import NO_GEN, PG_ACTIVE, PG_REFERENCED, PG_WORKINGSET
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.swap import (
    FOREIGN,
    drain_activate,
    folio_activate,
    folio_add_lru,
    lru_add_drain,
    mark_page_accessed,
)
from mglru_lab.lab.run.machine import Machine
from tests.kernel.small import RULES_61, RULES_612, go_on, listed, machine, on_lists, plain


@pytest.mark.parametrize(("variant", "batch"), [("6.12", 31), ("6.1", 15)])
def test_the_31st_page_drains_the_batch_on_6_12_the_15th_on_6_1(variant: str, batch: int) -> None:
    waiting = machine(f"region 64 anon\ntouch 0 {batch - 1}", variant)
    assert (waiting.v.cpu.add_count, listed(waiting.v, 3)) == (batch - 1, [])
    full = go_on(waiting, f"touch {batch - 1} {batch}")
    assert (full.v.cpu.add_count, listed(full.v, 3)) == (0, list(reversed(range(batch))))


def test_a_waiting_page_is_active_and_has_no_generation(empty: Machine) -> None:
    folio = Folios(go_on(empty, "touch 0 1").v)[0]
    assert (folio.gen, folio.pg, folio.held) == (NO_GEN, PG_ACTIVE, 1)


def test_a_drained_page_has_a_generation_and_is_held_no_more(empty: Machine) -> None:
    folio = Folios(go_on(empty, "touch 0 1\nsettle").v)[0]
    assert (folio.gen, folio.pg, folio.held) == (3, 0, 0)


def test_waiting_pages_get_the_generation_that_is_youngest_when_they_are_drained(
    empty: Machine,
) -> None:
    go_on(empty, "touch 0 2\nage\nsettle")
    assert empty.v.lru.max_seq == 4
    assert listed(empty.v, 4) == [1, 0]


def test_pages_of_another_memcg_fill_the_batch_and_concern_us_no_further(empty: Machine) -> None:
    v = empty.v
    for _ in range(30):
        folio_add_lru(v, empty.rules, FOREIGN, True)
    go_on(empty, "touch 7 8")
    assert (v.cpu.add_count, listed(v, 3)) == (0, [7])
    assert Folios(v).held.sum() == 0


@pytest.mark.parametrize(
    ("rules", "flags"),
    [(RULES_612, PG_WORKINGSET), (RULES_61, PG_WORKINGSET | PG_REFERENCED)],
    ids=["6.12", "6.1"],
)
def test_draining_keeps_workingset_and_on_6_1_referenced_too(rules: Rules, flags: int) -> None:
    v = on_lists()
    plain(folio_add_lru)(v, rules, 0, True)
    Folios(v)[0].pg |= PG_WORKINGSET | PG_REFERENCED
    plain(lru_add_drain)(v, rules)
    assert Folios(v)[0].pg == flags


def test_a_page_to_activate_stays_where_it_is_until_the_drain() -> None:
    v = on_lists([1, 2], [], [], [3])
    plain(folio_activate)(v, RULES_612, 2)
    assert (Folios(v)[2].gen, Folios(v)[2].held, listed(v, 0)) == (0, 1, [1, 2])
    plain(lru_add_drain)(v, RULES_612)
    assert (Folios(v)[2].gen, Folios(v)[2].held, Folios(v)[2].pg) == (3, 0, 0)
    assert (listed(v, 0), listed(v, 3)) == ([1], [2, 3])
    assert v.lru.nr_pages[:, 0].tolist() == [1, 0, 0, 2]


def test_the_activate_batch_drains_when_full_and_counts_pgactivate() -> None:
    v = on_lists(range(40))
    for page in range(30):
        plain(folio_activate)(v, RULES_612, page)
    assert (v.stat.pgactivate, v.cpu.activate_count) == (0, 30)
    plain(folio_activate)(v, RULES_612, 30)
    assert (v.stat.pgactivate, v.cpu.activate_count) == (31, 0)
    assert listed(v, 3) == list(reversed(range(31)))


def test_a_page_isolated_meanwhile_is_not_activated() -> None:
    v = on_lists([1, 2])
    plain(folio_activate)(v, RULES_612, 1)
    Folios(v)[1].gen = NO_GEN
    plain(drain_activate)(v, RULES_612)
    assert (v.stat.pgactivate, Folios(v)[1].held, listed(v, 3)) == (0, 0, [])


def test_new_pages_are_drained_before_activated_ones() -> None:
    v = on_lists([1])
    plain(folio_activate)(v, RULES_612, 1)
    plain(folio_add_lru)(v, RULES_612, 2, True)
    plain(lru_add_drain)(v, RULES_612)
    assert listed(v, 3) == [1, 2]


def test_accesses_count_as_referenced_then_workingset_then_refs_up_to_three() -> None:
    v = on_lists([1])
    seen = []
    for _ in range(6):
        plain(mark_page_accessed)(v, RULES_612, 1)
        seen.append((int(Folios(v)[1].pg), int(Folios(v)[1].refs)))
    both = PG_REFERENCED | PG_WORKINGSET
    assert seen == [(PG_REFERENCED, 0), (both, 0), (both, 1), (both, 2), (both, 3), (both, 3)]


def test_of_2048_guest_pages_66_keep_pg_referenced_on_6_12() -> None:
    # The guest's code is the first page of the batch; the page that fills it is marked after it.
    pages = Folios(machine("region 2048 kvm\ntouch 0 2048\nsettle").v)[:2048]
    referenced = np.flatnonzero(pages.pg & PG_REFERENCED)
    assert referenced.tolist() == list(range(29, 2048, 31))
    assert (referenced.size, 2048 - referenced.size) == (66, 1982)
    assert (pages.pg & PG_WORKINGSET).all()


def test_every_guest_page_keeps_pg_referenced_on_6_1() -> None:
    pages = Folios(machine("region 2048 kvm\ntouch 0 2048\nsettle", "6.1").v)[:2048]
    assert (pages.pg == PG_REFERENCED | PG_WORKINGSET).all()
