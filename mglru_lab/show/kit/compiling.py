"""The one long wait that a newcomer meets, compiling the model: the notebook announces it."""

import os
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import HTML, display

from mglru_lab.kernel.jit import is_compiled
from mglru_lab.progress import COMPILING, IN_REPORT


def announce() -> None:
    """Say that the first run will take longer, until a cell has compiled; never in a report."""
    shell = get_ipython()
    if shell is None or is_compiled() or os.environ.get(IN_REPORT):
        return
    note = display(HTML(f"<p><b>{COMPILING}</b></p>"), display_id=True)

    def done(*_: Any) -> None:
        if note is not None and is_compiled():
            note.update(HTML(""))
            shell.events.unregister("post_run_cell", done)

    shell.events.register("post_run_cell", done)
