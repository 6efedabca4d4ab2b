"""`Policy`: per kind of page, how the engine asks: under which lock, in vain, or not at all."""

from enum import IntEnum
from typing import NamedTuple

from mglru_lab.policy.mmu import Lock


class Where(IntEnum):
    """Who asked the secondary MMU about a page."""

    AGING = 0
    EVICTION = 1
    LOOK_AROUND = 2

    @property
    def text(self) -> str:
        """As frames and tables name it."""
        return self.name.lower().replace("_", "-")


class Memory(IntEnum):
    """What a page is to KVM."""

    OUTSIDE = 0
    """In no memslot: a call finds that out without a lock."""
    GUEST = 1
    NESTED = 2
    """Mapped for a nested guest, whose accesses only its shadow entry knows."""


IN_VAIN = len(Lock)
"""A call that tells nothing about the page; it takes no lock."""
NOT_ASKED = -1

Answers = tuple[int, int, int]
"""By `Memory`: NOT_ASKED, IN_VAIN, or the lock under which the page's bit is read and cleared."""


class Calls(IntEnum):
    """How questions about pages become calls of the notifier."""

    ONE = 0
    TEST_CLEAR = 1
    """A test where the primary bit is old, then a clear where either was young."""
    BATCH = 2
    """A test for up to 64 pages, then a clear for those found young."""


class Policy(NamedTuple):
    """Who asks about a page, and what comes of it: plain integers, one type to the compiler."""

    aging: Answers
    """The page table walk asks; all NOT_ASKED: it reads primary bits only."""
    eviction: Answers
    window: Answers
    """Look-around asks about its neighbours."""
    secondary_starts: tuple[int, int, int]
    """By `Memory`: a page young in the secondary MMU alone starts look-around."""
    vm_looks_around: int
    """Look-around happens in an mm with MMU notifiers at all."""
    others_look_around: int
    """It happens in an mm without."""
    nonleaf_skips_vm: int
    """Page tables with an old PMD are skipped (0x4) in an mm with MMU notifiers."""
    nonleaf_skips_others: int
    walks_vm: int
    """An mm with notifiers is walked at all."""
    aging_calls: int
    window_calls: int
    eviction_tries: tuple[int, int, int]
    """By `Memory`: a call in vain comes before the one that answers."""
    aging_hook: int = 0
    """Address of an own policy (own_policy.py), called before each walk; 0 if there is none."""
    look_around_hook: int = 0
    """The same for each young page that eviction meets."""
