"""The machine a scenario runs on: a kernel, memory, the program that plays it, what it logs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mglru_lab.kernel.features import Enabled
from mglru_lab.kernel.replay import GUEST_BIT, READ_BIT, replay
from mglru_lab.kernel.turns import replay_turns
from mglru_lab.lab.run.layout import Layout
from mglru_lab.lab.run.proactive import Passes
from mglru_lab.lab.run.recording_program import RecordingProgram
from mglru_lab.lab.run.snapshot import Snapshot, page_map, take
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.own_policy import Hook, OwnPolicy
from mglru_lab.policy.policy import Policy
from mglru_lab.policy.switch import switched
from mglru_lab.scenario.language import Command, Scenario
from mglru_lab.scenario.traces.entries import Entries, TraceError, check_entries, load_trace

Hits = npt.NDArray[np.uint8]
"""One 0 (in memory) or 1 (a miss) per access."""
NO_LOG: Hits = np.zeros(0, np.uint8)


class OutOfMemory(RuntimeError):
    """The memcg is full and nothing can be reclaimed: the kernel's OOM killer comes."""


@dataclass
class Settings:
    """What a scenario's commands set for the accesses that come after them."""

    byuser: int = 0
    """1: userspace makes the guest's accesses."""
    switch_every: int = 0
    """With `fifo`: accesses between two context switches (the command `yield`); 0: none comes."""
    fifo: int = 0
    """1: nothing preempts the process."""
    misslog: int = 0
    """Not 0: replays log hits and misses."""


@dataclass
class Log:
    """What was written down while a scenario ran."""

    snapshots: list[Snapshot] = field(default_factory=list)
    misses: list[Hits] = field(default_factory=list)
    """Per replay, with `misslog`."""
    missed: list[int] = field(default_factory=lambda: [0, 0])
    """Per region, what `misses` sums to."""
    debugfs: list[tuple[int, str, str]] = field(default_factory=list)
    """Line, command, answer."""

    def add_misses(self, entries: Entries, misses: Hits) -> None:
        """Keep which of these accesses missed."""
        self.misses.append(misses)
        of_guest = (entries >> np.uint32(GUEST_BIT)) & np.uint32(1) == 1
        self.missed[0] += int(misses[~of_guest].sum())
        self.missed[1] += int(misses[of_guest].sum())

    def name(self, label: str) -> str:
        """The label of a new snapshot: `x`, then `x#2`, and so on."""
        again = sum(snapshot.label.split("#")[0] == label for snapshot in self.snapshots)
        return f"{label}#{again + 1}" if again else label


class Machine:
    """All that a scenario's commands act on (commands.py); its traces are loaded and checked."""

    def __init__(
        self,
        scenario: Scenario,
        kernel: Kernel,
        traces: Iterable[Path] = (),
        unrecorded: Unrecorded | None = None,
        entries: Mapping[str, Entries] | None = None,
    ) -> None:
        self.kernel = kernel
        self.rules = kernel.engine_rules()
        self.commands = scenario.commands()
        self.unrecorded = unrecorded or Unrecorded()
        self.layout = Layout.of(self.commands, kernel.mmu, kernel.has_notifiers)
        self.loaded = self._load(scenario, list(traces), entries or {})
        self.v = self.layout.new_lruvec(int(kernel.enabled), self.unrecorded)
        self.vs = [self.v.of_memcg(memcg) for memcg in range(self.v.lrus.size)]
        self.guests = self.vs[-1]
        """The state as the memcg of the guest's process sees it."""
        self.program = RecordingProgram(self.vs, self.rules, self.layout, self.unrecorded)
        self.hook = (
            Hook(kernel.variant, self.guests) if isinstance(kernel.variant, OwnPolicy) else None
        )
        self.knob: int | None = None
        """What a kernel with a switch was set to."""
        self.switch_on(int(kernel.enabled))
        self.limit: int | None = None
        """Pages that the last `limit` command gave on top of what was charged."""
        self.capacity: int | None = None
        """The same, and what lay in the charge stock then."""
        self.trace: Entries = np.zeros(0, np.uint32)
        self.settings = Settings()
        self.log = Log()
        self.passes = Passes()

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

    def switch_on(self, bits: int) -> None:
        """`enabled` holds these bits now: what then is asked."""
        self.enabled = bits
        self.v.lrus.enabled = self.kernel.effective(bits)
        self.policy = self._policy()

    def turn(self, knob: int) -> None:
        """The kernel's switch is set so now."""
        self.knob = knob
        self.policy = self._policy()

    def _policy(self) -> Policy:
        if self.knob is not None:
            return switched(self.knob, bool(self.v.lru.enabled & Enabled.MM_WALK))
        nested = any(of_region.share for of_region in self.layout.nested)
        policy = self.kernel.engine_policy(self.enabled, nested)
        if self.hook is None:
            return policy
        return self.hook.hooked(policy, self.kernel.situation(self.enabled, nested))

    def access(
        self, command: Command, entries: Entries, by_user: bool, misses: Hits = NO_LOG
    ) -> None:
        """Make these accesses, in order; `misses` is filled unless it is empty.

        Raises ScenarioError for what is not modelled, OutOfMemory where nothing can be reclaimed.
        """
        if self.layout.of_file and np.any(entries >> np.uint32(READ_BIT) == 0):
            raise command.error(
                "a write to a file's page: dirty pages are not modelled; allowed are reads "
                "(rtouch, or asread after trace)"
            )
        kinds = [*self.layout.kinds, "anon"][:2]
        guest = np.array([kind == "kvm" and not by_user for kind in kinds])
        switch_every = 0 if self.unrecorded.unpreempted else 1
        self.v.cpu.preemptible = not self.settings.fifo
        if self.settings.fifo:
            switch_every = 0 if guest[0] else self.settings.switch_every
        memory = (self.rules, self.policy, entries, self.layout.first_table, guest)
        if self.layout.split:
            done = replay_turns(self.v, *memory, switch_every, misses)
        else:
            by_read = self.layout.kinds == ["rfile"]
            done = replay(self.v, *memory, by_read, switch_every, misses)
        if self.hook is not None:
            self.hook.raise_error()
        if done < entries.size:
            raise OutOfMemory(
                f"{command.source}:{command.line}: {command.name}: out of memory at access {done} "
                f"of {entries.size}: {self.v.cpu.usage} of {self.v.cpu.limit} pages are charged "
                "and none can be reclaimed"
            )

    def snapshot(self, label: str) -> Snapshot:
        """Counters and sizes as the recording program reads them now; not kept yet."""
        self.program.read_stat()
        snapshot = take(self.v, self.log.name(label), self.layout.regions(), self.log.missed)
        if len(self.layout.pages) > 1:  # it counts resident pages per region every time
            self.program.look("before")
        return snapshot

    def page_maps(self) -> list[npt.NDArray[np.uint8]]:
        """Per region, one letter per page: where it is now."""
        return [
            page_map(self.vs[at if self.layout.split else 0], region)
            for at, region in enumerate(self.layout.regions())
        ]

    def keep(self, snapshot: Snapshot) -> None:
        """Keep what was seen; split, the guest's memcg is looked at after the host's."""
        self.log.snapshots.append(snapshot)
        if self.layout.split:
            label, regions = f"{snapshot.label}@vm", self.layout.regions()
            self.log.snapshots.append(take(self.guests, label, regions, self.log.missed))
