"""The scenario language: what happens to memory, one command per line.

It is the language of the recorder that runs the same files on a real kernel. `#` starts a comment.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mglru_lab.choose import choose
from mglru_lab.kernel.features import Enabled, enabled_store
from mglru_lab.policy.switch import SWITCH
from mglru_lab.scenario.nested import Nested

PAGE_LIMIT = 1 << 30
FILES = ("file", "rfile")
"""A file's page cache: mapped, or read by read()."""
KINDS = ("anon", "kvm", *FILES)


class ScenarioError(ValueError):
    """A scenario that cannot be run: file, line, the wrong value and what is allowed."""


@dataclass(frozen=True, slots=True)
class Command:
    """One line of a scenario: its name and its arguments, missing ones as their defaults."""

    line: int
    name: str
    args: tuple[int | str, ...]
    source: str

    def error(self, message: str) -> ScenarioError:
        """What is wrong with this line, with its place."""
        return ScenarioError(f"{self.source}:{self.line}: {self.name}: {message}")


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]+", text):
            raise ValueError(f"{text!r} is no number; allowed are {low} to {high}")
        value = int(text)
        if not low <= value <= high:
            raise ValueError(f"{value} is outside {low} to {high}")
        return value

    return parse


def _generation(text: str) -> int | str:
    return text if text in ("old", "all") else _number(0, PAGE_LIMIT)(text)


def _kind(text: str) -> str:
    choose("kind", text, list(KINDS))
    return text


def _enabled(text: str) -> str:
    enabled_store(text)
    return text


def _knob(text: str) -> str:
    choose("knob", text, [SWITCH])
    return text


def _proactive(text: str) -> str:
    choose("pass", text, ["age", "reclaim", "walk"])
    return text


_page = _number(0, PAGE_LIMIT)
_count = _number(1, PAGE_LIMIT)
_any = _number(0, 1 << 31)
_flag = _number(0, 1)
_swappiness = _number(1, 200)
_Argument = tuple[str, Callable[[str], int | str], int | str | None]
_touch: list[_Argument] = [("A", _page, None), ("B", _page, None), ("STEP", _count, 1)]

COMMANDS: dict[str, list[_Argument]] = {
    "enabled": [("X", _enabled, None)],
    "knob": [("KNOB", _knob, None), ("BITS", _number(0, 31), None)],
    "sysctl": [("NAME", str, None), ("VALUE", str, None)],
    "region": [("N", _count, None), ("KIND", _kind, None), ("NESTED|PATH", str, "")],
    "limit": [("M", _count, None)],
    "split": [("0|1", _flag, None)],
    "byuser": [("0|1", _flag, None)],
    "flush": [("K", _any, None)],
    "yield": [("K", _any, None)],
    "fifo": [("0|1", _flag, None)],
    "misslog": [("0|1|2", _number(0, 2), None)],
    "walklog": [("0|1", _flag, None)],
    "touch": _touch,
    "utouch": _touch,
    "rtouch": _touch,
    "gtouch": _touch,
    "trace": [("PATH", str, None)],
    "asread": [],
    "replay": [("FROM", _any, None), ("TO", _any, None)],
    "replaymarks": [("FROM", _any, None), ("TO", _any, None), ("K", _count, None)],
    "proactive": [
        ("P", _any, None),
        ("PASS", _proactive, "walk"),
        ("D|N", _any, 3),
        ("NR", _any, 10**6),
    ],
    "settle": [],
    "age": [("CAN_SWAP", _number(1, 1), 1), ("FORCE", _flag, 1)],
    "evict": [("GEN", _generation, None), ("SWAPPINESS", _swappiness, 200), ("NR", _any, 10**6)],
    "dump": [("LABEL", str, None)],
    "stat": [("LABEL", str, None)],
}  # fmt: skip


def _parse_line(line: int, words: list[str], source: str) -> Command | None:
    name, given = words[0], words[1:]
    bare = Command(line, name, (), source)
    if name == "echo":
        if found := re.search(r">\s*(/(?:sys|proc)/\S*)", " ".join(given)):
            raise bare.error(
                f"prints a text and writes nothing to {found[1]}; allowed are the commands "
                "`enabled BITS`, `sysctl vm.NAME VALUE`, `knob PATH VALUE`"
            )
        return None
    if name not in COMMANDS:
        try:
            choose("command", name, [*COMMANDS, "echo"])
        except ValueError as error:
            raise ScenarioError(f"{source}:{line}: {error}") from None
    expected = COMMANDS[name]
    usage = " ".join([name, *(f"[{a}]" if d is not None else a for a, _, d in expected)])
    args: list[int | str] = []
    for position, (argument, parse, default) in enumerate(expected):
        if position >= len(given):
            if default is None:
                raise bare.error(f"{argument} is missing; usage: {usage}")
            args.append(default)
            continue
        try:
            args.append(parse(given[position]))
        except ValueError as error:
            raise bare.error(f"{argument}: {error}") from None
    if len(given) > len(expected):
        raise bare.error(f"{given[len(expected)]!r} is one argument too many; usage: {usage}")
    return Command(line, name, tuple(args), source)


def _check_third(command: Command) -> None:
    """What follows a region's kind: the nested share of a guest, or a file's path."""
    _, kind, third = command.args
    if kind == "kvm":
        try:
            Nested.parse(str(third))
        except ValueError as error:
            raise command.error(f"NESTED: {error}") from None
    elif kind in FILES:
        if third and not str(third).startswith("/"):
            raise command.error(f"PATH: {third} is no path of the recorder's guest: /dev/ram0")
    elif third:
        raise command.error(f"{third}: only a region of kind kvm has nested pages")


def _check_classic(commands: list[Command]) -> None:
    """MGLRU is on or off from the first region on; without it there are no generations."""
    on, made = True, False
    for command in commands:
        made |= command.name == "region"
        if command.name == "enabled":
            bits = enabled_store(str(command.args[0]))
            if made and bool(bits & Enabled.CORE) != on:
                raise command.error(
                    f"{command.args[0]}: switching MGLRU on or off while there is memory is not "
                    "modelled; allowed before the first region"
                )
            on = bool(bits & Enabled.CORE)
        elif not on and command.name in ("age", "evict", "split"):
            raise command.error("the classic LRU (enabled 0) has none of this; allowed with 0x1")
        elif not on and command.name == "proactive" and command.args[1] != "reclaim":
            raise command.error("the classic LRU (enabled 0) is not aged; allowed is reclaim")


def _check_split(commands: list[Command]) -> None:
    """Two memcgs take two regions, and are made with them."""
    named = [command.name for command in commands]
    command = next(command for command in commands if command.name == "split")
    if named.count("region") == 1 or "region" in named[: named.index("split")]:
        raise command.error("1 is for two regions, anon and then kvm, and comes before both")


def _check_order(commands: list[Command]) -> None:
    """Regions come first, at most two; touched pages lie inside them."""
    regions: list[int] = []
    kinds: list[str] = []
    _check_classic(commands)
    if any(command.name == "split" and command.args[0] for command in commands):
        _check_split(commands)
    for command in commands:
        args = command.args
        if command.name == "region":
            kinds.append(str(args[1]))
            _check_third(command)
            regions.append(int(args[0]))
            if len(regions) > 2 or (len(regions) == 2 and kinds != ["anon", "kvm"]):
                raise command.error(
                    f"{' + '.join(kinds)}: allowed are one region, or anon and then kvm"
                )
        elif command.name in ("limit", "touch", "utouch", "rtouch", "gtouch", "replay",
                              "replaymarks", "settle", "age", "evict", "dump", "stat"):  # fmt: skip
            if not regions:
                raise command.error("there is no memory yet; a 'region N KIND' line comes before")
            if command.name.endswith("touch"):
                if kinds[0] in FILES and command.name != "rtouch":
                    raise command.error("a file's pages are only read here; allowed is rtouch")
                if command.name == "gtouch" and len(regions) < 2:
                    raise command.error("there is no second region; allowed with anon and kvm")
                pages = regions[command.name == "gtouch"]
                if int(args[1]) > pages:
                    raise command.error(f"B: page {int(args[1]) - 1} is outside 0 to {pages - 1}")
        elif command.name == "sysctl":
            _check_sysctl(command)


SYSCTLS = {
    "vm/swappiness": _swappiness,
    "vm/page-cluster": _number(0, 0),
    "kernel/numa_balancing": _number(0, 0),
    "kernel/sched_rt_runtime_us": _number(-1, 10**6),
}
"""What may be set, and to what: none of it decides anything where all memory is anonymous."""


def _check_sysctl(command: Command) -> None:
    name = str(command.args[0]).replace(".", "/")
    try:
        choose("NAME", name, list(SYSCTLS))
        SYSCTLS[name](str(command.args[1]))
    except ValueError as error:
        raise command.error(f"{name}: {error}") from None


def parse(text: str, source: str) -> tuple[Command, ...]:
    """The commands of a scenario; raises ScenarioError for the first line that is wrong."""
    commands: list[Command] = []
    for line, content in enumerate(text.split("\n"), start=1):
        words = content.split("#", 1)[0].split()
        try:
            command = _parse_line(line, words, source) if words else None
        except ScenarioError:
            _check_order(commands)  # an earlier line may be wrong, too
            raise
        if command is not None:
            commands.append(command)
    _check_order(commands)
    return tuple(commands)


@dataclass(frozen=True)
class Scenario:
    """What happens to memory, as text; the same file runs on a real kernel."""

    text: str
    source: str = "scenario"
    folder: Path | None = None

    def __post_init__(self) -> None:
        self.commands()

    @classmethod
    def read(cls, path: str | Path) -> "Scenario":
        """Read a `.scn` file; its traces are looked for beside it, too."""
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ScenarioError(f"{path}: no text: {error.reason} at byte {error.start}") from None
        return cls(text, str(path), path.parent)

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return Path(self.source).stem

    def commands(self) -> tuple[Command, ...]:
        """The parsed lines, in order."""
        return parse(self.text, self.source)
