"""A guess: the reader enters one, then sees it beside the truth, with the reason and the pictures.

In JupyterLab nothing of the answer is in the page before. A report, which has no kernel to ask,
shows the question, the answer folded away, and then the pictures.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
from IPython.display import Markdown, display

from mglru_lab.progress import IN_REPORT
from mglru_lab.show.kit.fold import answer as folded
from mglru_lab.show.kit.panel import CLASS, FLOWING, show, shown_as

Truth = float | str | tuple[int, ...]
"""A number, a choice, or numbers of pages in ascending order."""
CLOSE = 0.1
"""A number that is off by no more than this share of the truth is close."""


class Guess:
    """A question with one true answer: a number, one of `choices`, or numbers of pages.

    `of_pages`: the truth is a tuple of their numbers. `answer` may be a function, called when
    somebody has guessed. `unit` is what a number counts. `then` adds what is shown with the truth.
    Raises ValueError where the truth is no choice.
    """

    def __init__(
        self,
        question: str,
        answer: Truth | Callable[[], Truth],
        choices: Sequence[str] = (),
        unit: str = "",
        of_pages: bool = False,
    ) -> None:
        self.question, self.unit, self.of_pages = question, unit, of_pages
        self.choices = list(dict.fromkeys(choices))
        self._answer = answer
        self._then: list[Any] = []

    def then(self, *shown: Any) -> "Guess":
        """With the truth, show this: texts are Markdown and say why; the rest are pictures."""
        self._then += shown
        return self

    @property
    def truth(self) -> Truth:
        """What is so."""
        made = self._answer() if callable(self._answer) else self._answer
        if self.choices and made not in self.choices:
            raise ValueError(f"the truth {made!r} is none of the choices: {self.choices}")
        return made

    def judged(self, guess: Truth) -> str:
        """The guess beside the truth, in a sentence. Markdown."""
        truth = self.truth
        said = f"Your guess: {self._worded(guess)}."
        if guess == truth:
            return f"{said} **Right.**"
        if not isinstance(truth, int | float) or not isinstance(guess, int | float):
            return f"{said} **It is: {self._worded(truth)}.**"
        near = abs(guess - truth) <= CLOSE * abs(truth)
        return f"{said} **{'Close' if near else 'No'}: it is {self._worded(truth)}.**"

    def answered(self) -> str:
        """The truth without a guess. Markdown."""
        return f"**{self._worded(self.truth)}.**"

    def _worded(self, value: Truth) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, tuple):
            return f"pages {', '.join(map(str, value))}" if value else "no page"
        number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
        return f"{number} {self.unit}".rstrip()

    def _ipython_display_(self) -> None:
        if os.environ.get(IN_REPORT):
            self._report()
        else:
            show(Asked(self).widget)

    def _report(self) -> None:
        texts = [item for item in self._then if isinstance(item, str)]
        options = f" ({'; '.join(self.choices)})" if self.choices else ""
        display(Markdown(f"*Guess:* {self.question}{options}"))
        display(folded(self.answered(), *texts))
        for item in self._then:
            if not isinstance(item, str):
                display(item)


def highest(question: str, values: Mapping[str, float], least: bool = False) -> Guess:
    """Which of these is the highest, or the least; several that are so are one choice."""
    best = (min if least else max)(values.values())
    truth = " and ".join(name for name, value in values.items() if value == best)
    return Guess(question, truth, choices=[*values, truth])


class Asked:
    """A guess as a widget: a field or choices, two buttons, and what comes of it."""

    def __init__(self, guess: Guess) -> None:
        self._guess = guess
        question = widgets.HTML(_html(guess.question))
        self.field: Any
        if guess.choices:
            self.field = widgets.RadioButtons(
                options=guess.choices, value=None, layout=widgets.Layout(width="auto")
            )
        else:
            self.field = widgets.Text(
                placeholder="a number" if not guess.of_pages else "such as 0, 3, 7; or none",
                description=guess.unit, layout=widgets.Layout(width="320px"),
                style={"description_width": "initial"}, continuous_update=True,
            )  # fmt: skip
        self.compare = widgets.Button(description="Compare", disabled=True, button_style="primary")
        self.skip = widgets.Button(description="Show without a guess", layout={"width": "auto"})
        self.hint = widgets.HTML()
        self.output = widgets.Output()
        self.field.observe(self._entered, "value")
        self.compare.on_click(lambda _: self._show(guess.judged(self._value())))
        self.skip.on_click(lambda _: self._show(guess.answered()))
        buttons = widgets.HBox([self.compare, self.skip, self.hint], layout=FLOWING)
        held = widgets.VBox([question, self.field, buttons], _dom_classes=("mglru-lab-controls",))
        self.widget = widgets.VBox([held, self.output], _dom_classes=(CLASS, "mglru-lab-guess"))

    def _value(self) -> Truth:
        if self._guess.choices:
            return str(self.field.value)
        return pages(self.field.value) if self._guess.of_pages else number(self.field.value)

    def _entered(self, _change: Any) -> None:
        try:
            self._value()
            self.hint.value = ""
            self.compare.disabled = False
        except ValueError as error:
            self.hint.value = escape(str(error)) if self.field.value.strip() else ""
            self.compare.disabled = True

    def _show(self, verdict: str) -> None:
        items = [Markdown(item) if isinstance(item, str) else item for item in self._guess._then]
        self.output.outputs = tuple(map(shown_as, [Markdown(verdict), *items]))


def number(text: str) -> float:
    """A number as people write it: 1,024 and 50 % too; raises ValueError naming the text."""
    plain = re.sub(r"[,_\s%]", "", text)
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", plain):
        raise ValueError(f"{text!r} is no number, such as 512 or 1,024")
    return float(plain)


def pages(text: str) -> tuple[int, ...]:
    """Numbers of pages, separated by commas or blanks; raises ValueError naming the text."""
    words = re.split(r"[,;\s]+", text.strip())
    if words == ["none"]:
        return ()
    if not all(re.fullmatch(r"\d+", word) for word in words):
        raise ValueError(f"{text!r} is no list of pages, such as 0, 3, 7; or none")
    return tuple(sorted({int(word) for word in words}))


def _html(text: str) -> str:
    """A line of Markdown as HTML: `code` and *emphasis*."""
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    safe = re.sub(r"[*]([^*]+)[*]", r"<i>\1</i>", safe)
    return f"<b>Your guess:</b> {safe}"
