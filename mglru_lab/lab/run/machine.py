"""The machine that a scenario runs on: one process in one memcg, and who records it."""

import errno
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mglru_lab.kernel import debugfs
from mglru_lab.kernel.features import Enabled, enabled_store
from mglru_lab.kernel.lruvec import LRU_GEN_ANON, PTRS_PER_PTE
from mglru_lab.kernel.memcontrol import try_charge
from mglru_lab.kernel.memory import user_access
from mglru_lab.kernel.replay import GUEST_BIT, READ_BIT, replay
from mglru_lab.kernel.rstat import flush_stats, mem_cgroup_flush_stats
from mglru_lab.kernel.swap import FOREIGN, folio_add_lru, lru_add_drain
from mglru_lab.kernel.turns import replay_turns
from mglru_lab.lab.run.layout import GUEST_CODE_PAGES, Layout
from mglru_lab.lab.run.proactive import Passes
from mglru_lab.lab.run.snapshot import Snapshot, page_map, take
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.policy.decision import known_bits
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.own import Hook, OwnPolicy
from mglru_lab.policy.policy import Policy
from mglru_lab.policy.switch import switched
from mglru_lab.scenario.language import FILES, Command, Scenario
from mglru_lab.scenario.traces.entries import Entries, TraceError, check_entries, load_trace


class OutOfMemory(RuntimeError):
    """The memcg is full and nothing can be reclaimed: the kernel's OOM killer comes."""


class Machine:
    """Runs the commands of one scenario, in order, and keeps what dumps and stats saw."""

    def __init__(
        self,
        scenario: Scenario,
        kernel: Kernel,
        traces: Iterable[Path] = (),
        unrecorded: Unrecorded | None = None,
        entries: Mapping[str, Entries] | None = None,
    ) -> None:
        self.kernel = kernel
        self.unrecorded = unrecorded or Unrecorded()
        self.rules = kernel.engine_rules()
        self.commands = scenario.commands()
        self.layout = Layout.of(self.commands, kernel.mmu)
        self.loaded = self._load(scenario, list(traces), entries or {})
        self.v = self.layout.new_lruvec(int(kernel.enabled), self.unrecorded)
        self.vs = [self.v.of_memcg(memcg) for memcg in range(self.v.lrus.size)]
        self.guests = self.vs[-1]
        """The state as the memcg of the guest's process sees it."""
        if self.unrecorded.code_shares_table and "kvm" in self.layout.kinds:
            self.guests.lru.code_shares_table = True
        if self.unrecorded.code_table_crowded and "kvm" in self.layout.kinds:
            code = int(self.guests.lru.code_page) // PTRS_PER_PTE
            self.v.table[code].other_ptes = PTRS_PER_PTE - GUEST_CODE_PAGES
        self.hook = (
            Hook(kernel.variant, self.guests) if isinstance(kernel.variant, OwnPolicy) else None
        )
        self.enabled = 0
        self.knob: int | None = None
        self.policy = self._switch_on(int(kernel.enabled))
        self.trace: Entries = np.zeros(0, np.uint32)
        self.settings = {"byuser": 0, "yield": 0, "fifo": 0, "misslog": 0}
        self.misses: list[npt.NDArray[np.uint8]] = []
        self.missed = [0, 0]
        self.made = 0
        self.snapshots: list[Snapshot] = []
        self.debugfs: list[tuple[int, str, str]] = []
        self.passes = Passes()
        self.first_look = dict(zip(("before", "after"), self.unrecorded.first_dump, strict=True))

    def _switch_on(self, bits: int) -> Policy:
        """`enabled` holds these bits now: what then is asked."""
        self.enabled = bits
        self.v.lrus.enabled = self.kernel.effective(bits)
        if self.knob is not None:
            return switched(self.knob, bool(self.v.lru.enabled & Enabled.MM_WALK))
        nested = any(of_region.share for of_region in self.layout.nested)
        policy = self.kernel.engine_policy(bits, nested)
        if self.hook is None:
            return policy
        return self.hook.hooked(policy, self.kernel.situation(bits, nested))

    def _load(
        self, scenario: Scenario, folders: list[Path], given: Mapping[str, Entries]
    ) -> dict[int, Entries]:
        """Every trace of the scenario, by its line, checked before anything runs."""
        loaded = {}
        for command in self.commands:
            if command.name == "trace":
                found = str(command.args[0])
                try:
                    if found in given:
                        entries = given[found]
                    else:
                        found, entries = load_trace(found, [*folders, scenario.folder])
                    check_entries(found, entries, self.layout.pages)
                except TraceError as error:
                    raise command.error(str(error)) from None
                loaded[command.line] = entries
        return loaded

    def run(self) -> None:
        """Run all commands."""
        for _ in self.steps():
            pass

    def steps(self) -> Iterator[Command]:
        """Run all commands, each before it comes out."""
        for command in self.commands:
            action: Callable[[Command], None] = getattr(self, f"_{command.name}", self._set)
            action(command)
            if self.hook is not None:
                self.hook.raise_error()
            yield command

    def _set(self, command: Command) -> None:
        if command.name in self.settings:
            self.settings[command.name] = int(command.args[0])

    def _enabled(self, command: Command) -> None:
        bits = enabled_store(str(command.args[0]), known_bits(self.kernel.record))
        self.policy = self._switch_on(int(bits))

    def _knob(self, command: Command) -> None:
        self.knob = int(command.args[1])
        self.policy = self._switch_on(self.enabled)

    def _region(self, command: Command) -> None:
        """The recorder touches one page a page table and gives them back: their charges remain."""
        pages, kind = int(command.args[0]), command.args[1]
        tables = 0 if kind in FILES else -(-pages // PTRS_PER_PTE)
        v = self.vs[self.made if self.layout.split else 0]
        if self.made or self.layout.split:
            user_access(v, self.rules, self.policy, int(v.lru.own_page), True)
        for _ in range(tables):
            if not try_charge(v, self.rules, self.policy):
                raise OutOfMemory(f"{command.source}:{command.line}: region: out of memory")
        v.lru.usage -= tables
        v.cpu.usage -= tables
        if tables:  # giving pages back does so
            lru_add_drain(v, self.rules)
        self.made += 1
        if kind == "kvm":
            v.lru.has_notifiers = True
            if self.unrecorded.stack_page:
                user_access(v, self.rules, self.policy, v.pte.size - PTRS_PER_PTE, True)
            user_access(v, self.rules, self.policy, int(v.lru.code_page), True)
        for _ in range(self.unrecorded.phase):
            folio_add_lru(self.v, self.rules, FOREIGN, True)
        self.v.stat.pgfault = 0  # the recorder counts from here on

    def _sysctl(self, command: Command) -> None:
        if str(command.args[0]).replace(".", "/") == "vm/swappiness":
            self.v.cpu.swappiness = int(command.args[1])

    def _limit(self, command: Command) -> None:
        self.v.cpu.limit = self.v.cpu.usage + int(command.args[0])

    def _trace(self, command: Command) -> None:
        self.trace = self.loaded[command.line].copy()

    def _asread(self, command: Command) -> None:
        self.trace |= np.uint32(1 << READ_BIT)

    def _touch(self, command: Command) -> None:
        first, end, step = map(int, command.args)
        entries = np.arange(first, end, step, dtype=np.uint32)
        if command.name == "rtouch":
            entries |= np.uint32(1 << READ_BIT)
        if command.name == "gtouch":
            entries |= np.uint32(1 << GUEST_BIT)
        # The recorder builds touches in the buffer of the trace, so they overwrite its beginning.
        overwritten = min(entries.size, self.trace.size)
        self.trace[:overwritten] = entries[:overwritten]
        by_user = command.name == "utouch" or (
            len(self.layout.pages) > 1 and bool(self.settings["byuser"])
        )
        self._run(command, entries, by_user)

    _utouch = _rtouch = _gtouch = _touch

    def _replay(self, command: Command) -> None:
        marks = int(command.args[2]) if command.name == "replaymarks" else 1
        first, end = int(command.args[0]), min(int(command.args[1]), self.trace.size)
        for mark in range(marks):
            a = first + (end - first) * mark // marks
            b = first + (end - first) * (mark + 1) // marks
            self._replay_part(command, self.trace[a:b])
            if marks > 1:
                self._keep(self._snapshot(f"mark{mark + 1}"))

    def _replay_part(self, command: Command, entries: Entries) -> None:
        """Replay, with a proactive pass after every so many accesses of all replays."""
        log = np.zeros(entries.size if self.settings["misslog"] else 0, np.uint8)
        start = 0
        while start < entries.size:
            end = min(start + (self.passes.left or entries.size), entries.size)
            end = min(end, start + self._flush(entries.size))
            by_user = bool(self.settings["byuser"])
            self._run(command, entries[start:end], by_user, log[start:end])
            if self.passes.due(end - start):
                self.passes.make(self.vs, self.rules, self.policy, self.layout.regions())
            start = end
        if self.settings["misslog"]:
            self.misses.append(log)
            of_guest = (entries >> np.uint32(GUEST_BIT)) & np.uint32(1) == 1
            self.missed[0] += int(log[~of_guest].sum())
            self.missed[1] += int(log[of_guest].sum())

    def _flush(self, most: int) -> int:
        """What the timer does now; returns how many accesses may follow until it comes again."""
        done = int(self.v.stat.accesses)
        for at, point in self.unrecorded.flushes:
            if at == done and point:
                self.v.cpu.flush_in = point
            elif at == done:
                flush_stats(self.v)
            elif at > done:
                return at - done
        return most

    def _proactive(self, command: Command) -> None:
        every, kind, first, most = command.args
        self.passes.every = self.passes.left = int(every)
        self.passes.kind, self.passes.args = str(kind), (int(first), int(most))

    _replaymarks = _replay

    def _run(
        self,
        command: Command,
        entries: Entries,
        by_user: bool,
        log: npt.NDArray[np.uint8] | None = None,
    ) -> None:
        if self.layout.of_file and np.any(entries >> np.uint32(READ_BIT) == 0):
            raise command.error(
                "a write to a file's page: dirty pages are not modelled; allowed are reads "
                "(rtouch, or asread after trace)"
            )
        guest = np.array(
            [kind == "kvm" and not by_user for kind in [*self.layout.kinds, "anon"][:2]]
        )
        used_every = 0 if self.unrecorded.unpreempted else 1
        self.v.cpu.preemptible = not self.settings["fifo"]
        if self.settings["fifo"]:
            used_every = 0 if guest[0] else self.settings["yield"]
        empty = np.zeros(0, np.uint8)
        memory = (self.rules, self.policy, entries, self.layout.first_table, guest)
        rest = (used_every, empty if log is None else log)
        if self.layout.split:
            done = replay_turns(self.v, *memory, *rest)
        else:
            done = replay(self.v, *memory, self.layout.kinds == ["rfile"], *rest)
        if self.hook is not None:
            self.hook.raise_error()
        if done < entries.size:
            raise OutOfMemory(
                f"{command.source}:{command.line}: {command.name}: out of memory at access {done} "
                f"of {entries.size}: {self.v.cpu.usage} of {self.v.cpu.limit} pages are charged "
                "and none can be reclaimed"
            )

    def _settle(self, command: Command) -> None:
        for v in reversed(self.vs):
            v.lru.mm_used = True
            lru_add_drain(v, self.rules)

    def _age(self, command: Command) -> None:
        for v in self.vs:
            error = debugfs.run_aging(v, self.rules, self.policy, bool(command.args[1]))
            self.debugfs.append((command.line, "age", errno.errorcode.get(-error, "ok")))

    def _evict(self, command: Command) -> None:
        which, swappiness, most = command.args
        for v in self.vs:
            named = {"old": int(v.lru.min_seq[LRU_GEN_ANON]), "all": int(v.lru.max_seq) - 2}
            seq = named[which] if isinstance(which, str) else which
            error = debugfs.run_eviction(
                v, self.rules, self.policy, seq, int(swappiness), int(most)
            )
            self.debugfs.append((command.line, "evict", errno.errorcode.get(-error, "ok")))

    def _dump(self, command: Command) -> None:
        snapshot = self._snapshot(str(command.args[0]))
        self._foreign_pages("before")
        regions = self.layout.regions()
        snapshot.maps = [
            page_map(self.vs[at if self.layout.split else 0], region)
            for at, region in enumerate(regions)
        ]
        self._foreign_pages("after")
        self._keep(snapshot)

    def _stat(self, command: Command) -> None:
        self._keep(self._snapshot(str(command.args[0])))

    def _keep(self, snapshot: Snapshot) -> None:
        """Keep what was seen; split, the guest's memcg is looked at after the host's."""
        self.snapshots.append(snapshot)
        if self.layout.split:
            label = f"{snapshot.label}@vm"
            regions = self.layout.regions()
            self.snapshots.append(take(self.guests, label, regions, self.missed))

    def _foreign_pages(self, when: str) -> None:
        """What the recorder's first look into the page tables adds to the batch."""
        for _ in range(self.first_look.pop(when, 0)):
            folio_add_lru(self.v, self.rules, FOREIGN, True)

    def _snapshot(self, label: str) -> Snapshot:
        again = sum(snapshot.label.split("#")[0] == label for snapshot in self.snapshots)
        label = f"{label}#{again + 1}" if again else label
        if self.rules.flushes_before_reclaim:  # memory.stat is read
            mem_cgroup_flush_stats(self.v)
        else:
            flush_stats(self.v)
        snapshot = take(self.v, label, self.layout.regions(), self.missed)
        if len(self.layout.pages) > 1:  # it counts resident pages per region every time
            self._foreign_pages("before")
        return snapshot
