"""A reader's own scenario on a real kernel, in a notebook: recorded now, or what to install."""

import os

from mglru_lab.lab.check.record import record
from mglru_lab.policy.kernel import Kernel
from mglru_lab.progress import IN_REPORT
from mglru_lab.recorder import tools
from mglru_lab.recorder.tools import RecorderError
from mglru_lab.scenario.language import Scenario


def recorded(text: str, kernel: str) -> str:
    """What a real kernel did with the scenario `text`, next to the model; takes seconds.

    Markdown out. Where QEMU is not installed, or the kernel cannot be fetched: what to do about it.
    A report, which must come out the same on another machine, boots no kernel.
    Raises ScenarioError for a text that is no scenario.
    """
    scenario = Scenario(text, "yours")
    if os.environ.get(IN_REPORT):
        return "A report boots no kernel. Open this notebook in JupyterLab to record the scenario."
    lacking = tools.missing()
    if lacking:
        needed = f"To record, install {', '.join(lacking)}: {tools.how_to_install(lacking)}."
        return needed
    try:
        recording = record(scenario, kernel)
    except RecorderError as error:
        return f"Nothing was recorded: {str(error).splitlines()[0]}"
    return recording.compare(Kernel(variant=kernel))._repr_html_()
