"""A panel: controls, and an answer that follows them; what goes wrong is shown in its place."""

import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
from IPython.core.formatters import DisplayFormatter
from IPython.core.getipython import get_ipython
from IPython.display import HTML, display

Values = dict[str, Any]
Answer = Callable[[Values], Sequence[Any]]
"""What to show for these values: anything that a notebook can display."""
Off = Callable[[Values], Mapping[str, str]]
"""Which controls have no effect now, by name, and why."""

_ERROR = (
    '<div role="alert" style="border-left:4px solid #b3261e;padding:4px 10px;color:#b3261e">'
    "<b>{what}</b><pre style='white-space:pre-wrap'>{trace}</pre></div>"
)


class Panel:
    """Named widgets and an answer; `values` is its whole state.

    A control without effect is greyed, and the reason stands below the controls. An exception of
    `answer` or `off` is shown in the panel.
    """

    def __init__(
        self,
        controls: Mapping[str, Any],
        answer: Answer,
        off: Off | None = None,
        code: Callable[[Values], str] | None = None,
    ) -> None:
        self.controls = dict(controls)
        self._answer, self._off, self._code = answer, off, code
        self._shown: Values | None = None
        self._guard, self._busy, self._stale = threading.Lock(), False, False
        self.output = widgets.Output()
        self.notes = widgets.HTML()
        rows = [widgets.HBox(list(pair)) for pair in _in_pairs(list(self.controls.values()))]
        self.widget = widgets.VBox([*rows, self.notes, self.output])
        for control in self.controls.values():
            control.observe(self._changed, "value")
        self._changed(None)

    @property
    def values(self) -> Values:
        """The value of each control, by name."""
        return {name: control.value for name, control in self.controls.items()}

    def _ipython_display_(self) -> None:
        display(self.widget)

    def _changed(self, _change: Any) -> None:
        """Answer the values as they are; what changes meanwhile is answered next, the last only.

        A notebook may deliver changes from several threads, and one control may set another.
        """
        with self._guard:
            self._stale = True
            if self._busy:
                return
            self._busy = True
        while True:
            with self._guard:
                if not self._stale:
                    self._busy = False
                    return
                self._stale = False
            values = self.values
            if values != self._shown:
                self._shown = values
                self._show(values)

    def _show(self, values: Values) -> None:
        try:
            off = dict(self._off(values)) if self._off else {}
            for name, control in self.controls.items():
                control.disabled = name in off
            greyed = [f"{escape(self._label(name))} ({escape(why)})" for name, why in off.items()]
            notes = [f"Without effect: {'; '.join(greyed)}."] if greyed else []
            if self._code:
                notes.append(f"As code: <code>{escape(self._code(values))}</code>")
            self.notes.value = "<br>".join(notes)
            shown = list(self._answer(values))
        except Exception as error:
            trace = "".join(traceback.format_exception(error))
            shown = [HTML(_ERROR.format(what=escape(repr(error)), trace=escape(trace)))]
        self.output.outputs = tuple(map(_as_output, shown))

    def _label(self, name: str) -> str:
        return str(self.controls[name].description) or name


def _as_output(item: Any) -> dict[str, Any]:
    """What a notebook's cell would show for `item`, in the notebook format's form."""
    shell = get_ipython()
    formatter = (shell and shell.display_formatter) or DisplayFormatter()
    data, metadata = formatter.format(item)
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def _in_pairs(items: list[Any]) -> list[list[Any]]:
    return [items[start : start + 2] for start in range(0, len(items), 2)]
