"""From the thread to the newest kernel: what was posted, what was merged, what never was."""

from typing import Literal, NamedTuple

import polars as pl

Fate = Literal["merged", "never merged", "not of the thread"]


class Event(NamedTuple):
    """One posting, or one release."""

    when: str
    """A date for a posting, a release for what it brought."""
    what: str
    """One clause."""
    fate: Fate
    source: str
    """Message id, commit, or file."""
    variant: str = ""
    """Its name here, if it is one of the thread's variants or a release's policy."""
    rule: str = ""
    """A field of `Rules` that changed with it."""


NEVER: Fate = "never merged"
MERGED: Fate = "merged"
ELSE: Fate = "not of the thread"

MAIL = "CADrL8HXHWg_MkApYQTngzmN21NEGNWC6KzJDw_Lm63JHJkR=5A@mail.gmail.com"

TIMELINE = (
    Event("6.1", "only eviction asks", MERGED, "Linux 6.1", "6.1"),
    Event("2023-02-16", "v1: lockless batches of 64, bit 0x8", NEVER,
          "20230217041230.2417228-1-yuzhao@google.com", "v1"),
    Event("2023-05-26", "v2: where the architecture says probably lockless", NEVER,
          "20230526234435.662652-1-yuzhao@google.com", "v2"),
    Event("2024-04-01", "v3: always, in batches", NEVER,
          "20240401232946.1837665-1-jthoughton@google.com", "v3"),
    Event("2024-05-29", "v4: a Kconfig decides", NEVER,
          "20240529180510.2295118-1-jthoughton@google.com", "v4"),
    Event("2024-05-29", "the mail: exactly where no lock is taken", NEVER,
          MAIL, "exact"),
    Event("2024-05-29", "the mail: the same, and a Kconfig that forces it", NEVER,
          MAIL, "proposed"),
    Event("2024-06-11", "v5: fast-only calls", NEVER,
          "20240611002145.2078921-1-jthoughton@google.com", "v5"),
    Event("2024-07-24", "v6: fast-only calls, one per page", NEVER,
          "20240724011037.3671523-1-jthoughton@google.com", "v6"),
    Event("2024-09-26", "v7: shadow entries, too", NEVER,
          "20240926013506.860253-1-jthoughton@google.com", "v7"),
    Event("6.12", "walks and look-around ask about every page, whatever that locks", MERGED,
          "1d4832becdc2", "6.12"),
    Event("6.13", "x86: a question flushes no TLB", MERGED, "kvm-x86-mmu-6.13"),
    Event("6.14", "a page must be seen twice to be promoted; other places, other tiers", ELSE,
          "mm/vmscan.c, include/linux/mm_inline.h", rule="seen_twice"),
    Event("6.15", "x86: a question takes no mmu_lock", MERGED, "kvm-x86-mmu-6.15", "6.15"),
    Event("6.16", "the selftest uses MGLRU", MERGED, "d166453ebd29"),
    Event("6.17", "a call of eviction scans no more than reclaim still wants", ELSE,
          "mm/vmscan.c", rule="scans_what_is_left"),
    Event("7.1", "one question for all entries of a large folio", ELSE, "56e5b60b2114"),
    Event("7.2", "a reclaim loop with a budget, which stops when enough is reclaimed", ELSE,
          "20260428-mglru-reclaim-v7", rule="budget"),
    Event("7.2", "every fault marks its page referenced", ELSE, "mm/swap.c", rule="fault_marks"),
    Event("7.2", "s390 can be asked, under mmu_lock for read", ELSE, "arch/s390/kvm"),
    Event("7.3", "a page swapped in by a write no longer empties the batches", ELSE,
          "mm/memory.c", rule="swapin_write_drains"),
)  # fmt: skip
"""In the order of time; releases stand where they came out."""


def table() -> pl.DataFrame:
    """The events as a frame: when, what, became, source (of a message id, what is before the @)."""
    rows = []
    for one in TIMELINE:
        source = "the mail" if one.source == MAIL else one.source.split("@")[0]
        rows.append((one.when, one.what, one.fate, source))
    return pl.DataFrame(rows, ["when", "what", "became", "source"], orient="row")
