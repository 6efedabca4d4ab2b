"""What each counted event costs: nanoseconds, a range, and where they come from.

Nobody has published prices a page table entry. These are quotients of published totals, which
include the overhead of system calls, or orders of magnitude of hardware, which are marked so.
Tables named here are in data/published/.
"""

from typing import NamedTuple


class Price(NamedTuple):
    """Nanoseconds an event: the default, the range that sources leave, and the derivation."""

    ns: float
    low: float
    high: float
    source: str


_ONE = "notifiers.csv, x86, one notifier call per page, of 8,388,608"
_TWO = "notifiers.csv: an aging with two notifier calls per page less one with one"

PRICES = {
    "pte": Price(
        18, 11, 32,
        f"{_ONE}: an aging that finds nothing young takes 88 to 99 ns per page; less the call's",
    ),
    "promote": Price(
        13, 8, 19,
        f"{_ONE}: 107 to 110 ns where all pages are young, less the 88 to 99 where none is",
    ),
    "lookup_none": Price(75, 28, 77, f"{_TWO}, 74 to 77 ns; low: all of a lockless pass on pages "
                         "of which about half exist yet (aging_vcpus.csv)"),
    "lookup_read": Price(97, 75, 134, f"{_TWO}, arm64, 97 ns; high: all of its pass"),
    "lookup_write": Price(
        86, 75, 585,
        "a lockless call and what the lock adds at 1 vCPU (aging_vcpus.csv: 3 ns per page of the "
        "final memory, about 11 of that populated); high: all of a pass beside 64 vCPUs, 585 ns. "
        "Costs.contended computes it",
    ),
    "lookup_exclusive": Price(86, 75, 585, "as write: no spinlock was measured"),
    "lookup_write_tlbflush": Price(
        2500, 1000, 15000,
        "max_guest_memory.csv: without the flush kswapd spent 5 s instead of 125 s in the notifier "
        "(64 s and 600 s in all), 25 times a locked call's 100 to 585 ns, if calls were as many",
    ),
    "lookup_in_vain": Price(50, 20, 75, "assumed: a call that finds no memslot or gives up early; "
                            "at most a lockless one"),
    "batch_page": Price(20, 5, 32, "assumed: a page in a batch of 64 beyond the call itself, about "
                        "a page table entry"),
    "rmap": Price(
        300, 150, 1000,
        "max_guest_memory.csv: folio_referenced without its notifier is 0.50 and 0.65 of it, at "
        "64 vCPUs of 585 ns per call; low: half of an uncontended one with the page's folio lock",
    ),
    "look_around_pte": Price(10, 5, 32, "neighbouring entries, eight per cache line; at most a "
                             "walked one"),
    "retouch": Price(
        165, 0, 175,
        "notifiers.csv, x86: writing to memory that was aged takes 42 ms longer per vCPU of "
        "262,144 pages; arm64 with hardware access flags: 1 to 3 ns",
    ),
    "vcpu_wait": Price(
        0, 0, 0, "time that vCPUs lose per locked call; Costs.contended computes it"
    ),
}  # fmt: skip
"""By the name that `Costs` takes."""

SWAP = {
    "zram": {
        "swap_in": Price(
            2000, 1250, 9400,
            "lz4: 5 GB swapped in in 1.64 s (kernel commit 0bcac06f27d7), 1.7 us per read on a "
            "desktop, 9.4 us on a Raspberry Pi 4 (fio runs by users); and the fault",
        ),
        "swap_out": Price(
            6400, 4000, 9100,
            "lz4, 3 streams on a 2-core i5: 6.4 us per page rewritten, 9.1 us first written "
            "(kernel commit 6e76668e415a)",
        ),
    },
    "nvme": {
        "swap_in": Price(90_000, 10_000, 150_000, "order of magnitude: data sheets' random 4 KiB "
                         "reads; low: Optane"),
        "swap_out": Price(3000, 1000, 10_000, "order of magnitude: submitting; nobody waits"),
    },
    "disk": {
        "swap_in": Price(8_000_000, 4_000_000, 15_000_000, "7,200 turns a minute: half a turn is "
                         "4.2 ms, and a seek"),
        "swap_out": Price(3000, 1000, 10_000, "order of magnitude: submitting; nobody waits"),
    },
}  # fmt: skip
"""Devices to swap to. What a page swapped in costs is time that somebody waits for it."""

UNPRICED = {
    "aging": "its walk's entries are priced",
    "page table walk": "its entries are priced",
    "page table walked": "its entries are priced",
    "page young in the secondary MMU only": "part of the call",
    "page rescued": "its rmap walk, its call and its promotion are priced",
    "look-around": "its entries are priced",
    "page fault": "the same on every kernel but for pages swapped in",
    "reclaim": "its scanning is priced",
}
"""Events without a price of their own, and why."""

IN_WORDS = {
    "pte": "an entry that a walk reads",
    "promote": "a promotion",
    "lookup_none": "a call without a lock",
    "lookup_read": "a call with mmu_lock for read",
    "lookup_write": "a call with mmu_lock for write",
    "lookup_exclusive": "a call with mmu_lock, a spinlock",
    "lookup_write_tlbflush": "a call that flushes TLBs",
    "lookup_in_vain": "a call in vain",
    "batch_page": "a page in a batch",
    "rmap": "an rmap walk",
    "look_around_pte": "an entry that look-around reads",
    "retouch": "an accessed bit set again",
    "vcpu_wait": "the time that vCPUs lose per locked call",
    "swap_in": "a page swapped in",
    "swap_out": "a page swapped out",
}
"""Each price for people."""

MEASURE = {
    "pte": "the time of an aging that finds nothing young, per page",
    "promote": "an aging with all pages young, less one with none",
    "lookup_none": "an aging of a guest less one of the same memory without KVM, per page",
    "lookup_read": "the same on arm64, beside the faults that you expect",
    "lookup_write": "kvm's clear-young notifier by ftrace, beside the vCPU faults that you expect",
    "lookup_exclusive": "the same notifier on this architecture",
    "lookup_write_tlbflush": "kvm_mmu_notifier_clear_flush_young by ftrace on KVM up to 6.12",
    "lookup_in_vain": "the same notifier for memory outside the guest",
    "batch_page": "a pass by batches of 64, per page, on a kernel that has them",
    "rmap": "folio_referenced() by ftrace without its notifier, while the host reclaims",
    "look_around_pte": "lru_gen_look_around() by ftrace, per entry",
    "retouch": "writing to aged memory less writing to memory that was not aged, per page",
    "vcpu_wait": "how long vCPU faults wait for mmu_lock (perf lock contention)",
    "swap_in": "do_swap_page() by ftrace on your swap device",
    "swap_out": "the time of a swap-out on your device, per page, as reclaim sees it",
}
"""What would have to be measured on the reader's host to narrow a price."""
