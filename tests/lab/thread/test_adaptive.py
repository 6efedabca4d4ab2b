import numpy as np
import pytest

import mglru_lab as ml
from mglru_lab.lab.thread.adaptive import QUESTION_NS
from mglru_lab.policy.mmu import Lock

IDLE = "region 2048 kvm\ntouch 0 2048\nsettle\n" + "".join(f"age\nstat s{n}\n" for n in range(20))
BUSY = "region 2048 kvm\n" + "".join(f"touch 0 2048\nsettle\nage\nstat s{n}\n" for n in range(20))


def asked(text: str, **arguments: object) -> list[int]:
    """Pages asked about, walk by walk."""
    made = ml.run(ml.Scenario(text), ml.Kernel(variant=ml.adaptive(**arguments)))  # type: ignore[arg-type]
    totals = [made.counters(f"s{n}")["asks_aging"] for n in range(20)]
    return list(np.diff([0, *totals]))


def test_it_keeps_asking_while_it_finds() -> None:
    assert asked(BUSY) == [2049] * 20


def test_it_stops_when_it_finds_nothing_and_probes_now_and_then() -> None:
    walks = asked(IDLE)
    assert [n for n, pages in enumerate(walks) if pages] == [0, 1, 9, 17]
    more = [n for n, pages in enumerate(asked(IDLE, probe_every=3)) if pages]
    assert more == [0, *range(1, 20, 3)]


def test_what_a_question_costs_decides() -> None:
    """One page in eight is used between walks: worth it lockless, not under a contended lock."""
    some = "region 2048 kvm\ntouch 0 2048\nsettle\nage\n" + "".join(
        f"touch 0 2048 8\nage\nstat s{n}\n" for n in range(20)
    )
    cheap = asked(some, found_ns=1000)
    assert min(cheap[1:]) > 0
    dear = asked(some, found_ns=1000, kvm="6.12")
    assert dear.count(0) > 10
    free = dict.fromkeys(QUESTION_NS, 0.0)
    assert min(asked(some, found_ns=0, question_ns=free)) > 0


def test_it_comes_back_when_the_guest_wakes_up() -> None:
    text = IDLE + "".join(f"touch 0 2048\nage\nstat t{n}\n" for n in range(10))
    made = ml.run(ml.Scenario(text), ml.Kernel(variant=ml.adaptive()))
    totals = [made.counters(f"t{n}")["asks_aging"] for n in range(10)]
    steps = np.diff(totals)
    assert steps[-1] > 0
    assert (steps > 0).sum() >= 4


def test_every_lock_has_a_price_and_a_bad_interval_is_refused() -> None:
    assert QUESTION_NS.keys() == set(Lock)
    with pytest.raises(ValueError, match="probe_every 0: allowed are 1 and above"):
        ml.adaptive(probe_every=0)
