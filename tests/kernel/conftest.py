"""The few telling states, on Linux 6.12: each fixture is a machine of its own."""

import pytest

from mglru_lab.lab.run.machine import Machine
from tests.kernel.small import go_on, machine


@pytest.fixture
def empty() -> Machine:
    """One page table of anonymous memory that nothing has touched: sequences 0 to 3."""
    return machine("region 512 anon")


@pytest.fixture
def populated(empty: Machine) -> Machine:
    """Every page written once, in order, and on the list of the youngest generation, 3."""
    return go_on(empty, "touch 0 512\nsettle")


@pytest.fixture
def one_old(populated: Machine) -> Machine:
    """Then aged once: all in 3, the youngest is 4, no page is young any more."""
    return go_on(populated, "age")


@pytest.fixture
def oldest(populated: Machine) -> Machine:
    """Aged three times: all in 3, the oldest of 3 to 6; page 0 is at the tail, nothing is young."""
    return go_on(populated, "age\nage\nage")


@pytest.fixture
def half_swapped(oldest: Machine) -> Machine:
    """Then half of it evicted: pages 0 to 255 are swapped, the others still in 3."""
    return go_on(oldest, "evict old 200 256")


@pytest.fixture
def guest() -> Machine:
    """One page table of guest memory, populated by the guest, in the youngest generation, 3."""
    return machine("region 512 kvm\ntouch 0 512\nsettle")


@pytest.fixture
def pressed() -> Machine:
    """A host and its guest at their limit: pages of all kinds, some of them in a batch."""
    return machine(
        "region 600 anon\nregion 600 kvm\nlimit 700\n"
        "touch 0 600\ngtouch 0 600\nage\ntouch 0 300\ngtouch 0 300 3\nrtouch 300 600 7"
    )
