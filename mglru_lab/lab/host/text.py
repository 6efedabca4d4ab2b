"""Text of a real host's MGLRU files (mm/vmscan.c): what any kernel writes, and what copying adds.

Read are lru_gen and lru_gen_full of 5.18 to 7.3 and of the backports of Android and ChromeOS.
Blanks and line ends may have changed on the way; a flaw costs the memcg that it is in, and is kept
as a sentence.
"""

import re
from typing import NamedTuple

from mglru_lab.kernel.features import Enabled
from mglru_lab.kernel.lruvec import MAX_NR_GENS, MIN_NR_GENS


class HostError(ValueError):
    """A host's file that cannot be read: its name, the line and the reason."""


class Generation(NamedTuple):
    """A line of lru_gen: one generation of one memcg on one node."""

    entry: int
    """The memcg's place in the file: memcgs that were removed share the number 0, even a path."""
    memcg: int
    """Its number; since 7.0 its cgroup's, of 64 bits. 0: it was removed (up to 6.19)."""
    path: str
    node: int
    seq: int
    age_ms: int
    anon: int
    file: int


class Parsed(NamedTuple):
    """What could be read of a text, and what could not: the line and the reason of each flaw."""

    generations: list[Generation]
    flaws: list[str]


LONGEST_READ_MS = 1000
"""Each line reads the clock anew, so of two generations born together the later line may be older.
More than a tick or two: the kernel keeps 32 bits of an age, 49.7 days."""
_SIZE = r"\s+(?:-0|(\d{1,20}))x?"
_GENERATION = re.compile(rf"\s*(\d{{1,20}})\s+(\d{{1,10}}){_SIZE}{_SIZE}", re.ASCII)
# 0 to 3, then refaulted, evicted, protected (or averages) of anon and file.
_TIER = re.compile(r"\s*([0-3])((?:\s+\d{1,20}[RTrepx]?){6})", re.ASCII)
# What a walk saw: LOYNFA (leaf PTEs, old, young, non-leaf entries, found, added); since 6.12 TYFA.
_WALK = re.compile(r"\s*((?:\d{1,20}[A-Za-z]\s*){4,6}|(?:0\s+){3}0|(?:0\s+){5}0)", re.ASCII)
_WALK_LETTERS = ("LOYNFA", "TYFA", "XXXX", "XXXXXX")


def read_lru_gen(name: str, text: str) -> Parsed:
    """The generations in the text of lru_gen or lru_gen_full, and its flaws.

    Raises HostError if no memcg in it could be read. Lines of tiers and walks are checked, and not
    kept.
    """
    reader = _Reader(name)
    lines = text.removeprefix("\ufeff").split("\n")
    for reader.place, line in enumerate(lines, start=1):
        if line := line.rstrip(" \t\r\0").rstrip():
            reader.read(line)
    reader.end_entry()
    if text and lines[-1]:
        reader.flaw("the text does not end with a line's end: is it cut off?")
    if not reader.kept:
        raise HostError(reader.flaws[0] if reader.flaws else f"{name}: no memcg in it")
    return Parsed(reader.kept, reader.flaws)


class _Reader:
    """What the lines read so far allow as the next one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.place = 0
        self.entry = -1
        self.memcg, self.path, self.node = 0, "", -1
        self.skips = ""
        """Why lines up to the next memcg are passed over; empty while they are read."""
        self.rows: list[Generation] = []  # of this node
        self.nodes: list[Generation] = []  # of this memcg's nodes before
        self.seen: set[tuple[int, str]] = set()
        self.seen_nodes: set[int] = set()
        self.kept: list[Generation] = []
        self.flaws: list[str] = []
        self.tier, self.walked = -1, False

    def flaw(self, reason: str) -> None:
        self.flaws.append(f"{self.name}: line {self.place}: {reason}")

    def give_up(self, reason: str) -> None:
        """Drop this memcg: its text is not the kernel's."""
        which = f"memcg {self.memcg} {self.path}" if self.memcg >= 0 else "this memcg"
        self.flaw(f"{reason}; {which} is left out")
        self.skips, self.rows, self.nodes = reason, [], []

    @property
    def in_one(self) -> bool:
        return self.entry >= 0

    def read(self, line: str) -> None:
        if found := _GENERATION.fullmatch(line):
            if not self.skips:
                self.generation(line, found)
            return
        word, *rest = line.split(None, 2)
        if word == "memcg":
            self.begin_entry(*rest)
        elif self.skips:
            return
        elif not self.in_one:
            self.flaw(f"{line[:60]!r} is before any memcg")
        elif word == "node" and len(rest) == 1 and re.fullmatch(r"\d{1,5}", rest[0], re.ASCII):
            self.begin_node(int(rest[0]))
        elif (found := _TIER.fullmatch(line)) and self.rows:
            if int(found[1]) <= self.tier:
                self.give_up(f"tier {found[1]} in the wrong place")
            self.tier = int(found[1])
        elif (found := _WALK.fullmatch(line)) and self.rows:
            self.walk(found[1])
        else:
            self.give_up(f"{line[:60]!r} is no line of the kernel's")

    def begin_entry(self, number: str = "", path: str = "") -> None:
        self.end_entry()
        self.entry += 1
        self.skips, self.memcg, self.path = "", -1, path
        if not re.fullmatch(r"\d{1,20}", number, re.ASCII) or int(number) >= 1 << 64:
            self.give_up(f"{number[:30]!r} is no memcg's number")
        elif path and not path.startswith("/"):
            self.give_up(f"a memcg's path begins with /, not {path[:30]!r}")
        else:
            self.memcg = int(number)
            if self.memcg and (self.memcg, path) in self.seen:
                self.give_up("it is there twice (memcgs came and went during the read?)")

    def begin_node(self, node: int) -> None:
        self.end_node()
        if self.skips:
            return
        if node in self.seen_nodes:  # memcgs before it went away during the read: seq_file skipped
            self.end_entry()
            self.flaw(f"node {node} again: the next memcg's first line is missing; it is left out")
            self.skips = "a memcg without a name"
            return
        self.node = node
        self.seen_nodes.add(node)

    def generation(self, line: str, found: re.Match[str]) -> None:
        seq, age, anon, file = (int(found[i] or 0) for i in (1, 2, 3, 4))
        if self.node < 0:
            what = "a memcg or its node" if self.in_one else "a memcg"
            reason = f"{line.strip()[:60]!r} stands where {what} is allowed"
            return self.give_up(reason) if self.in_one else self.flaw(reason)
        if self.rows and seq != self.rows[-1].seq + 1:
            if _WALK.fullmatch(line):  # of a generation that keeps none
                return None
            return self.give_up(f"generation {seq} after {self.rows[-1].seq}")
        if max(seq, anon, file) >= 1 << 64 or age >= 1 << 32:
            return self.give_up("a number that no counter of the kernel holds")
        if self.walked:
            return self.give_up("a generation after its node's walks")
        if len(self.rows) == MAX_NR_GENS:
            return self.give_up(f"more than {MAX_NR_GENS} generations")
        if self.rows and age > self.rows[-1].age_ms + LONGEST_READ_MS:
            self.flaw(
                f"generation {seq} is {age - self.rows[-1].age_ms} ms older than the one before it "
                "(the kernel's ages begin anew after 49.7 days); shown as it is"
            )
        self.rows.append(
            Generation(self.entry, self.memcg, self.path, self.node, seq, age, anon, file)
        )
        self.tier = -1
        return None

    def walk(self, text: str) -> None:
        letters = "".join(re.findall("[A-Za-z]", text))
        if letters and letters.upper() not in _WALK_LETTERS:
            allowed = ", ".join(_WALK_LETTERS[:2])
            self.give_up(f"walks {letters!r} are unknown; allowed are {allowed}")
        elif self.walked:
            self.give_up("a node's walks are there twice")
        self.walked = letters in _WALK_LETTERS[:2]

    def end_node(self) -> None:
        if self.node < 0:
            return
        if not self.skips and len(self.rows) < MIN_NR_GENS:
            many = len(self.rows)
            self.give_up(f"{many} generations on node {self.node}; the kernel has {MIN_NR_GENS}")
        self.nodes += self.rows
        self.rows, self.node, self.walked, self.tier = [], -1, False, -1

    def end_entry(self) -> None:
        self.end_node()
        if self.in_one and not self.skips:
            if self.nodes:
                self.kept += self.nodes
                self.seen.add((self.memcg, self.path))
            else:
                self.give_up("a memcg without a node")
        self.nodes, self.seen_nodes = [], set()


def read_counters(name: str, text: str) -> tuple[dict[str, int], list[str]]:
    """The counters of vmstat or memory.stat, one `name value` per line, and lines that are none.

    Raises HostError if there is no counter in it.
    """
    found: dict[str, int] = {}
    flaws = []
    for place, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        words = line.split()
        if not words:
            continue
        counter = len(words) == 2 and re.fullmatch(r"-?\d{1,20}", words[1], re.ASCII)
        if not counter or words[0] in found:
            flaws.append(f"{name}: line {place}: {line[:60]!r} is no new counter and its value")
        else:
            found[words[0]] = int(words[1])
    if not found:
        raise HostError(flaws[0] if flaws else f"{name}: no counter in it")
    return found, flaws


def read_bits(name: str, text: str) -> int:
    """`enabled`: 0x0007; 0 or 1, the whole switch before 5.18, is read as no bit or all bits."""
    shown = text.strip()
    if shown in ("0", "1"):
        return int(shown) * (Enabled.CORE | Enabled.MM_WALK | Enabled.NONLEAF_YOUNG)
    match = re.fullmatch(r"0x([0-9a-f]{4})", shown)
    if match is None:
        raise HostError(f"{name}: {text[:40]!r}: the kernel writes four digits, such as 0x0007")
    return int(match[1], 16)


def read_release(name: str, text: str) -> tuple[int, int]:
    """A kernel's version from its release: (6, 12) of 6.12.117+deb12-amd64."""
    match = re.match(r"\s*(\d{1,3})\.(\d{1,4})\b", text, re.ASCII)
    if match is None:
        raise HostError(f"{name}: {text[:40]!r} does not begin like a kernel's release, 6.12.1")
    return int(match[1]), int(match[2])
