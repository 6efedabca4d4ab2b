"""Two processes that take turns on one CPU, each with a memcg of its own."""

import numpy as np

from mglru_lab.kernel.jit import entry
from mglru_lab.kernel.lruvec import Lruvec
from mglru_lab.kernel.mm_inline import of_memcg
from mglru_lab.kernel.replay import GUEST_BIT, replay
from mglru_lab.kernel.rules import Rules
from mglru_lab.policy.policy import Policy


@entry
def replay_turns(
    v: Lruvec,
    rules: Rules,
    policy: Policy,
    entries: np.ndarray,
    first_table: np.ndarray,
    by_guest: np.ndarray,
    used_every: int,
    misses: np.ndarray,
) -> int:
    """Like `replay`, but each run of a region's accesses is a turn of that region's process."""
    start = 0
    while start < entries.size:
        process = (entries[start] >> GUEST_BIT) & 1
        end = start + 1
        while end < entries.size and (entries[end] >> GUEST_BIT) & 1 == process:
            end += 1
        log = misses[start:end] if misses.size else misses
        its = of_memcg(v, process)
        done = replay(
            its, rules, policy, entries[start:end], first_table, by_guest, False, used_every, log
        )
        if done < end - start:
            return start + done
        start = end
    return start
