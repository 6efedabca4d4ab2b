"""States that are gone on from twice."""

import numpy as np

from mglru_lab.lab.run.commands import play
from mglru_lab.lab.run.machine import Machine
from mglru_lab.lab.truth.followed import Followed
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario


def test_a_fork_goes_its_own_way_and_until_then_is_the_same() -> None:
    text = "enabled 0\nregion 600 anon\nlimit 300\ntouch 0 400\n"
    machine = Machine(Scenario(text), Kernel())
    play(machine)
    first = Followed(machine.v, 400, ((7, 0),))
    other = first.fork((400, 3))
    assert other.flushes == ((7, 0), (400, 3))
    assert other.key() == first.key()
    for name, mine in first.v._asdict().items():
        if name not in ("chosen", "chance"):  # nothing writes to these
            assert not np.shares_memory(np.asarray(mine), np.asarray(getattr(other.v, name))), name
    assert np.shares_memory(other.v.pte, other.v.words)
    other.v.lru.activated[0] += 1
    assert other.v.lrus[0].activated[0] == machine.v.lru.activated[0] + 1
    other.v.cpu.flush_in = 5
    assert machine.v.cpu.flush_in == 0
    assert other.key() != first.key()
    assert Followed(machine.v, 401).key() != first.key()  # elsewhere in the trace
