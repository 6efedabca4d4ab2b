"""DAMON's events as tracers print them: perf script, perf trace, trace-cmd report, tracefs."""

import re
from collections.abc import Iterator

from mglru_lab.scenario.traces.damo_records import Region, Snapshot
from mglru_lab.scenario.traces.entries import TraceError
from mglru_lab.scenario.traces.source import Source

# The head has the task (`kdamond.0 4711`, `kdamond.0-4711`, `kdamond.0/4711`) and the time: seconds
# and a colon, but `perf trace` begins with milliseconds.
_EVENT = re.compile(
    r"(?P<head>.*?)\b(?:damon:)?(?P<event>damon_aggregated|damos_before_apply)(?::\s*|\()"
    r"(?:ctx_idx=(?P<context>\d{1,10})\s+scheme_idx=(?P<scheme>\d{1,10})\s+)?"
    r"target_(?:id|idx)=(?P<target>\d{1,20})\s+nr_regions=(?P<regions>\d{1,10})\s+"
    r"(?P<start>\d{1,20})-(?P<end>\d{1,20}):\s+(?P<accesses>\d{1,10})(?:\s+\d{1,10})?\s*\)?",
    re.ASCII,
)
_SECONDS = re.compile(r".*\s(\d{1,12})\.(\d{1,9}):\s*", re.ASCII)
_MILLISECONDS = re.compile(r"\s*(\d{1,15})\.(\d{1,6})\s.*", re.ASCII)
_KDAMOND = re.compile(r"kdamond\.(\d{1,6})", re.ASCII)
_OTHER = re.compile(
    r"#.*|cpus=\d+|version = .*|CPU \d+ is empty|.*\s\d+\.\d+:\s+[\w:-]+:.*|\s*\d+\.\d+\s.*\w\(.*"
)
_LOST = re.compile(r"CPU.*LOST.*EVENTS.*|.*\bLOST \d+ events.*", re.IGNORECASE)


def read_text(source: Source, data: bytes) -> Iterator[Snapshot]:
    """The snapshots in a tracer's text; lines of other events are passed over.

    A region is a line, a snapshot as many lines as its `nr_regions` tells. Where schemes' regions
    were traced (damos_before_apply) as well as all regions, the latter count.
    """
    found = list(_events(source, data))
    if not found:
        raise TraceError(f"{source}: no event damon_aggregated in it")
    kinds = {event for event, _, _, _ in found}
    open_ones: dict[tuple[tuple[int, int, int], int | None], tuple[Snapshot, int]] = {}
    for event, one, region, count in found:
        if event == "damos_before_apply" and "damon_aggregated" in kinds:
            continue
        key = one.target, one.scheme
        if key in open_ones:
            snapshot, left = open_ones[key]
            if left and region.start >= snapshot.regions[-1].end:
                snapshot.regions.append(region)
                open_ones[key] = snapshot, left - 1
                continue
            yield snapshot
        open_ones[key] = one._replace(regions=[region]), count - 1
    for snapshot, _ in open_ones.values():
        yield snapshot


def _events(source: Source, data: bytes) -> Iterator[tuple[str, Snapshot, Region, int]]:
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise TraceError(f"{source}: byte {error.start}: none of damo's formats") from None
    lost = 0
    for place, line in enumerate(lines, start=1):
        found = _EVENT.fullmatch(line.rstrip())
        if found is None:
            is_ours = "damon_aggregated" in line or "damos_before_apply" in line
            if _LOST.fullmatch(line.strip()):
                lost += 1
            elif line.strip() and (is_ours or not _OTHER.fullmatch(line.rstrip())):
                reason = f"{line.strip()[:60]!r} is no line of damon:damon_aggregated"
                raise TraceError(f"{source}: line {place}: {reason}")
            continue
        kdamond = _KDAMOND.search(found["head"])
        target = int(kdamond[1]) if kdamond else 0, int(found["context"] or 0), int(found["target"])
        scheme = None if found["scheme"] is None else int(found["scheme"])
        region = Region(int(found["start"]), int(found["end"]), int(found["accesses"]))
        if region.end or region.start:  # damo adds an empty one to tell a lone snapshot's time
            time = _time(source, place, found["head"])
            count = int(found["regions"])
            yield found["event"], Snapshot(time, target, [], scheme), region, count
    if lost:
        source.note(f"the tracer lost events at {lost} places: snapshots lack regions there")


def _time(source: Source, place: int, head: str) -> int:
    """Nanoseconds."""
    if found := _SECONDS.fullmatch(head):
        return int(found[1]) * 10**9 + int(found[2].ljust(9, "0"))
    if found := _MILLISECONDS.fullmatch(head):
        return int(found[1]) * 10**6 + int(found[2].ljust(6, "0"))
    raise TraceError(f"{source}: line {place}: {head.strip()[:40]!r} has no time")
