"""Recordings of DAMON that damo wrote: regions of addresses, and how often each was found accessed.

DAMON does not see pages: every page of a region that was found accessed counts as touched, once a
snapshot, and as written, because DAMON does not tell. So a region's cold pages look hot.
"""

import json
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mglru_lab.scenario.traces.entries import TraceError

PAGE_SHIFT = 12
_MOST_BYTES = 1 << 30
_MOST_TOUCHES = 1 << 26
_LONGEST_NUMBER = 25
Numbers = npt.NDArray[np.uint64]


class Region(NamedTuple):
    """A span of addresses in one snapshot."""

    time: int
    target: int
    start: int
    end: int
    accesses: int


def read_damo(path: Path) -> tuple[Numbers, Numbers, Numbers]:
    """The quantum, the page and the samples that found it accessed, of every touch.

    A page's number carries its target's in the bits above an address's. Known are damo's JSON,
    compressed or not, its old binary records, and the text of `perf script`.
    """
    data = path.read_bytes()
    if data.startswith(b"PERFILE2"):
        raise TraceError(f"{path}: perf's own file: give what `perf script -i {path.name}` prints")
    if data.startswith(b"damon_recfmt_ver"):
        regions = _binary(path, data)
    elif data[:1] == b"x":
        regions = _json(path, _decompressed(path, data))
    elif data.lstrip()[:1] in (b"[", b"{"):
        regions = _json(path, data)
    else:
        regions = _perf_script(path, data)
    return _touches(path, sorted(regions, key=lambda region: region[:2]))


def _touches(path: Path, regions: list[Region]) -> tuple[Numbers, Numbers, Numbers]:
    targets = {target: i for i, target in enumerate(dict.fromkeys(r.target for r in regions))}
    if len(targets) > 4096:
        raise TraceError(f"{path}: {len(targets)} targets; allowed are 4096")
    times = {time: i for i, time in enumerate(dict.fromkeys(r.time for r in regions))}
    total = 0
    for r in regions:
        if not 0 <= r.start < r.end <= 1 << 64 or not 0 <= r.accesses < 1 << 32:
            raise TraceError(f"{path}: region {r.start}-{r.end}, {r.accesses} accesses: impossible")
        total += (r.end - 1 >> PAGE_SHIFT) - (r.start >> PAGE_SHIFT) + 1 if r.accesses else 0
    if total > _MOST_TOUCHES:
        raise TraceError(f"{path}: {total} touches of pages; allowed are {_MOST_TOUCHES}")
    parts: tuple[list[Numbers], list[Numbers], list[Numbers]] = [], [], []
    for r in regions:
        if r.accesses:
            first, last = r.start >> PAGE_SHIFT, r.end - 1 >> PAGE_SHIFT
            pages = np.arange(first, last + 1, dtype=np.uint64) | np.uint64(targets[r.target] << 52)
            for part, values in zip(parts, (times[r.time], None, r.accesses), strict=True):
                part.append(pages if values is None else np.full(pages.size, values, np.uint64))
    if not parts[1]:
        raise TraceError(f"{path}: no region in it was found accessed")
    return np.concatenate(parts[0]), np.concatenate(parts[1]), np.concatenate(parts[2])


def _decompressed(path: Path, data: bytes) -> bytes:
    unpack = zlib.decompressobj()
    try:
        text = unpack.decompress(data, _MOST_BYTES)
    except zlib.error as error:
        raise TraceError(f"{path}: compressed, but damaged: {error}") from None
    if not unpack.eof:
        reason = "it is cut off" if len(text) < _MOST_BYTES else f"more than {_MOST_BYTES} bytes"
        raise TraceError(f"{path}: compressed, but {reason}")
    return text


def _json(path: Path, data: bytes) -> Iterator[Region]:
    place = "the list of records"
    try:
        records = json.loads(data)
        for i, record in enumerate(records):
            for j, snapshot in enumerate(record["snapshots"]):
                for k, region in enumerate(snapshot["regions"]):
                    place = f"record {i}, snapshot {j}, region {k}"
                    accesses = region["nr_accesses"]
                    samples = accesses["samples"] if isinstance(accesses, dict) else accesses
                    yield Region(
                        _nanoseconds(snapshot["end_time"]),
                        _number(record.get("target_id") or 0),
                        _number(region["start"]),
                        _number(region["end"]),
                        _number(samples),
                    )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {str(error)[:120]}"
        raise TraceError(f"{path}: {place}: {reason}") from None


def _number(value: Any) -> int:
    """A whole number as damo writes it: 4096, "4096" or "4,096"."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{value!r} is no whole number")
    if isinstance(value, int):
        return value
    if not re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})*|[0-9]{1,25}", value) or (
        len(value) > 2 * _LONGEST_NUMBER
    ):
        raise ValueError(f"{value[:40]!r} is no whole number")
    return int(value.replace(",", ""))


_UNITS = {"ns": 1, "us": 1000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def _nanoseconds(value: Any) -> int:
    """A time as damo writes it: a number of nanoseconds, or parts such as "1 m 2.5 s"."""
    if not isinstance(value, str):
        return _number(value)
    parts = re.findall(r"([0-9][0-9,]{0,24}(?:\.[0-9]{1,9})?)\s*(ns|us|ms|s|m|h)\b", value)
    if parts and not re.sub(r"[0-9.,\s]|ns|us|ms|s|m|h", "", value):
        return sum(round(float(n.replace(",", "")) * _UNITS[unit]) for n, unit in parts)
    return _number(value)


def _binary(path: Path, data: bytes) -> Iterator[Region]:
    """Old records: a version, then per snapshot its time and targets, each with its regions."""
    at = 16

    def take(form: str) -> tuple[int, ...]:
        nonlocal at
        start, at = at, at + struct.calcsize(f"<{form}")
        if at > len(data):
            raise TraceError(f"{path}: byte {start}: cut off")
        return struct.unpack_from(f"<{form}", data, start)

    (version,) = take("i")
    if version not in (0, 1, 2):
        raise TraceError(f"{path}: byte 16: record format {version}; allowed are 0 to 2")
    while at < len(data):
        seconds, nanoseconds, targets = take("qqI")
        for _ in range(targets):
            target, count = take("iI" if version == 1 else "QI")
            for _ in range(count):
                start, end, accesses = take("QQI")
                if start or end:  # the record that damo adds to tell a lone snapshot's time
                    yield Region(seconds * 10**9 + nanoseconds, target, start, end, accesses)


_LINE = re.compile(
    r"\S.*?\s(\d{1,12})\.(\d{1,9}):\s+damon:damon_aggregated:\s+target_id=(\d{1,20})\s+"
    r"nr_regions=\d+\s+(\d{1,20})-(\d{1,20}):\s+(\d{1,10})(?:\s+\d+)?\s*"
)


def _perf_script(path: Path, data: bytes) -> Iterator[Region]:
    try:
        lines = data.decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise TraceError(f"{path}: byte {error.start}: none of damo's formats") from None
    for place, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            reason = f"{line.strip()[:60]!r} is no line of damon:damon_aggregated"
            raise TraceError(f"{path}: line {place}: {reason}")
        seconds, fraction, *numbers = found.groups()
        yield Region(int(seconds) * 10**9 + int(fraction.ljust(9, "0")), *map(int, numbers))
