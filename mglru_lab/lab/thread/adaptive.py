"""A policy that measures what its questions cost and find, and stops when asking does not pay.

It is the mail's "KVM nullifies its hook", made at run time; and an example of a policy of one's
own.
"""

from collections.abc import Mapping
from types import MappingProxyType

from mglru_lab.policy.mmu import Lock
from mglru_lab.policy.own_policy import Moment, OwnPolicy, Pages

QUESTION_NS: Mapping[Lock, float] = MappingProxyType(
    {
        Lock.NONE: 110,
        Lock.READ: 130,
        Lock.WRITE: 585,
        Lock.EXCLUSIVE: 585,
        Lock.WRITE_TLBFLUSH: 585,
    }
)
"""Nanoseconds per question, by lock: published passes divided by their pages (July 2024, one
notifier; for write locks the contended one at 64 vCPUs of v4's cover letter)."""


def adaptive(
    found_ns: float = 5000,
    question_ns: Mapping[Lock, float] = QUESTION_NS,
    probe_every: int = 8,
    look_around: str = "v2",
    kvm: str = "v4",
) -> OwnPolicy:
    """Ask about every page while one of the last two asking walks paid; else probe every n-th walk.

    A walk pays if the pages that only the secondary MMU knew to be young, at `found_ns` each, are
    worth more than its questions; it takes two, because a page's fault sets the primary bit, too,
    and the first walk learns nothing new. `found_ns` is an assumption, not a measurement: what a
    page taken for cold costs later (a rescue at eviction, or a swap-in from zram).
    """
    if probe_every < 1:
        raise ValueError(f"probe_every {probe_every}: allowed are 1 and above")
    prices = [question_ns[lock] for lock in Lock]

    def asks_while_it_pays(pages: Pages, at: Moment) -> bool:
        """Asks everywhere while what its last two asking walks found was worth the questions."""
        asking = at.asked.sum(axis=1).nonzero()[0][-2:]
        if asking.size < 2:
            return True
        paid = at.found[asking] * found_ns >= at.asked[asking] @ prices
        return bool(paid.any() or len(at.found) - asking[-1] >= probe_every)

    return OwnPolicy("adaptive", asks_while_it_pays, look_around, kvm)
