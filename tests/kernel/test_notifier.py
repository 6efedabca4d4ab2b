"""What asking a run of pages learns, and by how many calls, against a reading page by page."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import PTE_NONE, PTE_PRESENT, Lruvec, Region, new_lruvec
from mglru_lab.kernel.notifier import NOWHERE, clear_young, clear_young_each
from mglru_lab.policy.mmu import Lock
from mglru_lab.policy.policy import IN_VAIN, NOT_ASKED, Calls, Where
from tests.kernel.small import plain

N, R, W = int(Lock.NONE), int(Lock.READ), int(Lock.WRITE)
ALL = np.ones(200, np.bool_)


def guest(
    pages: int = 200, young: range | list[int] = (), nested: range | list[int] = ()
) -> Lruvec:  # type: ignore[assignment]
    v = new_lruvec([Region(pages, True)], enabled=7)
    Folios(v)[list(young)].spte_young = True
    Folios(v)[list(nested)].nested = True
    return v


def ask(
    v: Lruvec,
    answers: tuple[int, int, int],
    calls: Calls = Calls.ONE,
    asked: np.ndarray = ALL,
    primary: np.ndarray | None = None,
    start: int = 0,
) -> list[int]:
    """The pages found young, counted from `start`; those asked about are mapped."""
    end = start + asked.size
    known = np.zeros(asked.size, np.bool_) if primary is None else primary & asked
    folio = Folios(v, slice(start, end))
    folio.pte, folio.young = np.where(asked, PTE_PRESENT, PTE_NONE), known
    v.lru.has_notifiers = True
    pte = v.pte.copy()
    again = v._replace(pte=pte, words=pte.view(np.uint64), cpu=v.cpu.copy())
    before = folio.spte_young
    args = (Where.AGING, answers, int(calls), False, start, end)
    young, only_secondary = plain(clear_young_each)(v, *args, False)
    found = before & ~folio.spte_young
    assert not folio.young.any()
    assert (np.flatnonzero(known | found) + start).tolist() == v.cpu.young[:young].tolist()
    assert only_secondary == np.count_nonzero(found & ~known)
    if answers[0] != NOT_ASKED:  # eight at a time, where that is possible
        assert plain(clear_young)(again, *args, NOWHERE, False) == (young, young)
        assert again.pte.tolist() == v.pte.tolist()
        for name in ("young", "asks", "calls"):
            assert again.cpu[name].tolist() == v.cpu[name].tolist()
    return list(np.flatnonzero(found))


def test_a_policy_of_ones_own_chooses_whom_to_ask() -> None:
    v = guest(young=range(200))
    v.chosen[::10] = True
    Folios(v, slice(0, 200)).pte = PTE_PRESENT
    v.lru.has_notifiers = True
    young, listed = plain(clear_young)(
        v, Where.AGING, (N, R, R), int(Calls.ONE), True, 0, 200, NOWHERE, False
    )
    assert (young, listed) == (20, 20)
    assert counts(v, "asks") == {R: 20}


def counts(v: Lruvec, name: str) -> dict[int, int]:
    return {kind: int(n) for kind, n in enumerate(v.cpu[name][Where.AGING]) if n}


def test_young_pages_are_found_once_and_their_bits_cleared() -> None:
    v = guest(young=[3, 70])
    assert ask(v, (N, W, W)) == [3, 70]
    assert ask(v, (N, W, W)) == []
    assert (counts(v, "asks"), counts(v, "calls")) == ({W: 400}, {W: 400})


def test_a_call_in_vain_leaves_the_bit() -> None:
    v = guest(young=[3])
    assert ask(v, (N, IN_VAIN, IN_VAIN)) == []
    assert Folios(v).spte_young[3]
    assert counts(v, "asks") == counts(v, "calls") == {IN_VAIN: 200}


def test_nested_pages_have_an_answer_of_their_own() -> None:
    v = guest(young=range(200), nested=range(50, 110))
    assert ask(v, (N, N, NOT_ASKED)) == [*range(50), *range(110, 200)]
    assert counts(v, "asks") == {N: 140}
    assert Folios(v).spte_young[50:110].all()


def test_only_pages_that_are_wanted_are_asked_about() -> None:
    v = guest(young=range(200))
    some = np.zeros(200, np.bool_)
    some[::10] = True
    assert ask(v, (N, R, R), asked=some) == list(range(0, 200, 10))
    assert counts(v, "asks") == {R: 20}


def test_test_and_clear_are_two_calls_for_a_page_that_only_the_secondary_mmu_knows() -> None:
    v = guest(young=[1, 2])
    primary = np.zeros(200, np.bool_)
    primary[[2, 3]] = True
    assert ask(v, (N, N, N), Calls.TEST_CLEAR, primary=primary) == [1, 2]
    assert counts(v, "calls") == {N: 200 + 1}


def test_a_batch_is_two_calls_for_64_pages_from_the_first_one_on() -> None:
    v = guest(young=[70])
    present = ALL.copy()
    present[:5] = False
    assert ask(v, (N, N, N), Calls.BATCH, asked=present) == [70]
    # 5 to 68, 69 to 132 (with a young page), 133 to 196, 197 to 199
    assert counts(v, "calls") == {N: 4 + 1}


def test_a_batch_takes_the_strongest_lock_of_its_pages() -> None:
    v = guest(nested=[10])
    ask(v, (N, N, W), Calls.BATCH)
    assert counts(v, "asks") == {N: 199, W: 1}
    assert counts(v, "calls") == {N: 3, W: 1}


@settings(deadline=None, max_examples=60)
@given(
    st.data(),
    st.sampled_from(list(Calls)),
    st.tuples(*[st.sampled_from([NOT_ASKED, N, R, W, IN_VAIN])] * 3),
)
def test_it_is_what_page_by_page_reading_gives(
    data: st.DataObject, calls: Calls, answers: tuple[int, int, int]
) -> None:
    def bits() -> np.ndarray:
        return np.array(data.draw(st.lists(st.booleans(), min_size=200, max_size=200)))

    v = guest(young=list(np.flatnonzero(bits())), nested=list(np.flatnonzero(bits())))
    asked, primary, young = bits(), bits(), Folios(v).spte_young[:200].copy()
    found, asks, call_counts, batch = [], dict[int, int](), dict[int, int](), list[int]()

    def called(kind: int, times: int) -> None:
        call_counts[kind] = call_counts.get(kind, 0) + times

    def end_batch() -> None:
        if batch:
            kinds = [answers[1 + bool(Folios(v).nested[p])] for p in batch]
            called(max(kinds), 1 + any(p in found for p in batch))
            batch.clear()

    for page in range(200):
        kind = answers[1 + bool(Folios(v).nested[page])]
        if not asked[page] or kind == NOT_ASKED:
            continue
        asks[kind] = asks.get(kind, 0) + 1
        if calls == Calls.BATCH and batch and page >= batch[0] + 64:
            end_batch()
        if young[page] and kind != IN_VAIN:
            found.append(page)
        if calls == Calls.BATCH:
            batch.append(page)
        else:
            twice = calls == Calls.TEST_CLEAR and page in found and not primary[page]
            called(kind, 1 + twice)
    end_batch()
    assert ask(v, answers, calls, asked=asked, primary=primary) == found
    assert (counts(v, "asks"), counts(v, "calls")) == (asks, call_counts)


def test_a_batch_begins_at_the_first_page_and_not_at_the_array() -> None:
    v = guest(young=[199])
    assert ask(v, (N, N, N), Calls.BATCH, asked=ALL[:64], start=136) == [63]
    assert counts(v, "calls") == {N: 2}


@pytest.mark.parametrize("calls", list(Calls))
def test_outside_all_memslots_a_call_takes_no_lock(calls: Calls) -> None:
    v = new_lruvec([Region(64)], enabled=7)
    assert ask(v, (N, W, W), calls, asked=ALL[:64]) == []
    assert counts(v, "calls") == {N: 1 if calls == Calls.BATCH else 64}
