"""One whole check, with a progress bar: boot a kernel, perhaps a second one, and compare."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mglru_lab.kernel.rules import RULES
from mglru_lab.lab.check.changes import as_recorded, changes
from mglru_lab.lab.check.check import Checked, check
from mglru_lab.lab.check.check_report import Report
from mglru_lab.lab.check.kept import default_folder
from mglru_lab.lab.check.standard import Standard
from mglru_lab.lab.run.machine import OutOfMemory
from mglru_lab.lab.run.run import run
from mglru_lab.lab.truth.groundtruth import on_model
from mglru_lab.lab.truth.recordings import Recording
from mglru_lab.progress import bar
from mglru_lab.scenario.language import ScenarioError

MODEL = "model:"
"""Before a family of rules: the model instead of a second kernel."""


def make(
    name: str,
    against: str | None,
    scenarios: Sequence[Standard],
    tell: Callable[[str], None],
    *,
    folder: Path | None = None,
    timeout: float = 900,
) -> Report:
    """Check the kernel `name` and hold it against another one, or against `model:RULES`.

    `folder`: where results are kept (by default in the user's cache). Raises RecorderError for a
    kernel on which nothing runs, ValueError for rules that there are not.
    """
    rules = (against or "").removeprefix(MODEL) if (against or "").startswith(MODEL) else ""
    if against == MODEL or (rules and rules not in RULES):
        raise ValueError(f"{against}: allowed after {MODEL} are {', '.join(RULES)}")

    def checked(which: str) -> Checked:
        return _counted(which, scenarios, folder or default_folder(), tell, timeout)

    first = checked(name)
    ours = {key: result.recording for key, result in first.results.items()}
    title, found = "", None
    if rules:
        title, theirs = f"the model by the rules of {rules}", _modelled(ours, rules)
        found = changes(scenarios, ours, theirs)
    elif against:
        second = checked(against)
        theirs = {key: result.recording for key, result in second.results.items()}
        title, found = second.title, changes(scenarios, ours, theirs)
    with bar(len(ours) * len(RULES), 0, "run") as shown:
        return Report.of(first, title, found, shown.update)


def _counted(
    name: str, scenarios: Sequence[Standard], folder: Path, tell: Callable[[str], None],
    timeout: float,
) -> Checked:  # fmt: skip
    with bar(len(scenarios), 0, "scenario") as shown:

        def told(line: str) -> None:
            _aside(shown, tell, line)

        return check(name, scenarios, folder, told, done=shown.update, timeout=timeout)


def _aside(shown: Any, tell: Callable[[str], None], line: str) -> None:
    """A line while a bar is shown."""
    shown.clear()
    tell(line)
    shown.refresh()


def _modelled(recordings: dict[str, Recording], rules: str) -> dict[str, Recording]:
    """The model's runs of the recorded scenarios by those rules, as recordings."""
    found = {}
    for name, recording in recordings.items():
        kernel, scenario = on_model(replace(recording, family=rules))
        try:
            found[name] = as_recorded(run(scenario, kernel), name)
        except (ScenarioError, OutOfMemory):
            continue
    return found
