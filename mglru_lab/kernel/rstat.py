"""Updates of memcg statistics that are pending, and when 6.1 flushes them (mm/memcontrol.c).

A CPU counts its updates, of whatever statistic and memcg, each by its amount. Those of faults and
batches are by one, so only how many there were matters: they are read off other counters once
reclaim begins. Reclaim's own are counted as they come: what is over whole lots is dropped.
Kernel memory is not accounted, as in the recordings.
"""

from mglru_lab.kernel.jit import entry, jit, leaf
from mglru_lab.kernel.lruvec import ANON_AND_FILE, MEMORY_FILE, Lruvec
from mglru_lab.kernel.mm_inline import LRU_ACTIVE, LRU_INACTIVE
from mglru_lab.kernel.stock import MEMCG_CHARGE_BATCH

NUM_ONLINE_CPUS = 1
SWAP_SLOTS_CACHE_SIZE = 64
"""Freed swap slots that a CPU keeps; one more, and these go back (mm/swap_slots.c)."""


@entry
def flush_stats(v: Lruvec) -> None:
    """Make the statistics of this moment those that reclaim and refaults read."""
    for kind in range(ANON_AND_FILE):
        v.lru.flushed_inactive[kind] = v.lru.nr_pages[LRU_INACTIVE, kind]
        v.lru.flushed_active[kind] = v.lru.nr_pages[LRU_ACTIVE, kind]
        v.lru.flushed_activated[kind] = v.lru.activated[kind]
        v.lru.flushed_io[kind] = v.lru.io[kind]
        v.lru.flushed_rotated[kind] = v.lru.rotated[kind]
    v.cpu.stats_flush_threshold = 0


@leaf
def memcg_rstat_updated(v: Lruvec, amount: int) -> None:
    """A statistic has changed by `amount`; more than a lot pending is whole lots, no rest."""
    v.cpu.stats_updates += amount
    if v.cpu.stats_updates > MEMCG_CHARGE_BATCH:
        v.cpu.stats_flush_threshold += v.cpu.stats_updates // MEMCG_CHARGE_BATCH
        v.cpu.stats_updates = 0


@leaf
def updated_one_by_one(v: Lruvec, updates: int) -> None:
    """So many updates by one: every 65th makes a lot."""
    pending = v.cpu.stats_updates + updates
    v.cpu.stats_flush_threshold += pending // (MEMCG_CHARGE_BATCH + 1)
    v.cpu.stats_updates = pending % (MEMCG_CHARGE_BATCH + 1)


@leaf
def updated_by_faults(v: Lruvec) -> int:
    """Updates by one that faults, reads and batches have made so far, but for a constant.

    Per fault PGFAULT, PGMAJFAULT. Per page charged PGPGIN, NR_ANON_MAPPED or NR_FILE_PAGES, and its
    list's size once it has left the batch; two sizes and PGACTIVATE per page activated from a
    batch; WORKINGSET_*. A file's fault maps a page (NR_FILE_MAPPED), and after reading it is
    handled, hence counted, once more. MEMCG_SWAP falls when freed slots go back, all at once.
    A fault that finds its page in the swap cache is taken for one that maps nothing.
    """
    stat = v.stat
    charged = v.cpu.usage - v.lru.stock + stat.pgsteal
    updates = stat.pgfault + 3 * charged - v.cpu.add_count + 3 * stat.pgactivate
    if v.table[v.lru.first_table].memory & MEMORY_FILE:
        updates += stat.workingset_refault_file + stat.workingset_activate_file
        updates += stat.workingset_restore_file + stat.pgfault
        if stat.pgfault:  # it is mapped, so that every page charged was a major fault
            updates += 2 * charged
    else:
        updates += stat.workingset_refault_anon + stat.workingset_activate_anon
        updates += stat.workingset_restore_anon + stat.pgmajfault
        updates += max(stat.pgmajfault - 1, 0) // SWAP_SLOTS_CACHE_SIZE * SWAP_SLOTS_CACHE_SIZE
    return int(updates)


@leaf
def pass_over(v: Lruvec) -> None:
    """What reclaim has counted as it came is not counted once more."""
    v.cpu.stats_counted = updated_by_faults(v)


@jit
def count_faults(v: Lruvec) -> None:
    """Count what faults, reads and batches have updated since this was last done."""
    updated_one_by_one(v, updated_by_faults(v) - v.cpu.stats_counted)
    pass_over(v)


@entry
def mem_cgroup_flush_stats(v: Lruvec) -> None:
    """Flush if more lots are pending than there are CPUs."""
    count_faults(v)
    if v.cpu.stats_flush_threshold > NUM_ONLINE_CPUS:
        flush_stats(v)
