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
    vm_looks_around: bool
    """Look-around happens in an mm with MMU notifiers at all."""
    nonleaf_skips_vm: bool
    """Page tables with an old PMD are skipped (0x4) in an mm with MMU notifiers."""
    nonleaf_skips_others: bool
    """They are skipped in an mm without notifiers."""
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
        vm_looks_around=True,
        nonleaf_skips_vm=True,
        nonleaf_skips_others=True,
        aging_lock=Lock.NONE,
        eviction_lock=Lock.WRITE_TLBFLUSH,
        look_around_lock=Lock.NONE,
    ),
    # 6.12 to 6.14: walk and look-around use ptep_clear_young_notify(), one locked call a page.
    "6.12": Policy(
        walk_asks=True,
        window_asks=True,
        secondary_starts_look_around=True,
        vm_looks_around=True,
        nonleaf_skips_vm=False,
        nonleaf_skips_others=True,
        aging_lock=Lock.WRITE,
        eviction_lock=Lock.WRITE,
        look_around_lock=Lock.WRITE,
    ),
}

SWITCH = "lru_gen_ask"


def switched(bits: int) -> Policy:
    """The policy of a 6.12 built with a runtime switch, as it was recorded (`knob lru_gen_ask N`).

    Bits: 1 the walk asks, 2 look-around's window asks, 4 a page young in either MMU starts
    look-around (else one young in the primary), 8 look-around never runs in an mm with notifiers,
    16 while the walk asks, 0x4 skips nothing in any mm (v4; else only in an mm with notifiers).
    """
    if not 0 <= bits < 32:
        raise ValueError(f"{SWITCH} {bits}: allowed are 0 to 31")
    return Policy(
        walk_asks=bool(bits & 1),
        window_asks=bool(bits & 2),
        secondary_starts_look_around=bool(bits & 4),
        vm_looks_around=not bits & 8,
        nonleaf_skips_vm=not bits & 1,
        nonleaf_skips_others=bits & 17 != 17,
        aging_lock=Lock.WRITE,
        eviction_lock=Lock.WRITE,
        look_around_lock=Lock.WRITE,
    )
