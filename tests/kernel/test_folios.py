"""Every property of a folio can be set and read by itself, whatever byte it shares with others."""

import numpy as np
import pytest

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import (
    NO_GEN,
    PG_ACTIVE,
    PG_REFERENCED,
    PTE_SWAP,
    SPTE_WRITABLE,
    Lruvec,
    Region,
    new_lruvec,
)

CHANGES = {
    "gen": (2, NO_GEN),
    "pte": (PTE_SWAP, 0),
    "writable": (True, False),
    "young": (True, False),
    "spte": (SPTE_WRITABLE, 0),
    "spte_young": (True, False),
    "zero_filled": (True, False),
    "pg": (PG_ACTIVE | PG_REFERENCED, 0),
    "refs": (3, 0),
    "held": (True, False),
    "nested": (True, False),
    "cached": (True, False),
    "shadow_seq": (7, -1),
    "shadow_refs": (4, 0),
}


def state() -> Lruvec:
    return new_lruvec([Region(512), Region(512, guest=True), Region(512, file=True)], enabled=7)


def everything(v: Lruvec) -> dict[str, list[int]]:
    names = [*CHANGES, "guest", "file"]
    return {name: getattr(Folios(v), name).astype(int).tolist() for name in names}


@pytest.mark.parametrize("name", CHANGES)
def test_one_property_changes_and_no_other(name: str) -> None:
    v = state()
    new, old = CHANGES[name]
    before = everything(v)
    assert set(before[name]) == {int(old)}
    setattr(Folios(v)[[5, 1030]], name, new)
    after = everything(v)
    where = np.flatnonzero(np.array(after[name]) != int(old)).tolist()
    assert (where, after[name][5]) == ([5, 1030], int(new))
    assert {other: after[other] for other in after if other != name} == {
        other: before[other] for other in before if other != name
    }
    setattr(Folios(v)[[5, 1030]], name, old)
    assert everything(v) == before


def test_guest_and_file_are_known_before_a_page_is_in_memory() -> None:
    v = state()
    assert np.flatnonzero(Folios(v).guest).tolist() == list(range(512, 1024))
    assert np.flatnonzero(Folios(v).file).tolist() == list(range(1024, 1536))


def test_some_of_the_folios_are_those_of_these_pages() -> None:
    v = state()
    Folios(v)[100].young = True
    assert Folios(v, slice(90, 110))[10].young
    assert len(Folios(v)[90:110]) == 20
    assert np.flatnonzero(Folios(v)[90:110].young).tolist() == [10]


def test_an_unknown_property_is_an_error() -> None:
    v = state()
    with pytest.raises(AttributeError, match="'colour'"):
        _ = Folios(v).colour
    with pytest.raises(AttributeError, match="'colour'"):
        Folios(v).colour = 3


def test_a_page_takes_fourteen_bytes_and_half_a_terabyte_nothing_before_it_is_touched() -> None:
    v = state()
    pages = v.pte.size
    assert v.pte.nbytes == v.flags.nbytes == pages
    assert v.folio.dtype.itemsize <= 12
    big = new_lruvec([Region(1 << 27)], enabled=7)
    assert not big.folio[: 1 << 20].view(np.uint8).any()
