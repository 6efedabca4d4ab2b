from collections.abc import Callable

import numpy as np
import pytest

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.invariants import InvariantError, check
from mglru_lab.kernel.lruvec import (
    LRU_GEN_ANON,
    NO_GEN,
    PG_ACTIVE,
    PTE_NONE,
    PTE_PRESENT,
    PTE_SWAP,
    SPTE_WRITABLE,
    Lruvec,
    Region,
    new_lruvec,
)
from mglru_lab.kernel.mm_inline import list_add, list_del
from mglru_lab.lab.run.machine import Machine
from tests.kernel.small import RULES_612, machine, plain


def first(v: Lruvec, where: np.ndarray) -> int:
    """The first page for which `where` is true; there must be one."""
    return int(np.flatnonzero(where)[0])


def on_a_list(v: Lruvec) -> int:
    return first(v, Folios(v).gen != NO_GEN)


def too_many_generations(v: Lruvec) -> None:
    v.lru.min_seq[:] = v.lru.max_seq - 4


def one_generation(v: Lruvec) -> None:
    v.lru.min_seq[:] = v.lru.max_seq


def a_page_on_no_list(v: Lruvec) -> None:
    plain(list_del)(v, on_a_list(v))


def a_page_without_generation_on_a_list(v: Lruvec) -> None:
    plain(list_add)(v, first(v, Folios(v).pte == PTE_NONE), 0, LRU_GEN_ANON)


def a_wrong_size(v: Lruvec) -> None:
    v.lru.nr_pages[2, 0] += 1


def a_page_lost(v: Lruvec) -> None:
    Folios(v)[first(v, Folios(v).pte == PTE_NONE)].pte = PTE_PRESENT


def a_page_on_a_list_but_not_in_memory(v: Lruvec) -> None:
    Folios(v)[on_a_list(v)].pte = PTE_SWAP


def an_active_page(v: Lruvec) -> None:
    Folios(v)[on_a_list(v)].pg |= PG_ACTIVE


def a_charge_too_few(v: Lruvec) -> None:
    v.lru.usage -= 1


def a_stock_too_large(v: Lruvec) -> None:
    v.lru.stock += 1


def a_major_fault_too_many(v: Lruvec) -> None:
    v.stat.pgmajfault += 1


def a_scan_of_no_type(v: Lruvec) -> None:
    v.stat.pgscan += 1


def files_older_than_anon(v: Lruvec) -> None:
    v.lru.min_seq[:] = v.lru.max_seq - 2, v.lru.max_seq - 3


def more_stolen_than_scanned(v: Lruvec) -> None:
    v.stat.pgscan = v.stat.pgscan_anon = v.stat.pgsteal - 1


def a_secondary_entry_of_a_swapped_page(v: Lruvec) -> None:
    Folios(v)[first(v, Folios(v).pte == PTE_SWAP)].spte = SPTE_WRITABLE


def young_without_secondary_entry(v: Lruvec) -> None:
    Folios(v)[first(v, ~Folios(v).guest)].spte_young = True


def a_page_held_by_nobody(v: Lruvec) -> None:
    Folios(v)[on_a_list(v)].held += 1


def usage_beyond_the_limit(v: Lruvec) -> None:
    v.cpu.limit = v.lru.usage - 1


DAMAGES: list[tuple[Callable[[Lruvec], None], str]] = [
    (too_many_generations, "2 to 4 generations exist"),
    (one_generation, "2 to 4 generations exist"),
    (a_page_on_no_list, "a page with a generation is on exactly one list"),
    (a_page_without_generation_on_a_list, "a page with a generation is on exactly one list"),
    (a_wrong_size, "the sizes of the generations are their pages"),
    (a_page_lost, "a page in memory has a generation or waits in the LRU-add batch"),
    (
        a_page_on_a_list_but_not_in_memory,
        "a page in memory has a generation or waits in the LRU-add batch",
    ),
    (an_active_page, "a page on a generation's list is not PG_active"),
    (a_charge_too_few, "charged pages are those in memory and in the stock"),
    (a_stock_too_large, "charged pages are those in memory and in the stock"),
    (a_major_fault_too_many, "pages swapped out and not back are stolen less faulted in"),
    (a_scan_of_no_type, "scanned and stolen pages are of one type or the other"),
    (files_older_than_anon, "files' oldest generation is not older than anonymous memory's"),
    (more_stolen_than_scanned, "pages scanned are stolen or put back"),
    (a_secondary_entry_of_a_swapped_page, "only mapped pages have a secondary entry"),
    (young_without_secondary_entry, "only pages with a secondary entry are young there"),
    (a_page_held_by_nobody, "batches hold their pages"),
    (usage_beyond_the_limit, "memory stays within its limit"),
]


@pytest.mark.parametrize(("damage", "rule"), DAMAGES, ids=[d.__name__ for d, _ in DAMAGES])
def test_a_damaged_state_breaks_the_rule_by_its_name(
    pressed: Machine, damage: Callable[[Lruvec], None], rule: str
) -> None:
    damage(pressed.v)
    with pytest.raises(InvariantError) as error:
        check(pressed.v, RULES_612)
    assert str(error.value) == f"does not hold: {rule}"


def test_a_broken_link_names_the_list_and_the_page(oldest: Machine) -> None:
    oldest.v.folio.prev[99] = 7  # 511, 510 ... 0 from the head
    with pytest.raises(InvariantError, match="the anon list of generation 3 is broken at page 100"):
        check(oldest.v, RULES_612)


def test_a_list_that_never_comes_back_to_its_head_is_broken(oldest: Machine) -> None:
    v = oldest.v
    v.folio.next[0], v.folio.prev[511] = 511, 0
    with pytest.raises(InvariantError, match="the anon list of generation 3 is broken"):
        check(v, RULES_612)


@pytest.mark.parametrize(
    "state", ["empty", "populated", "one_old", "oldest", "half_swapped", "guest", "pressed"]
)
def test_the_telling_states_hold_all_rules(state: str, request: pytest.FixtureRequest) -> None:
    check(request.getfixturevalue(state).v, RULES_612)


def test_a_fresh_lruvec_holds_all_rules() -> None:
    check(new_lruvec([Region(8)], enabled=7), RULES_612)


def test_a_state_whose_first_page_waits_in_the_batch_holds_all_rules() -> None:
    v = machine("region 512 anon\ntouch 0 2").v
    assert v.cpu.lru_add[0] == 0
    check(v, RULES_612)


def test_the_state_under_pressure_has_pages_of_every_kind(pressed: Machine) -> None:
    v = pressed.v
    assert set(Folios(v).pte.tolist()) >= {PTE_NONE, PTE_PRESENT, PTE_SWAP}
    assert (Folios(v).spte_young.any(), v.cpu.add_count > 0) == (True, True)
    assert v.stat.pgscan > v.stat.pgsteal > v.stat.pgmajfault > 0
