"""/sys/kernel/debug/lru_gen: its commands and its text (mm/vmscan.c)."""

from mglru_lab.kernel.aging import try_to_inc_max_seq
from mglru_lab.kernel.eviction import evict_folios
from mglru_lab.kernel.features import Enabled
from mglru_lab.kernel.jit import entry
from mglru_lab.kernel.lruvec import (
    ANON_AND_FILE,
    FRESH_WALK,
    MAX_NR_GENS,
    MIN_NR_GENS,
    NO_WALK,
    Lruvec,
)
from mglru_lab.kernel.mm_inline import evictable_min_seq
from mglru_lab.kernel.rules import Rules
from mglru_lab.policy.policy import Policy

OK = 0
EEXIST = -17
EINVAL = -22
ERANGE = -34


@entry
def run_aging(v: Lruvec, rules: Rules, policy: Policy, forced: bool) -> int:
    """`+` for the present max_seq; 0, or ERANGE if four generations exist and it is not forced.

    Where that merges two instead, EEXIST if another aging was faster.
    """
    four = evictable_min_seq(v) + MAX_NR_GENS - 1 <= v.lru.max_seq
    if four and not forced and not rules.unforced_merges:
        return ERANGE
    aged = try_to_inc_max_seq(v, rules, policy, forced)
    return OK if aged or not rules.unforced_merges else EEXIST


@entry
def run_eviction(
    v: Lruvec, rules: Rules, policy: Policy, seq: int, swappiness: int, nr_to_reclaim: int
) -> int:
    """`-` for all generations up to `seq`; 0, or EINVAL for one of the two youngest."""
    if seq + MIN_NR_GENS > v.lru.max_seq:
        return EINVAL
    v.cpu.mm_walk = FRESH_WALK
    enough = v.stat.pgsteal + nr_to_reclaim
    while seq >= evictable_min_seq(v) and v.stat.pgsteal < enough:
        if evict_folios(v, rules, policy, swappiness, enough - v.stat.pgsteal) == 0:
            break
    v.cpu.mm_walk = NO_WALK
    return OK


def shown_size(v: Lruvec, seq: int, kind: int) -> int:
    """Pages of one type in a generation, as debugfs prints them: 0 where it has none by now."""
    if seq < v.lru.min_seq[kind] or not v.lru.enabled & Enabled.CORE:
        return 0
    return max(int(v.lru.nr_pages[seq % MAX_NR_GENS, kind]), 0)


def lru_gen_text(v: Lruvec, memcg: int = 2, path: str = "/lab") -> str:
    """What `cat lru_gen` prints for this memcg.

    Columns: generation, age, anon pages, file pages. The model has no clock: its age is in
    accesses, where the kernel's is in milliseconds.
    """
    lines = [f"memcg {memcg:5d} {path}", f" node {0:5d}"]
    for seq in range(int(v.lru.min_seq.min()), int(v.lru.max_seq) + 1):
        age = int(v.stat.accesses) - int(v.lru.birth[seq % MAX_NR_GENS])
        anon, file = (shown_size(v, seq, kind) for kind in range(ANON_AND_FILE))
        lines.append(f" {seq:10d} {age:10d} {anon:10d}  {file:10d} ")
    return "\n".join(lines) + "\n"
