"""A page table's young pages, eight at a time, against page by page."""

import numba
import numpy as np
import pytest

import mglru_lab as ml
from mglru_lab.kernel.lruvec import Lruvec, Region, new_lruvec
from mglru_lab.kernel.mm_inline import folio_lru_gen, folio_update_gen
from mglru_lab.kernel.notifier import NOWHERE, clear_young_alike, clear_young_each
from mglru_lab.kernel.promote import promote_young
from mglru_lab.kernel.rules import Rules
from mglru_lab.lab.truth.followed import copied
from mglru_lab.policy.mmu import Lock
from mglru_lab.policy.policy import IN_VAIN, NOT_ASKED, Calls, Where
from tests.kernel.small import plain

ENGINE_RULES = tuple(ml.Kernel(variant=name).engine_rules() for name in ("6.12", "7.3"))
"""A page is promoted at its first sight, and at its second."""
ANSWERS = (NOT_ASKED, IN_VAIN, int(Lock.NONE), int(Lock.WRITE))


def state(random: np.random.Generator, pages: int, young: float, file: bool) -> Lruvec:
    """Two page tables in any state: PTEs of all kinds, flags of all kinds, on a list or on none."""
    v = new_lruvec([Region(512, guest=True), Region(pages, guest=True, file=file)], enabled=7)
    inside = slice(512, 512 + pages)
    bits = random.integers(0, 256, pages, np.uint8)
    bits[random.random(pages) >= young] &= 0xFF ^ 8 ^ 64
    v.pte[inside] = bits
    v.flags[inside] = random.integers(0, 5 * 32, pages, np.uint8)
    v.lru.has_notifiers = True
    v.lru.nr_pages[...] = 1000
    return v


def page_by_page(v: Lruvec, rules: Rules, answer: int, calls: int, start: int, end: int, gen: int):
    answers, hooked = (answer, answer, answer), False
    young, found = plain(clear_young_each)(
        v, Where.AGING, answers, calls, hooked, start, end, False
    )
    for page in v.cpu.young[:young]:
        v.stat.promoted_aging += plain(folio_update_gen)(v, rules, int(page), gen)
    return young, found


@pytest.mark.parametrize("rules", ENGINE_RULES, ids=["once", "twice"])
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize(
    ("pages", "young"), [(512, 0.05), (512, 1.0), (512, 0.0), (301, 0.3), (3, 1)]
)
def test_eight_at_a_time_leaves_what_page_by_page_does(rules, answer, pages, young):
    random = np.random.default_rng([pages, int(100 * young), answer + 1])
    for gen in range(4):
        v = state(random, pages, young, file=gen % 2 == 1)
        again = copied(v)
        args = (answer, int(Calls.TEST_CLEAR), 512, 512 + pages, gen)
        expected = page_by_page(again, rules, *args)
        assert plain(promote_young)(v, rules, Where.AGING, *args) == expected
        assert v.pte.tolist() == again.pte.tolist()
        assert v.flags.tolist() == again.flags.tolist()
        assert v.lru.nr_pages.tolist() == again.lru.nr_pages.tolist()
        assert v.stat.promoted_aging == again.stat.promoted_aging
        assert v.cpu.asks.tolist() == again.cpu.asks.tolist()
        assert v.cpu.calls.tolist() == again.cpu.calls.tolist()
        assert young < 0.3 or pages < 100 or v.stat.promoted_aging > 0


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("only", [False, True], ids=["all", "listed_only"])
@pytest.mark.parametrize("settled", [0, 3, NOWHERE])
@pytest.mark.parametrize(("start", "end"), [(512, 576), (545, 609), (701, 703), (1021, 1024)])
def test_a_window_lists_the_young_of_other_generations(answer, settled, only, start, end):
    v = state(np.random.default_rng([start, settled, answer + 1]), 512, 0.5, file=False)
    again = copied(v)
    calls, hooked = int(Calls.TEST_CLEAR), False
    young, _ = plain(clear_young_each)(
        again, Where.LOOK_AROUND, (answer, answer, answer), calls, hooked, start, end, only
    )
    pages = again.cpu.young[:young]
    others = [page for page in pages if plain(folio_lru_gen)(v, page) != settled]
    several, listed = plain(clear_young_alike)(
        v, Where.LOOK_AROUND, answer, calls, start, end, settled, only
    )
    assert several == young
    assert v.cpu.young[:listed].tolist() == others
    assert v.pte.tolist() == again.pte.tolist()
    assert v.cpu.asks.tolist() == again.cpu.asks.tolist()
    assert v.cpu.calls.tolist() == again.cpu.calls.tolist()


@numba.njit
def compiled(v, rules, where, answer, calls, start, end, gen):
    return promote_young(v, rules, where, answer, calls, start, end, gen)


def test_the_compiled_words_are_the_uncompiled_ones():
    v = state(np.random.default_rng(7), 512, 0.4, file=False)
    again = copied(v)
    args = (ENGINE_RULES[1], int(Where.AGING), int(Lock.WRITE), int(Calls.TEST_CLEAR), 512, 1024, 2)
    assert compiled(v, *args) == plain(promote_young)(again, *args)
    assert v.pte.tolist() == again.pte.tolist()
    assert v.flags.tolist() == again.flags.tolist()
