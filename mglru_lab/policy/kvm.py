"""What KVM's clear-young notifiers do and lock, version by version (virt/kvm, arch/*/kvm).

A call about one guest page ends in one of three ways: it looked at every entry of the page under a
lock (`Lock`), it looked at the TDP MMU's entry only, or it failed and tells nothing.
"""

from collections.abc import Callable
from typing import NamedTuple

from mglru_lab.policy.mmu import Lock, Mmu


class Page(NamedTuple):
    """The guest page that a call is about."""

    mmu: Mmu
    nested: bool = False
    """A shadow entry maps it for a nested guest."""
    own_rmaps: bool = False
    """Whether the lock depends on this page's shadow entries (the mail's words) or on whether the
    VM has any (the posted code)."""

    @property
    def has_rmaps(self) -> bool:
        """Shadow entries have to be looked at, too."""
        if self.own_rmaps and self.mmu.nested_live:
            return self.nested
        return self.mmu.has_rmaps


class Call(NamedTuple):
    """How a call ended: its lock, what it saw, and why in a few words."""

    lock: Lock = Lock.NONE
    why: str = ""
    failed: bool = False
    """It tells nothing about the page."""
    tdp_part: bool = False
    """It saw the TDP MMU's entry only; the nested guest's accesses are in the shadow entry."""


NotifierCall = Callable[[Page], Call]


class Kvm(NamedTuple):
    """One version's KVM code."""

    name: str
    clear_young: NotifierCall
    """The ordinary call, which looks at everything, whatever lock that takes."""
    fast: NotifierCall
    """The call that gives up where the lock would be needed (bitmap, fast_only)."""
    likely_fast: Callable[[Mmu], bool]
    """What the architecture says when KVM's MMU starts: lockless, probably."""
    clear_flush_young: NotifierCall
    """The call that eviction made up to 6.11: it may flush TLBs, too."""
    s390_notifies: bool = False
    """Since 7.2 s390 has MMU notifiers and page tables of its own for guests; before, a guest's
    accesses set bits in those of the host's process."""

    def notifies(self, mmu: Mmu) -> bool:
        """Whether a secondary MMU of this kind can be asked at all."""
        return mmu.arch != "s390" or self.s390_notifies


def locked(page: Page) -> Call:
    """Every call takes mmu_lock against everybody."""
    return Call(page.mmu.exclusive, f"every call takes {mmu_lock(page.mmu.exclusive)}")


def mmu_lock(lock: Lock) -> str:
    """The lock in words."""
    kinds = {Lock.READ: "for read", Lock.WRITE: "for write", Lock.EXCLUSIVE: "exclusively"}
    return f"mmu_lock {kinds[lock]}" if lock in kinds else f"the lock ({lock.text})"


def flushing(page: Page) -> Call:
    """The call flushes TLBs, too: kvm_mmu_notifier_clear_flush_young as it was up to 6.12."""
    return Call(Lock.WRITE_TLBFLUSH, "mmu_lock for write, and a TLB flush if the page was young")


def _x86_does_not_flush(clear_young: NotifierCall) -> NotifierCall:
    """Since 6.13 (KVM_ELIDE_TLB_FLUSH_IF_YOUNG) it is on x86 the call without a flush."""

    def clear_flush_young(page: Page) -> Call:
        return clear_young(page) if page.mmu.arch == "x86" else flushing(page)

    return clear_flush_young


def lockless_else_fail(clear_young: NotifierCall) -> NotifierCall:
    """A fast call made of an ordinary one: it fails where that would take a lock."""

    def fast(page: Page) -> Call:
        call = clear_young(page)
        if call.lock is Lock.NONE:
            return call
        return Call(failed=True, why=f"the call would take {mmu_lock(call.lock)}: {call.why}")

    return fast


def _ordinary_only(name: str, clear_young: NotifierCall, flush: NotifierCall = flushing) -> Kvm:
    """A version without a fast call: fast is what happens to take no lock, page by page."""

    def likely_fast(mmu: Mmu) -> bool:
        return clear_young(Page(mmu, own_rmaps=True)).lock is Lock.NONE

    return Kvm(name, clear_young, lockless_else_fail(clear_young), likely_fast, flush)


# v1 and v2: a lockless walk for a bitmap of up to 64 pages, where the architecture has one.


def _v2_likely_fast(mmu: Mmu) -> bool:
    return (mmu.tdp and mmu.accessed_bits) if mmu.arch == "x86" else mmu.arch in ("arm64", "ppc")


def _v2_fast(page: Page) -> Call:
    if not _v2_likely_fast(page.mmu):
        return Call(failed=True, why=_why_not_likely(page.mmu))
    if page.has_rmaps:
        return Call(failed=True, why="the VM has allocated a shadow root")
    return Call(why="its entries are walked without a lock")


def _why_not_likely(mmu: Mmu) -> str:
    if mmu.arch != "x86":
        return "the architecture has no lockless walk"
    return "the entries have no accessed bits" if mmu.tdp else "shadow paging has no lockless walk"


def _else_locked(fast: NotifierCall) -> NotifierCall:
    """An ordinary call that tries the fast way first."""

    def clear_young(page: Page) -> Call:
        call = fast(page)
        return Call(page.mmu.exclusive, call.why) if call.failed else call

    return clear_young


# v3: x86 as v2; arm64 walks under the read lock and calls that fast; powerpc was dropped.


def _v3_likely_fast(mmu: Mmu) -> bool:
    return mmu.arch == "arm64" or (mmu.arch == "x86" and _v2_likely_fast(mmu))


def _v3_fast(page: Page) -> Call:
    if page.mmu.arch == "arm64":
        return Call(Lock.READ, "arm64 walks under mmu_lock for read, and says fast")
    if page.mmu.arch != "x86":
        return Call(failed=True, why="the architecture supports no bitmap")
    return _v2_fast(page)


# v4: each architecture takes its own lock; the TDP MMU needs none, with or without accessed bits.


def _v4_clear_young(page: Page) -> Call:
    if page.mmu.arch == "arm64":
        return Call(Lock.READ, "arm64 takes mmu_lock for read")
    if page.mmu.arch != "x86":
        return Call(Lock.EXCLUSIVE, "the architecture takes mmu_lock exclusively")
    if not page.mmu.tdp:
        return Call(Lock.WRITE, "shadow entries need mmu_lock for write")
    if page.has_rmaps:
        past = "" if page.mmu.nested_live else " (a nested guest once ran, which is remembered)"
        return Call(Lock.WRITE, "shadow entries need mmu_lock for write" + past)
    return Call(why="the TDP MMU is walked under RCU")


# v5: fast-only calls, on x86 only; they fail for every page once the VM has rmaps.


def _v5_likely_fast(mmu: Mmu) -> bool:
    return mmu.arch == "x86" and _v2_likely_fast(mmu)


def _v5_fast(page: Page) -> Call:
    if page.mmu.arch != "x86":
        return Call(failed=True, why="only x86 has the fast-only notifier")
    if page.has_rmaps:
        return Call(failed=True, why="v5 reports FAST_FAILED once the VM has rmaps")
    return Call(why="the TDP MMU is walked under RCU")


# v6: fast-only means the TDP MMU only; v7 adds the shadow MMU, locklessly.


def _v6_likely_fast(mmu: Mmu) -> bool:
    return mmu.arch == "x86"


def _v6_fast(page: Page) -> Call:
    if page.mmu.arch != "x86":
        return Call(failed=True, why="only x86 registers a fast notifier")
    if not page.mmu.tdp:
        return Call(failed=True, why="v6's fast-only call leaves the shadow MMU out")
    if page.nested:
        return Call(tdp_part=True, why="v6's fast-only call reads the TDP MMU's entry only")
    return Call(why="the TDP MMU is walked under RCU")


def _v6_clear_young(page: Page) -> Call:
    if page.mmu.arch != "x86":
        return _v4_clear_young(page)
    if page.mmu.nested_live or not page.mmu.tdp:
        return Call(Lock.WRITE, "shadow entries need mmu_lock for write")
    return Call(why="the TDP MMU is walked under RCU")


def _v7_fast(page: Page) -> Call:
    if page.mmu.arch != "x86":
        return Call(failed=True, why="only x86 registers a fast notifier")
    return Call(why="shadow entries, too, are aged without mmu_lock")


def _v7_clear_young(page: Page) -> Call:
    return _v6_clear_young(page) if page.mmu.arch == "x86" else locked(page)


def _6_15_clear_young(page: Page) -> Call:
    if page.mmu.arch == "x86":
        return Call(why="x86 ages without mmu_lock since 6.15")
    return locked(page)


def _7_2_clear_young(page: Page) -> Call:
    if page.mmu.arch == "s390":
        return Call(Lock.READ, "s390 ages under mmu_lock for read since 7.2")
    return _6_15_clear_young(page)


EXISTING = _ordinary_only("6.1", locked)
V1 = Kvm("v1", _else_locked(_v2_fast), _v2_fast, _v2_likely_fast, flushing)
V2 = V1._replace(name="v2")
V3 = Kvm("v3", _else_locked(_v3_fast), _v3_fast, _v3_likely_fast, flushing)
V4 = _ordinary_only("v4", _v4_clear_young)
V5 = Kvm("v5", _v4_clear_young, _v5_fast, _v5_likely_fast, flushing)
V6 = Kvm("v6", _v6_clear_young, _v6_fast, _v6_likely_fast, flushing)
V7 = Kvm("v7", _v7_clear_young, _v7_fast, _v6_likely_fast, flushing)
V6_12 = _ordinary_only("6.12", locked)
V6_13 = _ordinary_only("6.13", locked, _x86_does_not_flush(locked))
V6_15 = _ordinary_only("6.15", _6_15_clear_young, _x86_does_not_flush(_6_15_clear_young))
V7_2 = _ordinary_only("7.2", _7_2_clear_young, _x86_does_not_flush(_7_2_clear_young))
V7_2 = V7_2._replace(s390_notifies=True)

_ALL = (EXISTING, V6_12, V6_13, V6_15, V7_2, V1, V2, V3, V4, V5, V6, V7)
KVMS = {made.name: made for made in _ALL}
"""By the release, or the posting, that brought it. Up to 6.12 nothing that is modelled changed; the
postings left the flushing call as it was, and no policy of theirs makes it."""
