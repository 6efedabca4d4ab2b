"""Coverage-guided fuzzing of the text parsers: `python tests/fuzz_text.py -max_total_time=60`.

Needs atheris. It ends with an error at the first text that one of them neither reads nor refuses
by its own error.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mglru_lab.scenario.language", "mglru_lab.lab"]):
    from mglru_lab.lab.host.text import HostError, read_bits, read_counters, read_lru_gen
    from mglru_lab.lab.sweep.grid import Grid, GridError
    from mglru_lab.lab.truth import recordings
    from mglru_lab.lab.truth.recordings import RecordingError
    from mglru_lab.scenario.language import ScenarioError, parse

_FOLDER = tempfile.TemporaryDirectory()
FILE = Path(_FOLDER.name) / "x"
"""For the readers that take a path."""


def _scenario(text: str) -> None:
    parse(text, "here")


def _host(text: str) -> None:
    read_lru_gen("here", text)
    read_counters("here", text)
    read_bits("here", text)


def _recording(text: str) -> None:
    FILE.write_text("#### guest\n" + text, encoding="utf-8", errors="surrogateescape")
    for run in recordings.read_raw(FILE):
        for runs in run.maps.values():
            recordings.expand_map(runs[:1000])


def _sweep(text: str) -> None:
    FILE.write_text(text, encoding="utf-8", errors="surrogateescape")
    Grid.of(FILE)


PARSERS = (_scenario, _host, _recording, _sweep)


def one(data: bytes) -> None:
    """The first byte chooses a parser, the others are its text."""
    if not data:
        return
    try:
        PARSERS[data[0] % len(PARSERS)](data[1:].decode("utf-8", errors="replace"))
    except (ScenarioError, HostError, RecordingError, GridError):
        return  # refused, and told why


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
