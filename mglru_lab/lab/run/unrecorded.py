"""What a recording does not show of its run: pages of others, context switches, addresses."""

from dataclasses import dataclass

Flush = tuple[int, int]
"""After how many accesses, and at which point of the next one's reclaim; 0: before it."""


@dataclass(frozen=True, kw_only=True)
class Unrecorded:
    """Nothing, unless a recording is compared with.

    `phase`: pages of other tasks in the LRU-add batch after a region was made; where giving memory
    back does not empty it, before, or after it was emptied, if these are more than it holds.
    `first_dump`: pages
    that the recorder added to it at its first dump (with mixed memory the first stat), before it
    read the pages' flags and after.
    `flipped_walks`: ordinals of unforced agings that walked where none is expected to, because the
    timer switched tasks between two agings of one fault, or did not where one is, because the
    kworker that reclaim had woken was late. `unpreempted`: without
    `fifo 1`, no other switch came between accesses at all. `code_shares_table`: the
    page table of the guest's code maps memory of the worker, too, whose use keeps it young;
    `code_table_crowded`: its other PTEs make the code's one young page too few for the Bloom
    filter; addresses are random, so recordings differ in both. `stack_page`: making the guest took
    one more page of the worker's stack, whose start is random, too. `flushes`: when the kernel's
    timer flushed the statistics. `seen_walks`: per aging, whether it walked, where a recording's
    trace of the kernel tells. `freed_slab`: slab pages freed amid reclaim, in which reclaim and
    which round of it, both from 1, and how many.
    """

    phase: int = 0
    first_dump: tuple[int, int] = (0, 0)
    flipped_walks: tuple[int, ...] = ()
    unpreempted: bool = False
    code_shares_table: bool = False
    code_table_crowded: bool = False
    stack_page: bool = False
    flushes: tuple[Flush, ...] = ()
    seen_walks: tuple[bool, ...] = ()
    freed_slab: tuple[tuple[int, int, int], ...] = ()
