"""Records a recorded scenario again on this machine, so that readers can check our recordings."""

from collections.abc import Callable, Iterable

from mglru_lab.lab.truth.recordings import Recording, read_raw
from mglru_lab.recorder.kernels import series_of
from mglru_lab.recorder.record import record
from mglru_lab.recorder.scratch import scratch


def record_anew(
    recordings: Iterable[Recording], progress: Callable[[str], None]
) -> list[Recording]:
    """The same scenarios on the same kernels, booted now; one boot per kernel.

    A scenario that was recorded several times is recorded once. The kernel with a switch is in no
    package, so its recordings are left out. Raises RecorderError.
    """
    chosen: dict[str, dict[str, Recording]] = {}
    for recording in recordings:
        if not recording.is_switched:
            chosen.setdefault(_kernel(recording), {}).setdefault(recording.scenario, recording)
    found: list[Recording] = []
    for kernel, scenarios in chosen.items():
        with scratch() as folder:
            files = []
            for name, recording in scenarios.items():
                files.append(folder / f"{name}.scn")
                files[-1].write_text(recording.text)
            raw = record(files, kernel, folder / f"anew_{kernel}.txt", progress)
            found += read_raw(raw)
    return found


def _kernel(recording: Recording) -> str:
    """The series of its kernel, whose newest package is recorded; else its very release."""
    series = series_of(recording.release)
    return series.name if series else recording.release
