from typing import Any

import numpy as np
import pytest

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import PTE_NONE, PTE_PRESENT, PTE_SWAP, PTE_ZERO, Lruvec
from mglru_lab.kernel.replay import GUEST_BIT, READ_BIT, replay
from mglru_lab.kernel.rules import Rules
from mglru_lab.lab.run.machine import Machine
from mglru_lab.policy.policy import Policy
from tests.kernel.small import POLICY_612, RULES_612, go_on, machine, on_lists, plain

READ, GUEST = 1 << READ_BIT, 1 << GUEST_BIT


def replayed(made: Machine, *entries: int) -> np.ndarray:
    """Replay `entries` on a machine with one region of userspace's; returns its miss log."""
    misses = np.zeros(len(entries), np.uint8)
    done = replay(
        made.v, made.rules, made.policy, np.array(entries, np.uint32),
        np.array([0, 1]), np.array([False, False]), False, 1, misses,
    )  # fmt: skip
    assert done == len(entries)
    return misses


class Accesses:
    """Takes the place of user_access and guest_access: notes them, fails at the `end`-th."""

    def __init__(self, end: int = 1 << 30) -> None:
        self.seen: list[tuple[str, int, bool]] = []
        self.used: list[bool] = []
        self.end = end

    def _access(self, by: str, v: Lruvec, page: int, write: bool) -> bool:
        self.seen.append((by, int(page), bool(write)))
        self.used.append(bool(v.lru.mm_used))
        v.lru.mm_used = False
        return len(self.seen) < self.end

    def user(self, v: Lruvec, _rules: Rules, _policy: Policy, page: int, write: bool) -> bool:
        return self._access("user", v, page, write)

    def guest(self, v: Lruvec, _rules: Rules, _policy: Policy, page: int, write: bool) -> bool:
        return self._access("guest", v, page, write)

    def replay(self, v: Lruvec, *entries: int, by_guest: bool = True, used_every: int = 0) -> int:
        """Replay on two regions of a page table each; the second is the guest's."""
        run: Any = plain(replay, user_access=self.user, guest_access=self.guest)
        done = run(
            v, RULES_612, POLICY_612, np.array(entries, np.uint32),
            np.array([0, 1]), np.array([False, by_guest]), False, used_every,
            np.zeros(0, np.uint8),
        )  # fmt: skip
        return int(done)


def test_bit_31_of_an_entry_is_a_read_and_bit_30_the_guest_region() -> None:
    accesses = Accesses()
    accesses.replay(on_lists(pages=1024), 3, 4 | READ, 5 | GUEST, 6 | GUEST | READ)
    assert accesses.seen == [
        ("user", 3, True),
        ("user", 4, False),
        ("guest", 517, True),
        ("guest", 518, False),
    ]


def test_userspace_may_touch_the_guest_region() -> None:
    accesses = Accesses()
    accesses.replay(on_lists(pages=1024), 5 | GUEST, by_guest=False)
    assert accesses.seen == [("user", 517, True)]


def test_pages_are_accessed_in_order(empty: Machine) -> None:
    replayed(empty, 9, 2, 9, 5 | READ)
    assert empty.v.cpu.lru_add[:2].tolist() == [9, 2]
    assert Folios(empty.v).pte[[9, 2, 5]].tolist() == [PTE_PRESENT, PTE_PRESENT, PTE_ZERO]
    assert (empty.v.stat.accesses, empty.v.stat.pgfault) == (4, 3)


def test_a_miss_is_a_page_that_was_not_in_memory_before(half_swapped: Machine) -> None:
    # Pages 0 to 255 are swapped; one of them is still in the swap cache.
    v = half_swapped.v
    Folios(v)[7].cached = True
    assert replayed(half_swapped, 0, 0, 7, 300).tolist() == [1, 0, 0, 0]
    assert v.stat.pgmajfault == 1


def test_an_absent_page_is_a_miss_and_the_zero_page_is_none(empty: Machine) -> None:
    assert replayed(empty, 5 | READ, 5 | READ, 5, 6, 6).tolist() == [1, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("used_every", "used"),
    [
        (1, [1, 1, 1, 1, 1]),
        (2, [1, 0, 1, 0, 1]),
        (3, [1, 0, 0, 1, 0]),
        (0, [1, 0, 0, 0, 0]),
    ],
)
def test_the_mm_is_used_at_the_start_and_after_every_context_switch(
    used_every: int, used: list[int]
) -> None:
    accesses = Accesses()
    accesses.replay(on_lists(), 0, 1, 2, 3, 4, used_every=used_every)
    assert accesses.used == used


def test_it_stops_where_memory_runs_out_and_says_how_many_were_done() -> None:
    v = on_lists(pages=1024)
    assert Accesses(end=3).replay(v, 0, 1, 2, 3) == 2
    assert Accesses(end=1).replay(v, 0, 1) == 0
    assert Accesses(end=5).replay(v, 0, 1, 2, 3) == 4


def test_the_workers_own_page_is_written_around_each_stretch_in_one_region() -> None:
    v = on_lists(pages=1536)
    v.lru.own_page = 1100
    accesses = Accesses()
    accesses.replay(v, 0, 1, GUEST, 1 | GUEST, 2)
    own = ("user", 1100, True)
    assert accesses.seen == [
        own, ("user", 0, True), ("user", 1, True),
        own, ("guest", 512, True), ("guest", 513, True),
        own, ("user", 2, True), own,
    ]  # fmt: skip
    assert v.stat.accesses == 5


def test_memory_may_run_out_at_the_last_write_to_the_workers_own_page() -> None:
    v = on_lists(pages=1536)
    v.lru.own_page = 1100
    assert Accesses(end=3).replay(v, 0) == 0
    assert Accesses(end=4).replay(v, 0) == 1


def test_accesses_and_major_faults_are_counted_for_each_side() -> None:
    made = machine("region 512 anon\nregion 512 kvm\ntouch 0 100\ngtouch 0 50\nsettle")
    go_on(made, "age\nage\nage\nevict all\nevict all\nage\nage\nevict all\nevict all")
    stat, folio = made.v.stat, Folios(made.v)
    assert (stat.host_accesses, stat.guest_accesses) == (100, 50)
    assert (folio.pte[[made.v.lru.own_page, made.v.lru.code_page]] == PTE_SWAP).all()
    go_on(made, "touch 0 20\ngtouch 0 10")
    # The worker's page comes back at the beginning of the host's stretch, its code in the guest's.
    assert (stat.host_majflt, stat.guest_majflt) == (20 + 1, 10 + 1)


def test_only_the_guest_writes_a_page_full_of_zeros() -> None:
    zero = Folios(machine("region 512 kvm\ntouch 0 3").v)
    assert zero.zero_filled.nonzero()[0].tolist() == [0]
    assert not Folios(machine("region 512 anon\ntouch 0 3").v).zero_filled.any()
    assert not Folios(machine("region 512 kvm\ntouch 0 3\nutouch 0 1").v).zero_filled.any()


def test_reading_does_not_fill_a_page(empty: Machine) -> None:
    replayed(empty, 5 | READ)
    assert Folios(empty.v)[5].pte == PTE_ZERO
    assert Folios(empty.v)[6].pte == PTE_NONE
