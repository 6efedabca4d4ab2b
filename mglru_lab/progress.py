"""A progress bar in a terminal and in a notebook; none in a report or a file."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Step = TypeVar("Step")
COMPILING = "Compiling the model, once for this version: about half a minute ..."
IN_REPORT = "MGLRU_LAB_REPORT"
"""The environment variable that is set while a notebook is run to become a report."""


def bar(total: int | None, done: int, unit: str) -> Any:
    """A bar of `total` steps, `done` of them already; tqdm's, to be used as a context.

    Without a total it counts.
    """
    from tqdm.auto import tqdm  # imports IPython's widgets in a notebook

    shown = not os.environ.get(IN_REPORT) and (sys.stderr.isatty() or in_notebook())
    return tqdm(total=total, initial=done, unit=unit, disable=not shown)


def counted(steps: Iterable[Step], total: int | None, unit: str) -> Iterator[Step]:
    """The steps, counted by a bar as they come; it is away while one is looked at, or printed."""
    with bar(total, 0, unit) as one:
        for step in steps:
            one.clear()
            yield step
            one.update()
            one.refresh()


def in_notebook() -> bool:
    """Whether a Jupyter kernel runs this."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


@contextmanager
def of_a_report() -> Iterator[None]:
    """Processes begun here show no bar: what they show is to be read later."""
    before = os.environ.get(IN_REPORT)
    os.environ[IN_REPORT] = "yes"
    try:
        yield
    finally:
        del os.environ[IN_REPORT]
        if before is not None:
            os.environ[IN_REPORT] = before
