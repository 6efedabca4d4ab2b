"""A reader's own scenario on a real kernel, in a notebook: recorded now, or what to install."""

from IPython.display import HTML, Markdown

from mglru_lab.lab.check.record import record
from mglru_lab.policy.kernel import Kernel
from mglru_lab.recorder import tools
from mglru_lab.recorder.tools import RecorderError
from mglru_lab.scenario.language import Scenario


def recorded(text: str, kernel: str) -> HTML | Markdown:
    """What a real kernel did with the scenario `text`, beside the model; takes seconds.

    Where QEMU is not installed, or the kernel cannot be fetched: what to do about it.
    Raises ScenarioError for a text that is no scenario.
    """
    scenario = Scenario(text, "yours")
    lacking = tools.missing()
    if lacking:
        needed = f"To record, install {', '.join(lacking)}: {tools.how_to_install(lacking)}."
        return Markdown(needed)
    try:
        recording = record(scenario, kernel)
    except RecorderError as error:
        return Markdown(f"Nothing was recorded: {str(error).splitlines()[0]}")
    return HTML(recording.compare(Kernel(variant=kernel))._repr_html_())
