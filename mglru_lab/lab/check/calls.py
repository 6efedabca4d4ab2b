"""Who calls KVM while a guest is aged or evicted, and under which lock: counts by ftrace.

The scenario's `calls GLOB...` begins to count functions by their callers, `callsend LABEL` writes a
line `calls LABEL FUNCTION<-CALLER:COUNT ...`; of locks those are counted that KVM's functions take.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LINE = re.compile(r"calls (\w+)((?: [\w.]+<-[\w.]+:\d+)*)\s*")
_YOUNG = re.compile(r"kvm_mmu_notifier_\w*young")
"""KVM's functions that answer whether a page is young."""
LOCKS = {"_raw_write_lock": "mmu_lock for write", "_raw_read_lock": "mmu_lock for read"}
_UNMAPS = "invalidate"
"""What the callers' names have that take the lock to unmap, not to answer."""


@dataclass(frozen=True)
class Calls:
    """What was counted between `calls` and `callsend`: (function, caller) to calls."""

    counted: Mapping[tuple[str, str], int]

    def _sum(self, fits: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for (function, _), count in self.counted.items():
            if re.fullmatch(fits, function):
                found[function] = found.get(function, 0) + count
        return found

    @property
    def questions(self) -> dict[str, int]:
        """Calls of each of KVM's notifiers that tell whether a page is young."""
        return self._sum(_YOUNG.pattern)

    @property
    def asked(self) -> int:
        """How often KVM was asked."""
        return sum(self.questions.values())

    def locked(self, unmapping: bool = False) -> dict[str, int]:
        """How often each lock was taken to answer; `unmapping`: to unmap pages instead."""
        found: dict[str, int] = {}
        for (function, caller), count in self.counted.items():
            if function in LOCKS and (_UNMAPS in caller) == unmapping:
                found[LOCKS[function]] = found.get(LOCKS[function], 0) + count
        return found


def read(lines: Iterable[str]) -> dict[str, Calls]:
    """The counts in a recording's lines, by label; ValueError for a line that is none."""
    found = {}
    for line in lines:
        if not line.startswith("calls ") or " -> " in line:
            continue  # what setting the tracer up answered
        parts = _LINE.fullmatch(line)
        if parts is None:
            raise ValueError(f"{line[:80]!r}: allowed is calls LABEL FUNCTION<-CALLER:COUNT")
        counted: dict[tuple[str, str], int] = {}
        for word in parts[2].split():
            function, caller, count = re.split("<-|:", word)
            counted[function, caller] = counted.get((function, caller), 0) + int(count)
        found[parts[1]] = Calls(counted)
    return found
