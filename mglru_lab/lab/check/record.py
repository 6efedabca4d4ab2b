"""`record`: a scenario on a real kernel, booted now, from Python and notebooks."""

import re
from collections.abc import Sequence
from pathlib import Path

from mglru_lab.lab.check.own_recordings import fitted
from mglru_lab.lab.truth.recordings import Recording, RecordingError, read_raw
from mglru_lab.progress import bar
from mglru_lab.recorder.record import record as record_raw
from mglru_lab.recorder.scratch import scratch
from mglru_lab.recorder.tools import RecorderError
from mglru_lab.scenario.language import Scenario


def record(
    scenario: Scenario | str | Path,
    kernel: str | Path = "6.12",
    *,
    traces: Sequence[Path | str] = (),
    timeout: float = 900,
) -> Recording:
    """Boot a real kernel in QEMU and record what it does with `scenario`; takes seconds.

    `scenario`: a Scenario, or the path of a .scn file. `kernel`: a name such as 7.3, a release, or
    the path of your own (an image, a folder, a built source tree). `traces`: folders with the
    traces that it names. `timeout`: seconds. Raises RecorderError with what is missing and how to
    install it, or with the guest's last words.
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.read(scenario)
    name = re.sub(r"[^\w.-]+", "_", scenario.name) or "scenario"
    folders = [Path(folder) for folder in traces]
    folders += [scenario.folder] if scenario.folder else []
    with scratch() as made, bar(None, 0, "line") as shown:
        file = made / f"{name}.scn"
        file.write_text(scenario.text, encoding="utf-8")

        def progress(line: str) -> None:
            shown.set_description(line)
            shown.update()

        which = str(kernel)
        if isinstance(kernel, Path) and "/" not in which:
            which = f"./{which}"  # a path, not a name
        raw = record_raw([file], which, made / "raw.txt", progress, traces=folders, timeout=timeout)
        (recording,) = list(read_raw(raw))
        if not recording.finished:
            text = raw.read_text(errors="replace").splitlines()
            fatal = next((line for line in text if line.startswith("FATAL")), "")
            raise RecorderError(f"{name}: the guest gave it up: {fatal}")
        try:
            return fitted(recording, folders)
        except RecordingError:
            return recording  # of a kernel whose rules the model does not have: still to be read
