"""A policy of one's own: what its functions are given, and what comes of their answers."""

from typing import Any

import numpy as np
import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.policy.own_policy import Moment, OwnPolicy, Pages

AGE = "region 600 kvm nested=0.5\ntouch 0 600\nsettle\nage\ntouch 0 600\nage\ndump aged\n"
PRESSURE = (
    "region 4096 anon\nregion 4096 kvm\nlimit 4096\ntrace m_share50\nfifo 1\nyield 1\n"
    "replaymarks 0 40000 2\nsettle\ndump end\n"
)


def run(own: OwnPolicy, text: str = AGE, **kernel: Any) -> ml.Run:
    return ml.run(ml.Scenario(text), ml.Kernel(variant=own, **kernel))


def everywhere(pages: Pages, at: Moment) -> bool:
    return True


def nowhere(pages: Pages, at: Moment) -> bool:
    return False


def lockless(pages: Pages, at: Moment) -> Any:
    return pages.lock == ml.Lock.NONE


def test_asking_everywhere_is_the_shipped_variant_that_does() -> None:
    ours, theirs = (
        run(OwnPolicy("mine", everywhere, "6.12", "6.12"), PRESSURE),
        ml.run(ml.Scenario(PRESSURE), ml.Kernel(variant="6.12")),
    )
    assert ours.counters("end") == theirs.counters("end")
    assert ours.page_map("end").tobytes() == theirs.page_map("end").tobytes()


def test_asking_nowhere_is_the_existing_approach_but_for_page_table_skipping() -> None:
    text = "enabled 3\n" + PRESSURE
    ours = run(OwnPolicy("mine", nowhere, "primary", "6.13"), text)
    theirs = ml.run(ml.Scenario(text), ml.Kernel(variant="existing", kvm="6.13"))
    assert ours.counters("end") == theirs.counters("end")


def test_asking_where_no_lock_is_taken_is_exact() -> None:
    ours, theirs = (
        run(OwnPolicy("mine", lockless), mmu="x86-tdp-nested"),
        ml.run(ml.Scenario(AGE), ml.Kernel(variant="6.12", mmu="x86-tdp-nested")),
    )
    of_vm = ours.page_generations("aged").tolist()
    assert of_vm == [2] * 600  # v4's code: the VM has rmaps, every call would lock
    assert set(theirs.page_generations("aged").tolist()) == {1}
    plain = "region 600 kvm\ntouch 0 600\nsettle\nage\ntouch 0 600\nage\ndump aged\n"
    assert set(run(OwnPolicy("mine", lockless), plain).page_generations("aged").tolist()) == {1}


def test_marked_pages_are_asked_about_and_no_others() -> None:
    def even(pages: Pages, at: Moment) -> Any:
        return np.arange(pages.guest.size) % 2 == 0

    made = run(OwnPolicy("mine", even))
    generations = made.page_generations("aged")
    assert set(generations[::2].tolist()) == {1}
    assert set(generations[1::2].tolist()) == {2}
    asked = made.events.filter(event="secondary MMU asked", where="aging")
    assert asked["count"].sum() == 2 * (300 + 1)


def test_a_rule_sees_what_may_be_known_without_asking() -> None:
    seen: list[tuple[Pages, Moment]] = []

    def watch(pages: Pages, at: Moment) -> bool:
        seen.append((pages, at))
        return True

    run(OwnPolicy("mine", watch), kconfig=True, enabled=0xF)
    first, second = seen
    pages = first[0]
    assert len({len(column) for column in pages}) == 1
    assert (pages.nested.sum(), pages.guest[:600].all()) == (300, True)
    assert pages.present.sum() == 600 + 1
    assert set(pages.lock[:600].tolist()) == {ml.Lock.WRITE}
    assert pages.primary_young[:600].all()
    assert set(pages.distance[:600].tolist()) == {0}
    at = second[1]
    assert (at.kconfig, at.bit_0x8, at.nonleaf_0x4, at.mmu.nested_live) == (True,) * 4
    assert at.asked.sum(axis=1).tolist() == [601]
    assert at.found.tolist() == [0]  # the faults had set the primary bits, too
    assert second[0].primary_young[:600].sum() == 0


def test_look_around_is_called_for_each_young_page_and_may_decline() -> None:
    text = (
        "region 600 kvm\ntouch 0 600\nsettle\nage\nage\nage\ntouch 0 600\nevict old 200 1\nstat s\n"
    )
    met: list[tuple[int, Moment]] = []

    def decline(pages: Pages, at: Moment) -> None:
        met.append((pages.guest.size, at))

    def near(pages: Pages, at: Moment) -> Any:
        return np.abs(np.arange(pages.guest.size) - at.page) <= 2

    none = run(OwnPolicy("mine", everywhere, decline), text)
    assert none.counters("s")["lookarounds"] == 0
    assert {size for size, _ in met} == {4, 64}  # the region of the guest's code is small
    assert {(at.primary_young, at.secondary_young) for _, at in met} == {(False, True)}
    some = run(OwnPolicy("mine", everywhere, near), text)
    assert 0 < some.counters("s")["asks_lookaround"] <= 5 * some.counters("s")["lookarounds"]


def test_a_rule_that_fails_stops_the_run_with_its_own_error() -> None:
    def broken(pages: Pages, at: Moment) -> bool:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        run(OwnPolicy("mine", broken), PRESSURE)
    with pytest.raises(ZeroDivisionError, match="mine"):
        run(OwnPolicy("mine", everywhere, broken), PRESSURE)


@pytest.mark.parametrize("answer", [1, [True], np.ones(3), "yes", None])
def test_an_answer_that_is_no_mark_is_refused(answer: Any) -> None:
    with pytest.raises(ValueError, match=r"mine: aging returned .* allowed are booleans, one or"):
        run(OwnPolicy("mine", lambda pages, at: answer))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"look_around": "v9"}, "look_around 'v9': allowed are primary, v2"),
     ({"kvm": "v9"}, "kvm 'v9' is unknown.* Allowed: 6.1, 6.12, 6.13, 6.15, 7.2, v1")],
)  # fmt: skip
def test_a_wrong_name_is_refused_at_once(wrong: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OwnPolicy("mine", everywhere, **wrong)


def test_it_runs_beside_shipped_variants_in_a_comparison() -> None:
    mine = ml.Kernel(variant=OwnPolicy("mine", lockless))
    asked = {}
    for releases in (False, True):
        result = ml.compare(ml.Scenario(AGE), ["existing", mine], releases=releases)
        counted = result.counters.filter(pl.col("counter") == "asks_aging")
        asked[releases] = counted.select(pl.last()).item(), counted[result.names[1]].item()
    # Both on KVM of 6.15, which takes no lock; on its own, KVM up to 6.12 takes one for each page.
    assert asked[False][1] > 0
    assert asked[True][1] == 0


def test_two_runs_of_a_policy_do_not_know_of_each_other() -> None:
    walks: list[int] = []

    def count(pages: Pages, at: Moment) -> bool:
        walks.append(len(at.found))
        return True

    for _ in range(2):
        run(OwnPolicy("mine", count))
    assert walks == [0, 1, 0, 1]
