"""Your own recordings, read from a folder: each is accepted, or refused with the reason."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mglru_lab.kernel.rules import RULES
from mglru_lab.lab.truth import recordings
from mglru_lab.lab.truth.recordings import Recording, RecordingError, expand_map
from mglru_lab.recorder import program
from mglru_lab.scenario.traces.entries import Entries, TraceError, check_entries, load_trace

_TRACE = re.compile(r"(?m)^trace (/trace/([\w.+-]+)\.u32)\s*$")


@dataclass(frozen=True)
class Refused:
    """A recording, or a file of them, that cannot be compared."""

    name: str
    reason: str


def load_folder(folder: Path, traces: Sequence[Path]) -> Iterator[Recording | Refused]:
    """What a folder has: the tables that `convert` writes, and raw `.txt` and `.txt.xz` files.

    `traces`: folders with the traces that were recorded; the lab's own are made again. What cannot
    be read or does not fit is refused alone. RecordingError for a folder without recordings.
    """
    found = [path for path in sorted(folder.iterdir()) if path.name.endswith((".txt", ".txt.xz"))]
    tables = [folder] if (folder / "runs.parquet").exists() else []
    if not found and not tables:
        raise RecordingError(f"{folder}: no recordings: no *.txt, no *.txt.xz, no runs.parquet")
    for place in [*tables, *found]:
        try:
            held = recordings.load(place) if place.is_dir() else list(recordings.read_raw(place))
        except RecordingError as error:
            yield Refused(place.name, str(error))
            continue
        for recording in held:
            try:
                yield fitted(recording, traces)
            except RecordingError as error:
                yield Refused(f"{recording.file}: {recording.scenario}", str(error))


def fitted(recording: Recording, traces: Sequence[Path]) -> Recording:
    """The recording with the entries of its traces; RecordingError with the reason why not."""
    if recording.program not in ("", program.version()):
        raise RecordingError(
            f"recorded by another guest program, {recording.program}; this version's is "
            f"{program.version()}: record it again"
        )
    if recording.rules not in RULES:
        raise RecordingError(
            f"the model has no rules of {recording.rules}; it has those of {', '.join(RULES)}"
        )
    entries = {
        name: _entries(stem, recording, traces) for name, stem in _TRACE.findall(recording.text)
    }
    fits = replace(recording, entries=entries)
    _check_whole(fits)
    return fits


def _entries(stem: str, recording: Recording, traces: Sequence[Path]) -> Entries:
    """The entries of a trace that the recorder named `stem`, if they are those it replayed."""
    named = [path for folder in traces for path in sorted(folder.iterdir()) if _plain(path) == stem]
    try:
        found, entries = (
            load_trace(named[0].name, [named[0].parent]) if named else load_trace(stem, traces)
        )
        pages = [int(n) for n in re.findall(r"(?m)^region (\d+)", recording.text)]
        check_entries(found, entries, pages)
    except TraceError as error:
        raise RecordingError(str(error)) from None
    told = re.search(rf"(?m)^trace {re.escape(stem)}\.u32 sha256=(\w+)", recording.head)
    if told and told[1] != sha256(entries):
        raise RecordingError(f"trace {stem}: {found} is another one than was recorded (checksum)")
    return entries


def _plain(path: Path) -> str:
    """A trace's name as the recorder writes it."""
    return path.name.split(".")[0].replace("@", "_")


def sha256(entries: Entries) -> str:
    """The checksum of a trace, as a recording's head has it."""
    return hashlib.sha256(entries.astype("<u4").tobytes()).hexdigest()


def _check_whole(recording: Recording) -> None:
    """RecordingError for a recording that lacks a label, a page or a bit of its scenario's."""
    if not recording.finished:
        return  # an OOM kill cut it short, which the model does, too, or not
    labels = re.findall(r"(?m)^(?:dump|stat) (\S+)", recording.text)
    parts = re.findall(r"(?m)^replaymarks \d+ \d+ (\d+)", recording.text)
    labels += [f"mark{place + 1}" for place in range(sum(map(int, parts)))]
    lacking = [label for label in labels if label not in recording.stats]
    lacking += [label for label in labels if label not in recording.gens]
    if lacking:
        raise RecordingError(f"cut off: there is no state of {lacking[0]}")
    pages = [int(n) for n in re.findall(r"(?m)^region (\d+)", recording.text)]
    for (label, region), runs in recording.maps.items():
        held = len(expand_map(runs))
        if held != pages[region]:
            raise RecordingError(f"{label}: a map of {held} pages, expected {pages[region]}")
    log, traced = recording.missed(), sum(entries.size for entries in recording.entries.values())
    if log is not None and recording.entries and log.size < traced:
        raise RecordingError(f"cut off: the log has {log.size} of {traced} accesses")
