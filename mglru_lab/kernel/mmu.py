"""The secondary MMU: which lock a call of KVM's clear-young notifier takes (virt/kvm)."""

from enum import IntEnum


class Lock(IntEnum):
    """What one notifier call takes of KVM's mmu_lock."""

    NONE = 0
    READ = 1
    WRITE = 2
    EXCLUSIVE = 3
    WRITE_TLBFLUSH = 4

    @property
    def text(self) -> str:
        """As frames and tables name it."""
        return "write+tlbflush" if self is Lock.WRITE_TLBFLUSH else self.name.lower()


class Where(IntEnum):
    """Who asked the secondary MMU about a page."""

    AGING = 0
    EVICTION = 1
    LOOK_AROUND = 2

    @property
    def text(self) -> str:
        """As frames and tables name it."""
        return self.name.lower().replace("_", "-")
