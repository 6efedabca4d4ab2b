"""Charging pages to the memcg, its limit, and memory.reclaim (mm/memcontrol.c)."""

from mglru_lab.kernel.jit import entry, jit, leaf, leaf_entry
from mglru_lab.kernel.lruvec import Lruvec
from mglru_lab.kernel.reclaim import try_to_free_mem_cgroup_pages
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.stock import MEMCG_CHARGE_BATCH, consume_stock, drain_stock, refill_stock
from mglru_lab.kernel.swap import lru_add_drain
from mglru_lab.policy.policy import Policy

MAX_RECLAIM_RETRIES = 16


@leaf
def charge(v: Lruvec, rules: Rules, pages: int) -> bool:
    """Charge `pages` if the limit allows it; all but one are the CPU's stock then."""
    if v.cpu.usage + pages > v.cpu.limit:
        return False
    v.cpu.usage += pages
    v.lru.usage += pages
    if pages > 1:
        refill_stock(v, rules, pages - 1)
    return True


@leaf_entry
def try_charge(v: Lruvec, rules: Rules, policy: Policy) -> bool:
    """Charge one page, reclaiming at the limit; false where the kernel's OOM killer comes."""
    if consume_stock(v) or charge(v, rules, MEMCG_CHARGE_BATCH) or charge(v, rules, 1):
        return True
    return charge_at_limit(v, rules, policy)


@jit
def charge_at_limit(v: Lruvec, rules: Rules, policy: Policy) -> bool:
    """Charge one page once reclaim, or what the CPU's stock gives back, has made room for it."""
    retries = MAX_RECLAIM_RETRIES
    drained = False
    while True:
        v.cpu.nr_to_reclaim = 1
        v.cpu.proactive = 0
        reclaimed = try_to_free_mem_cgroup_pages(v, rules, policy)
        if v.cpu.usage >= v.cpu.limit:
            if not drained:
                drain_stock(v, -1)
                drained = True
            elif not reclaimed:
                if retries == 0:
                    return False
                retries -= 1
        if consume_stock(v) or charge(v, rules, 1):
            return True


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
