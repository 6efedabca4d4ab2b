"""What the program that plays a scenario does to memory besides the scenario's own accesses.

The same program runs scenarios on real kernels (recorder/guest/guest.c): the model does it, too.
"""

from collections.abc import Sequence

from mglru_lab.kernel.lruvec import PTRS_PER_PTE, Lruvec
from mglru_lab.kernel.memcontrol import try_charge
from mglru_lab.kernel.memory import user_access
from mglru_lab.kernel.rstat import flush_stats, mem_cgroup_flush_stats
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.swap import FOREIGN, GIVEN_BACK, folio_add_lru, lru_add_drain
from mglru_lab.lab.run.layout import Layout, tables_of
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.policy.policy import Policy
from mglru_lab.scenario.language import FILES
from mglru_lab.scenario.traces.entries import Entries


class RecordingProgram:
    """One process, or two if the regions are split; what chance did to it is in `unrecorded`."""

    def __init__(
        self, vs: Sequence[Lruvec], rules: Rules, layout: Layout, unrecorded: Unrecorded
    ) -> None:
        self.v, self.vs, self.rules, self.layout = vs[0], vs, rules, layout
        self.unrecorded = unrecorded
        self.regions = 0
        """Made so far."""
        self._first_look = dict(zip(("before", "after"), unrecorded.first_dump, strict=True))

    def make_region(self, pages: int, kind: str, policy: Policy) -> bool:
        """Touch one page per page table and give them back; their charges remain.

        Those that still wait in a batch stay charged until it is emptied, which is at once where
        giving memory back empties it. A guest's program is one page more. False if the memcg is
        full.
        """
        tables = 0 if kind in FILES else tables_of(pages)
        v = self.vs[self.regions if self.layout.split else 0]
        if self.regions or self.layout.split:
            user_access(v, self.rules, policy, int(v.lru.own_page), True)
        drains = bool(self.rules.unmapping_drains)
        emptied, phase = divmod(self.unrecorded.phase, self.rules.batch)
        self._pages_of_others(0 if drains or emptied else phase)
        for _ in range(tables):
            if not try_charge(v, self.rules, policy):
                return False
            if not drains:
                folio_add_lru(v, self.rules, GIVEN_BACK - int(v.lru.memcg), True)
        if tables and drains:
            v.lru.usage -= tables
            v.cpu.usage -= tables
            lru_add_drain(v, self.rules)
        self.regions += 1
        if kind == "kvm":
            v.lru.has_notifiers = True
            if self.unrecorded.stack_page:
                user_access(v, self.rules, policy, v.pte.size - PTRS_PER_PTE, True)
            user_access(v, self.rules, policy, int(v.lru.code_page), True)
        if emptied:
            lru_add_drain(v, self.rules)
        self._pages_of_others(phase if drains or emptied else 0)
        self.v.stat.pgfault = 0  # it counts from here on
        return True

    def overwrite(self, trace: Entries, touches: Entries) -> None:
        """Touches are built in the buffer of the trace, whose beginning is lost."""
        overwritten = min(touches.size, trace.size)
        trace[:overwritten] = touches[:overwritten]

    def settle(self) -> None:
        """Every process drains its batches; those of the one with the scenario's memory go last."""
        for v in reversed(self.vs):
            v.lru.mm_used = True
            lru_add_drain(v, self.rules)

    def read_stat(self) -> None:
        """Reading memory.stat flushes it: from 6.12 on only if enough is pending."""
        if self.rules.flushes_before_reclaim:
            mem_cgroup_flush_stats(self.v)
        else:
            flush_stats(self.v)

    def look(self, when: str) -> None:
        """The first look into the page tables adds pages of its own, `before` and `after` it."""
        self._pages_of_others(self._first_look.pop(when, 0))

    def _pages_of_others(self, count: int) -> None:
        """That many pages that the memcg does not own come into the LRU-add batch."""
        for _ in range(count):
            folio_add_lru(self.v, self.rules, FOREIGN, True)

    def let_timer_flush(self, most: int) -> int:
        """Let the kernel's timer flush the statistics if it is due.

        Returns how many accesses may follow until it comes again, at most `most`.
        """
        done = int(self.v.stat.accesses)
        for at, point in self.unrecorded.flushes:
            if at == done and point:
                self.v.cpu.flush_in = point
            elif at == done:
                flush_stats(self.v)
            elif at > done:
                return at - done
        return most
