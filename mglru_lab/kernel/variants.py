"""Who asks the secondary MMU, and when: the *policy* in question, as data.

Eviction asks about the page at hand in every variant; what is argued about is aging and
look-around. Sources: the thread "mm: multi-gen LRU: Have secondary MMUs participate in aging"
and commit 1d4832becdc2 (in 6.12).
"""

from typing import NamedTuple

from mglru_lab.kernel.mmu import Lock


class Policy(NamedTuple):
    """When the accessed bits of the secondary MMU are looked at."""

    walk_asks: bool
    """The page table walk of an aging asks about every page; else it reads primary bits only."""
    window_asks: bool
    """Look-around asks about every page of its window; else it reads primary bits only."""
    secondary_starts_look_around: bool
    """A page young in either MMU starts look-around; else only one young in the primary."""
    nonleaf_skips_vm: bool
    """Page tables with an old PMD are skipped in an mm with MMU notifiers, too."""
    aging_lock: Lock
    eviction_lock: Lock
    look_around_lock: Lock


VARIANTS = {
    # Up to 6.11: guest pages sink to the oldest generation and are rescued there, one by one,
    # by ptep_clear_flush_young_notify().
    "6.1": Policy(
        walk_asks=False,
        window_asks=False,
        secondary_starts_look_around=False,
        nonleaf_skips_vm=True,
        aging_lock=Lock.NONE,
        eviction_lock=Lock.WRITE_TLBFLUSH,
        look_around_lock=Lock.NONE,
    ),
    # 6.12 to 6.14: walk and look-around use ptep_clear_young_notify(), one locked call a page.
    "6.12": Policy(
        walk_asks=True,
        window_asks=True,
        secondary_starts_look_around=True,
        nonleaf_skips_vm=False,
        aging_lock=Lock.WRITE,
        eviction_lock=Lock.WRITE,
        look_around_lock=Lock.WRITE,
    ),
}
