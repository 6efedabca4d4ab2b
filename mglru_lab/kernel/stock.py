"""Pages charged to a memcg, and the CPU's stock of pages charged in advance (mm/memcontrol.c)."""

from mglru_lab.kernel.jit import jit, leaf
from mglru_lab.kernel.lruvec import Lruvec
from mglru_lab.kernel.rules import Rules

MEMCG_CHARGE_BATCH = 64


@leaf
def uncharge(v: Lruvec, pages: int) -> None:
    """Take pages off the memcg's charge, and off that of the memcg that has the limit."""
    v.lru.usage -= pages
    v.cpu.usage -= pages


@leaf
def consume_stock(v: Lruvec) -> bool:
    """Take a page that was charged in advance, if there is one for this memcg."""
    if v.lru.stock == 0:
        return False
    v.lru.stock -= 1
    return True


@jit
def drain_stock(v: Lruvec, kept: int) -> None:
    """Give back what is charged in advance to every memcg but `kept` (-1: to all)."""
    for memcg in range(v.lrus.size):
        if memcg != kept:
            pages = v.lrus[memcg].stock
            v.lrus[memcg].usage -= pages
            v.cpu.usage -= pages
            v.lrus[memcg].stock = 0


@jit
def refill_stock(v: Lruvec, rules: Rules, pages: int) -> None:
    """Keep pages that are charged already; a CPU with one stock gives another memcg's back."""
    if rules.stock_slots == 1:
        drain_stock(v, v.lru.memcg)
    v.lru.stock += pages
    if v.lru.stock > MEMCG_CHARGE_BATCH:
        uncharge(v, v.lru.stock)
        v.lru.stock = 0
