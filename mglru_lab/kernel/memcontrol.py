"""Charging pages to the memcg, its limit, and memory.reclaim (mm/memcontrol.c)."""

from mglru_lab.kernel.jit import entry, jit, leaf_entry
from mglru_lab.kernel.lruvec import Lruvec
from mglru_lab.kernel.policy import Policy
from mglru_lab.kernel.reclaim import try_to_free_mem_cgroup_pages
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.stock import MEMCG_CHARGE_BATCH, consume_stock, drain_stock, refill_stock
from mglru_lab.kernel.swap import lru_add_drain

MAX_RECLAIM_RETRIES = 16


@leaf_entry
def try_charge(v: Lruvec, rules: Rules, policy: Policy) -> bool:
    """Charge one page, reclaiming at the limit; false where the kernel's OOM killer comes."""
    return consume_stock(v) or charge_batch(v, rules, policy)


@jit
def charge_batch(v: Lruvec, rules: Rules, policy: Policy) -> bool:
    """Charge one page while the stock has none, and more of them in advance below the limit."""
    batch = MEMCG_CHARGE_BATCH
    retries = MAX_RECLAIM_RETRIES
    drained = False
    while True:
        if consume_stock(v):
            return True
        if v.cpu.usage + batch <= v.cpu.limit:
            v.cpu.usage += batch
            v.lru.usage += batch
            if batch > 1:
                refill_stock(v, batch - 1)
            return True
        if batch > 1:
            batch = 1
            continue
        v.cpu.nr_to_reclaim = 1
        v.cpu.proactive = 0
        reclaimed = try_to_free_mem_cgroup_pages(v, rules, policy)
        if v.cpu.usage < v.cpu.limit:
            continue
        if not drained:
            drain_stock(v)
            drained = True
        elif not reclaimed:
            if retries == 0:
                return False
            retries -= 1


@entry
def memory_reclaim(v: Lruvec, rules: Rules, policy: Policy, pages: int) -> bool:
    """Write `pages` to memory.reclaim; false if they could not be had (EAGAIN)."""
    retries = MAX_RECLAIM_RETRIES
    wanted = v.stat.pgsteal + pages
    while v.stat.pgsteal < wanted:
        if retries == 0:
            lru_add_drain(v, rules)
        v.cpu.nr_to_reclaim = (wanted - v.stat.pgsteal) // rules.proactive_parts
        v.cpu.proactive = 1
        if try_to_free_mem_cgroup_pages(v, rules, policy) == 0:
            if retries == 0:
                return False
            retries -= 1
    return True
