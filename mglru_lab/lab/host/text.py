"""Text of a real host's MGLRU files, read as strictly as the kernel writes it (mm/vmscan.c)."""

import re
from typing import NamedTuple

from mglru_lab.kernel.lruvec import MAX_NR_GENS, MIN_NR_GENS


class HostError(ValueError):
    """A host's file that cannot be read: its name, the line and the reason."""


class Generation(NamedTuple):
    """A line of lru_gen: one generation of one memcg on one node."""

    memcg: int
    path: str
    node: int
    seq: int
    age_ms: int
    anon: int
    file: int


class Walks(NamedTuple):
    """The last line of a node in lru_gen_full: what the latest walk of page tables saw."""

    memcg: int
    node: int
    ptes: int
    """PTEs looked at: T; on 6.1 L, leaf entries."""
    young: int
    """PTEs found accessed: Y."""


_MEMCG = re.compile(r"memcg +(\d{1,5}) (.*)")
_NODE = re.compile(r" node +(\d{1,5})")
_NUMBER = r" +(\d{1,20})"
_GENERATION = re.compile(rf"{_NUMBER}{_NUMBER}{_NUMBER}([ x]){_NUMBER}([ x]?)")
_TIER = re.compile(r" {21}([0-3])((?: +\d{1,20}[RTrepx ]?){6})")
# Leaf PTEs, old, young, non-leaf entries, found by the filter, added to it: LOYNFA; 6.12: TYFA.
_WALKS = re.compile(r" {22}((?: +\d{1,20}[A-Za-z ]?)+)")
_LETTERS = ("LOYNFA", "TYFA")


def read_lru_gen(name: str, text: str) -> tuple[list[Generation], list[Walks]]:
    """The generations in the text of lru_gen or lru_gen_full, and the walks that the latter tells.

    Every line must be one that the kernel could have written there; HostError names the first that
    is not. Lines of tiers are checked, and not kept.
    """
    reader = _Reader(name)
    lines = text.split("\n")
    if lines.pop():
        raise HostError(f"{name}: line {len(lines) + 1}: cut off, it does not end")
    for reader.place, line in enumerate(lines, start=1):
        reader.read(line)
    reader.end_memcg()
    if not reader.generations:
        raise HostError(f"{name}: no memcg in it")
    return reader.generations, reader.walks


class _Reader:
    """What the lines read so far allow as the next one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.place = 0
        self.memcg: tuple[int, str] | None = None
        self.node: int | None = None
        self.rows: list[Generation] = []
        self.tier = -1
        self.walked = False
        self.seen: set[tuple[int, int]] = set()
        self.generations: list[Generation] = []
        self.walks: list[Walks] = []

    def fail(self, reason: str) -> None:
        raise HostError(f"{self.name}: line {self.place}: {reason}")

    def read(self, line: str) -> None:
        if found := _MEMCG.fullmatch(line):
            self.end_memcg()
            self.same(line, f"memcg {int(found[1]):5d} {found[2]}")
            if int(found[1]) in {memcg for memcg, _ in self.seen}:
                self.fail(f"memcg {int(found[1])} is there twice")
            self.memcg = int(found[1]), found[2]
        elif found := _NODE.fullmatch(line):
            self.end_node()
            self.same(line, f" node {int(found[1]):5d}")
            if self.memcg is None:
                self.fail("a node before any memcg")
            self.node = int(found[1])
        elif self.node is None or self.memcg is None:
            self.fail(f"{line[:60]!r}: allowed is a memcg or its node")
        elif not line.startswith(" " * 12) and (found := _GENERATION.fullmatch(line)):
            self.generation(line, found)
        elif found := _TIER.fullmatch(line):
            if not self.rows or int(found[1]) <= self.tier:
                self.fail(f"tier {found[1]} in the wrong place")
            self.tier = int(found[1])
        elif found := _WALKS.fullmatch(line):
            self.walk(found[1])
        else:
            self.fail(f"{line[:60]!r} is no line of the kernel's")

    def same(self, line: str, written: str) -> None:
        """The line must be what the kernel writes for what was read from it."""
        if line.rstrip(" ") != written.rstrip(" "):
            self.fail(f"{line[:60]!r}: the kernel writes {written[:60]!r}")

    def generation(self, line: str, found: re.Match[str]) -> None:
        seq, age, anon, file = (int(found[i]) for i in (1, 2, 3, 5))
        self.same(line, f" {seq:10d} {age:10d} {anon:10d}{found[4]} {file:10d}{found[6]}")
        if max(seq, anon, file) >= 1 << 64 or age >= 1 << 32:
            self.fail("a number that no counter of the kernel holds")
        if self.walked:
            self.fail("a generation after its node's walks")
        if self.rows and seq != self.rows[-1].seq + 1:
            self.fail(f"generation {seq} after {self.rows[-1].seq}")
        if self.rows and age > self.rows[-1].age_ms:
            self.fail(f"generation {seq} is older than the one before it")
        if len(self.rows) == MAX_NR_GENS:
            self.fail(f"more than {MAX_NR_GENS} generations")
        assert self.memcg is not None
        assert self.node is not None
        self.rows.append(Generation(*self.memcg, self.node, seq, age, anon, file))
        self.tier = -1

    def walk(self, text: str) -> None:
        numbers = re.findall(r"(\d+)([A-Za-z]?)", text)
        letters = "".join(letter for _, letter in numbers)
        if not letters and len(numbers) in map(len, _LETTERS) and self.rows:
            return  # of a generation that keeps none
        if (
            len(numbers) != len(letters)
            or letters.upper() not in _LETTERS
            or not self.rows
            or self.walked
        ):
            self.fail(f"walks {letters!r} in the wrong place; allowed are {', '.join(_LETTERS)}")
        if letters.isupper():
            known = {letter: int(number) for number, letter in numbers}
            row = self.rows[-1]
            ptes = known.get("T", known.get("L", 0))
            self.walks.append(Walks(row.memcg, row.node, ptes, known["Y"]))
            self.walked = True

    def end_memcg(self) -> None:
        self.end_node()
        if self.memcg is not None and self.memcg[0] not in {memcg for memcg, _ in self.seen}:
            self.fail("a memcg without a node")

    def end_node(self) -> None:
        if self.node is None:
            return
        if len(self.rows) < MIN_NR_GENS:
            self.fail(f"{len(self.rows)} generations; the kernel has {MIN_NR_GENS} at least")
        assert self.memcg is not None
        key = self.memcg[0], self.node
        if key in self.seen:
            self.fail(f"memcg {key[0]}, node {key[1]} is there twice")
        self.seen.add(key)
        self.generations += self.rows
        self.rows, self.node, self.walked, self.tier = [], None, False, -1


def read_counters(name: str, text: str) -> dict[str, int]:
    """The counters of vmstat or memory.stat, a `name value` a line."""
    found: dict[str, int] = {}
    lines = text.split("\n")
    if not lines or lines.pop():
        raise HostError(f"{name}: line {len(lines) + 1}: cut off, it does not end")
    for place, line in enumerate(lines, start=1):
        match = re.fullmatch(r"([A-Za-z0-9_]+(?:\([a-z]+\))?) (-?\d{1,20})", line)
        if match is None or match[1] in found:
            raise HostError(f"{name}: line {place}: {line[:60]!r} is no new counter and its value")
        found[match[1]] = int(match[2])
    if not found:
        raise HostError(f"{name}: no counter in it")
    return found


def read_bits(name: str, text: str) -> int:
    """`enabled`, as the kernel shows it: 0x0007."""
    match = re.fullmatch(r"0x([0-9a-f]{4})\n?", text)
    if match is None:
        raise HostError(f"{name}: {text[:40]!r}: the kernel writes four digits, such as 0x0007")
    return int(match[1], 16)


def read_release(name: str, text: str) -> tuple[int, int]:
    """A kernel's version from its release: (6, 12) of 6.12.117+deb12-amd64."""
    match = re.match(r"(\d{1,3})\.(\d{1,4})\b", text)
    if match is None:
        raise HostError(f"{name}: {text[:40]!r} does not begin like a kernel's release, 6.12.1")
    return int(match[1]), int(match[2])
