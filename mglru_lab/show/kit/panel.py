"""A panel: controls, and an answer that follows them; errors are shown in its place."""

import threading
import time
import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from contextvars import copy_context
from html import escape
from typing import Any

import ipywidgets as widgets
from IPython.core.formatters import DisplayFormatter
from IPython.core.getipython import get_ipython
from IPython.display import HTML, display

Values = dict[str, Any]
Shown = Sequence[Any]
"""Anything that a notebook can display."""
Answer = Callable[[Values], Shown | Generator[float, None, Shown]]
"""What to show for these values; one that takes long yields the share done, and may be dropped."""
Off = Callable[[Values], Mapping[str, str]]
"""Which controls have no effect now, by name, and why."""
Arrange = Callable[[Mapping[str, Any]], Sequence[Any]]
"""The controls as rows of widgets."""

CLASS = "mglru-lab-panel"
FLOWING = widgets.Layout(flex_flow="row wrap", align_items="center")
_ERROR = (
    '<div role="alert" style="border-left:4px solid #b3261e;padding:4px 10px;color:#b3261e;'
    'background:#fff"><b>{what}</b><pre style="white-space:pre-wrap;color:inherit">{trace}</pre>'
    "</div>"
)
REVIVE = "Run this cell to use what was here: it needs a running kernel."
"""In place of a widget whose kernel is gone; offline.enable() has the style and the script."""
WIDGET = "application/vnd.jupyter.widget-view+json"
_SOON = 0.3
"""Seconds after which a person is shown that an answer is under way."""


class _Dropped(Exception):
    """The answer under way is no longer wanted."""


class Panel:
    """Named widgets and an answer; `values` is its whole state.

    A control without effect is folded away, and a line says which and why. An exception of
    `answer` or `off` is shown in the panel. The first answer is made with the panel; later ones are
    made in a thread, for the newest values only, and `wait` returns when the last one is shown.
    """

    def __init__(
        self,
        controls: Mapping[str, Any],
        answer: Answer,
        off: Off | None = None,
        code: Callable[[Values], str] | None = None,
        arrange: Arrange | None = None,
    ) -> None:
        self.controls = dict(controls)
        self._answer, self._off, self._code = answer, off, code
        self._shown: Values | None = None
        self._guard, self._stale, self._stopped = threading.Lock(), True, False
        self._thread: threading.Thread | None = None
        self.output = widgets.Output()
        self.notes = widgets.HTML()
        self.progress = widgets.FloatProgress(min=0, max=1, description="running")
        self.stop = widgets.Button(description="Stop", tooltip="Give up this answer")
        self.stop.on_click(self._stop)
        self.busy = widgets.HBox([self.progress, self.stop])
        self.busy.layout.display = "none"
        self.helps = widgets.HTML(_helps(self.controls))
        folds = widgets.HBox([self.notes, self.helps], layout=FLOWING)
        folds.add_class("mglru-lab-folds")
        rows = [*(arrange or in_a_row)(self.controls), folds]
        held = widgets.VBox(rows, _dom_classes=("mglru-lab-controls",))
        self.widget = widgets.VBox([held, self.busy, self.output], _dom_classes=(CLASS,))
        for control in self.controls.values():
            control.observe(self._changed, "value")
        self._work()

    @property
    def values(self) -> Values:
        """The value of each control, by name."""
        return {name: control.value for name, control in self.controls.items()}

    def wait(self) -> None:
        """Return when every change so far is answered."""
        while (thread := self._thread) is not None:
            thread.join()

    def _ipython_display_(self) -> None:
        show(self.widget)

    def _changed(self, _change: Any) -> None:
        """Answer the values as they are; what changes meanwhile is answered next, the last only.

        A notebook may deliver changes from several threads, and one control may set another.
        """
        with self._guard:
            self._stale = True
            if self._thread is not None:
                return
            # The context says to which cell of the notebook all this belongs.
            self._thread = threading.Thread(
                target=copy_context().run, args=(self._work,), name="panel", daemon=True
            )
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._guard:
                if not self._stale:
                    self._thread = None
                    return
                self._stale = False
                self._stopped = False
            values = self.values
            if values != self._shown:
                self._show(values)

    def _stop(self, _button: Any) -> None:
        self._stopped = True

    def _show(self, values: Values) -> None:
        try:
            off = dict(self._off(values)) if self._off else {}
            for name, control in self.controls.items():
                control.disabled = name in off
                control.layout.display = "none" if name in off else None
            notes = [self._folded(off)] if off else []
            if self._code:
                notes.append(f"As code: <code>{escape(self._code(values))}</code>")
            self.notes.value = "".join(f"<div>{note}</div>" for note in notes)
            shown = self._finish(self._answer(values))
        except _Dropped:
            if self._stopped:
                self._shown = None
                self.notes.value += (
                    "<br><b>Stopped:</b> the answer below is for the previous settings."
                )
            return
        except Exception as error:
            trace = "".join(traceback.format_exception(error))
            shown = [HTML(_ERROR.format(what=escape(repr(error)), trace=escape(trace)))]
        self._shown = values
        self.output.outputs = tuple(map(shown_as, shown))

    def _finish(self, answer: Shown | Generator[float, None, Shown]) -> list[Any]:
        """The answer; of one that is made step by step, progress is shown once it takes long."""
        if not isinstance(answer, Generator):
            return list(answer)
        started = last = time.monotonic()
        try:
            while True:
                share = next(answer)
                if self._stale or self._stopped:
                    answer.close()
                    raise _Dropped
                now = time.monotonic()
                if now - started > _SOON and now - last > 0.1:
                    self.progress.value, last = share, now
                    self.busy.layout.display = ""
        except StopIteration as end:
            return list(end.value)
        finally:
            self.busy.layout.display = "none"

    def _folded(self, off: Mapping[str, str]) -> str:
        """Which controls have no effect, and why."""
        labels = {name: escape(str(self.controls[name].description) or name) for name in off}
        rows = "".join(f"<li>{labels[name]}: {escape(why)}</li>" for name, why in off.items())
        some = "1 control has" if len(off) == 1 else f"{len(off)} controls have"
        said = f"{some} no effect here and {'is' if len(off) == 1 else 'are'} not shown (why?)"
        return f"<details><summary>{said}</summary><ul>{rows}</ul></details>"


def shown_as(item: Any) -> dict[str, Any]:
    """What a notebook's cell would show for `item`, in the notebook format's form."""
    shell = get_ipython()
    formatter = (shell and shell.display_formatter) or DisplayFormatter()
    data, metadata = formatter.format(item)
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def show(widget: Any) -> None:
    """Display a widget; who opens the notebook later, without its kernel, reads REVIVE."""
    view = {"model_id": widget.model_id, "version_major": 2, "version_minor": 0}
    said = {"text/plain": REVIVE, "text/html": f"<p><i>{REVIVE}</i></p>"}
    display(said | {WIDGET: view}, raw=True)


def in_a_row(controls: Mapping[str, Any]) -> list[Any]:
    """As many controls beside each other as fit."""
    return [widgets.HBox(list(controls.values()), layout=FLOWING)]


def _helps(controls: Mapping[str, Any]) -> str:
    """The line of help of each control, folded away: a tooltip cannot be reached by keyboard."""
    lines = {
        str(control.description): str(control.tooltip)
        for control in controls.values()
        if control.tooltip
    }
    rows = "".join(
        f"<li><b>{escape(name)}</b>: {escape(says)}</li>" for name, says in lines.items()
    )
    if not rows:
        return ""
    return f"<details><summary>What each control does</summary><ul>{rows}</ul></details>"
