"""Records that damo keeps: JSON, compressed or not, and its old binary format."""

import json
import math
import re
import struct
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from mglru_lab.scenario.traces.entries import TraceError
from mglru_lab.scenario.traces.source import MOST_BYTES, Source

_OLD = b"damon_recfmt_ver"
_ZLIB = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")
_LONGEST_NUMBER = 25


class Region(NamedTuple):
    """A span of addresses in one snapshot."""

    start: int
    end: int
    accesses: int
    """Samples that found it accessed."""
    passed: int | None = None
    """Bytes of it that passed a filter, where one was on."""


class Snapshot(NamedTuple):
    """What one target looked like at one moment."""

    time: int
    """Nanoseconds."""
    target: tuple[int, int, int]
    """kdamond, context and target: each kdamond numbers its own from 0."""
    regions: list[Region]
    scheme: int | None = None
    filters: tuple[str, ...] = ()


def are_records(data: bytes) -> bool:
    """Whether it is one of damo's own formats, and no text of a tracer."""
    return data.startswith((_OLD, *_ZLIB)) or data.lstrip()[:1] in (b"[", b"{")


def read_records(source: Source, data: bytes) -> Iterator[Snapshot]:
    """The snapshots in damo's own formats."""
    if data.startswith(_OLD):
        return _binary(source, data)
    return _json(source, _decompressed(source, data) if data.startswith(_ZLIB) else data)


def _decompressed(source: Source, data: bytes) -> bytes:
    unpack = zlib.decompressobj()
    try:
        text = unpack.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise TraceError(f"{source}: compressed, but damaged: {error}") from None
    if not unpack.eof:
        reason = "it is cut off" if len(text) < MOST_BYTES else f"more than {MOST_BYTES} bytes"
        raise TraceError(f"{source}: compressed, but {reason}")
    return text


def _json(source: Source, data: bytes) -> Iterator[Snapshot]:
    place, percent = "the list of records", False
    try:
        records = json.loads(data)
        for i, record in enumerate(records):
            scheme = record.get("scheme_idx")
            filters = [str(one["filter_type"])[:40] for one in record.get("scheme_filters") or []]
            target = [_number(record.get(name) or 0) for name in _TARGET]
            for j, snapshot in enumerate(record["snapshots"]):
                regions = []
                for k, region in enumerate(snapshot["regions"]):
                    place = f"record {i}, snapshot {j}, region {k}"
                    regions.append(_region(region))
                    percent |= _is_percent(region["nr_accesses"])
                yield Snapshot(
                    _nanoseconds(snapshot["end_time"]), (target[0], target[1], target[2]), regions,
                    None if scheme is None else _number(scheme), tuple(filters),
                )  # fmt: skip
        if percent:
            source.note("it keeps accesses in percent of an interval's samples: those are counted")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {str(error)[:120]}"
        raise TraceError(f"{source}: {place}: {reason}") from None


_TARGET = ("kdamond_idx", "context_idx", "target_id")


def _region(region: Any) -> Region:
    passed = region.get("sz_filter_passed")
    return Region(
        _number(region["start"]),
        _number(region["end"]),
        _samples(region["nr_accesses"]),
        None if passed is None else _bytes(passed),
    )


def _is_percent(accesses: Any) -> bool:
    known = isinstance(accesses, dict)
    return known and accesses.get("samples") is None and accesses.get("percent") is not None


def _samples(accesses: Any) -> int:
    """Samples that found it accessed; of a record that keeps percents, those."""
    if not isinstance(accesses, dict):
        return _number(accesses)
    if _is_percent(accesses):
        percent = re.fullmatch(
            r"\s*([0-9]{1,3}(?:\.[0-9]{1,9})?)\s*%?\s*", str(accesses["percent"])
        )
        if percent is None:
            raise ValueError(f"{accesses['percent']!r} is no percentage")
        return math.ceil(float(percent[1]))
    return _number(accesses["samples"])


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


_SIZES = {"B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40, "PiB": 50, "EiB": 60}


def _bytes(value: Any) -> int:
    """A size as damo writes it: a number of bytes, or "16 KiB", "1.500 MiB"."""
    found = re.fullmatch(r"([0-9][0-9,]{0,24}(?:\.[0-9]{1,9})?)\s*([KMGTPE]i?B|B)", str(value))
    if found is None:
        return _number(value)
    unit = found[2] if found[2] in _SIZES else f"{found[2][0]}iB"
    return round(float(found[1].replace(",", "")) * (1 << _SIZES[unit]))


_UNITS = {"ns": 1, "us": 1000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def _nanoseconds(value: Any) -> int:
    """A time as damo writes it: a number of nanoseconds, or parts such as "1 m 2.5 s"."""
    if not isinstance(value, str):
        return _number(value)
    parts = re.findall(r"([0-9][0-9,]{0,24}(?:\.[0-9]{1,9})?)\s*(ns|us|ms|s|m|h)\b", value)
    if parts and not re.sub(r"[0-9.,\s]|ns|us|ms|s|m|h", "", value):
        return sum(round(float(n.replace(",", "")) * _UNITS[unit]) for n, unit in parts)
    return _number(value)


def _binary(source: Source, data: bytes) -> Iterator[Snapshot]:
    """Old records: a version, then per snapshot its time and targets, each with its regions."""
    at = 16

    def take(form: str) -> tuple[int, ...]:
        nonlocal at
        start, at = at, at + struct.calcsize(f"<{form}")
        if at > len(data):
            raise TraceError(f"{source}: byte {start}: cut off")
        return struct.unpack_from(f"<{form}", data, start)

    (version,) = take("i")
    if version not in (0, 1, 2):
        raise TraceError(f"{source}: byte 16: record format {version}; allowed are 0 to 2")
    while at < len(data):
        seconds, nanoseconds, targets = take("qqI")
        for _ in range(targets):
            target, count = take("iI" if version == 1 else "QI")
            regions = [Region(*take("QQI")) for _ in range(count)]
            # An empty one is what damo adds to tell the time of a lone snapshot.
            regions = [region for region in regions if region.start or region.end]
            yield Snapshot(seconds * 10**9 + nanoseconds, (0, 0, target), regions)
