"""Pages charged to a memcg, and the CPU's stock of pages charged in advance (mm/memcontrol.c)."""

from mglru_lab.kernel.jit import jit, leaf
from mglru_lab.kernel.lruvec import NO_MEMCG, Lruvec

MEMCG_CHARGE_BATCH = 64


@leaf
def uncharge(v: Lruvec, pages: int) -> None:
    """Take pages off the memcg's charge, and off that of the memcg that has the limit."""
    v.lru.usage -= pages
    v.cpu.usage -= pages


@leaf
def consume_stock(v: Lruvec) -> bool:
    """Take a page that was charged in advance, if there is one for this memcg."""
    if v.cpu.stock_memcg != v.lru.memcg or v.cpu.stock == 0:
        return False
    v.cpu.stock -= 1
    return True


@jit
def drain_stock(v: Lruvec) -> None:
    """Give back what is charged in advance, to whichever memcg it belongs."""
    if v.cpu.stock_memcg == NO_MEMCG:
        return
    v.lrus[v.cpu.stock_memcg].usage -= v.cpu.stock
    v.cpu.usage -= v.cpu.stock
    v.cpu.stock = 0
    v.cpu.stock_memcg = NO_MEMCG


@jit
def refill_stock(v: Lruvec, pages: int) -> None:
    """Keep pages that are charged already; there is one stock, so another memcg's is drained."""
    if v.cpu.stock_memcg != v.lru.memcg:
        drain_stock(v)
        v.cpu.stock_memcg = v.lru.memcg
    v.cpu.stock += pages
    if v.cpu.stock > MEMCG_CHARGE_BATCH:
        drain_stock(v)
