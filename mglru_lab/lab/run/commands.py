"""What each command of a scenario does to the machine: one table, `COMMANDS`, of functions."""

import errno
from collections.abc import Callable, Iterator

import numpy as np

from mglru_lab.kernel import debugfs
from mglru_lab.kernel.features import enabled_store
from mglru_lab.kernel.replay import GUEST_BIT, READ_BIT
from mglru_lab.lab.run.layout import kind_of
from mglru_lab.lab.run.machine import NO_LOG, Machine, OutOfMemory
from mglru_lab.policy.decision import known_bits
from mglru_lab.scenario.language import Command
from mglru_lab.scenario.traces.entries import Entries

READS, BY_USER, OF_GUEST = "rtouch", "utouch", "gtouch"
"""Touches that read, that userspace makes even if a guest exists, that are in its region."""


def _nothing(machine: Machine, command: Command) -> None:
    """It means something only on a real kernel, or was read when the machine was made."""


def _enabled(machine: Machine, command: Command) -> None:
    machine.switch_on(int(enabled_store(str(command.args[0]), known_bits(machine.kernel.record))))


def _knob(machine: Machine, command: Command) -> None:
    machine.turn(int(command.args[1]))


def _sysctl(machine: Machine, command: Command) -> None:
    if str(command.args[0]).replace(".", "/") == "vm/swappiness":
        machine.v.cpu.swappiness = int(command.args[1])


def _byuser(machine: Machine, command: Command) -> None:
    machine.settings.byuser = int(command.args[0])


def _yield(machine: Machine, command: Command) -> None:
    machine.settings.switch_every = int(command.args[0])


def _fifo(machine: Machine, command: Command) -> None:
    machine.settings.fifo = int(command.args[0])


def _misslog(machine: Machine, command: Command) -> None:
    machine.settings.misslog = int(command.args[0])


def _region(machine: Machine, command: Command) -> None:
    pages, kind = int(command.args[0]), kind_of(command, machine.kernel.has_notifiers)
    if not machine.program.make_region(pages, kind, machine.policy):
        raise OutOfMemory(f"{command.source}:{command.line}: region: out of memory")


def _limit(machine: Machine, command: Command) -> None:
    machine.limit = int(command.args[0])
    machine.capacity = machine.limit + int(machine.v.lrus.stock.sum())
    machine.v.cpu.limit = machine.v.cpu.usage + machine.limit


def _touch(machine: Machine, command: Command) -> None:
    first, end, step = map(int, command.args)
    entries = np.arange(first, end, step, dtype=np.uint32)
    if command.name == READS:
        entries |= np.uint32(1 << READ_BIT)
    if command.name == OF_GUEST:
        entries |= np.uint32(1 << GUEST_BIT)
    machine.program.overwrite(machine.trace, entries)
    mixed = len(machine.layout.pages) > 1
    by_user = command.name == BY_USER or (mixed and bool(machine.settings.byuser))
    machine.access(command, entries, by_user)


def _trace(machine: Machine, command: Command) -> None:
    machine.trace = machine.loaded[command.line].copy()


def _asread(machine: Machine, command: Command) -> None:
    machine.trace |= np.uint32(1 << READ_BIT)


def _replay(machine: Machine, command: Command) -> None:
    _replay_part(machine, command, *_stretch(machine, command))


def _replaymarks(machine: Machine, command: Command) -> None:
    (first, end), marks = _stretch(machine, command), int(command.args[2])
    for mark in range(marks):
        a, b = (first + (end - first) * at // marks for at in (mark, mark + 1))
        _replay_part(machine, command, a, b)
        if marks > 1:
            machine.keep(machine.snapshot(f"mark{mark + 1}"))


def _stretch(machine: Machine, command: Command) -> tuple[int, int]:
    """First entry of the trace and the one after the last."""
    return int(command.args[0]), min(int(command.args[1]), machine.trace.size)


def _replay_part(machine: Machine, command: Command, first: int, last: int) -> None:
    """Replay, with a proactive pass after every so many accesses of all replays."""
    entries: Entries = machine.trace[first:last]
    misses = np.zeros(entries.size, np.uint8) if machine.settings.misslog else NO_LOG
    passes, start = machine.passes, 0
    while start < entries.size:
        end = min(start + (passes.left or entries.size), entries.size)
        end = min(end, start + machine.program.let_timer_flush(entries.size))
        by_user = bool(machine.settings.byuser)
        machine.access(command, entries[start:end], by_user, misses[start:end])
        if passes.due(end - start):
            passes.make(machine.vs, machine.rules, machine.policy, machine.layout.regions())
        start = end
    if machine.settings.misslog:
        machine.log.add_misses(entries, misses)


def _proactive(machine: Machine, command: Command) -> None:
    every, kind, first, most = command.args
    machine.passes.every = machine.passes.left = int(every)
    machine.passes.kind, machine.passes.args = str(kind), (int(first), int(most))


def _settle(machine: Machine, command: Command) -> None:
    machine.program.settle()


def _age(machine: Machine, command: Command) -> None:
    for v in machine.vs:
        error = debugfs.run_aging(v, machine.rules, machine.policy, bool(command.args[1]))
        _answered(machine, command, error)


def _evict(machine: Machine, command: Command) -> None:
    which, swappiness, most = command.args
    for v in machine.vs:
        named = {"old": int(v.lru.min_seq.min()), "all": int(v.lru.max_seq) - 2}
        seq = named[which] if isinstance(which, str) else which
        error = debugfs.run_eviction(
            v, machine.rules, machine.policy, seq, int(swappiness), int(most)
        )
        _answered(machine, command, error)


def _answered(machine: Machine, command: Command, error: int) -> None:
    answer = errno.errorcode.get(-error, "ok")
    machine.log.debugfs.append((command.line, command.name, answer))


def _dump(machine: Machine, command: Command) -> None:
    snapshot = machine.snapshot(str(command.args[0]))
    machine.program.look("before")
    snapshot.maps = machine.page_maps()
    machine.program.look("after")
    machine.keep(snapshot)


def _stat(machine: Machine, command: Command) -> None:
    machine.keep(machine.snapshot(str(command.args[0])))


COMMANDS: dict[str, Callable[[Machine, Command], None]] = {
    "enabled": _enabled,
    "knob": _knob,
    "sysctl": _sysctl,
    "region": _region,
    "limit": _limit,
    "split": _nothing,  # Layout has read it
    "byuser": _byuser,
    "flush": _nothing,  # of the TLB, which never hides an access here
    "yield": _yield,
    "fifo": _fifo,
    "misslog": _misslog,
    "walklog": _nothing,  # what a real kernel's tracing shows
    "touch": _touch,
    "utouch": _touch,
    "rtouch": _touch,
    "gtouch": _touch,
    "trace": _trace,
    "asread": _asread,
    "replay": _replay,
    "replaymarks": _replaymarks,
    "proactive": _proactive,
    "settle": _settle,
    "age": _age,
    "evict": _evict,
    "dump": _dump,
    "stat": _stat,
}
"""Every command of the language (scenario/language.py), and what it does."""


def steps(machine: Machine) -> Iterator[Command]:
    """Carry out all commands, each before it comes out; one without a label is noted as `end`."""
    for command in machine.commands:
        COMMANDS[command.name](machine, command)
        if machine.hook is not None:
            machine.hook.raise_error()
        if command is machine.commands[-1] and machine.layout.pages and not machine.log.snapshots:
            machine.keep(machine.snapshot("end"))
        yield command


def play(machine: Machine) -> Machine:
    """Carry out all commands; the same machine comes back."""
    for _ in steps(machine):
        pass
    return machine
