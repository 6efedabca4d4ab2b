import threading
import time
from typing import Any

import ipywidgets as widgets
from IPython.display import Markdown

from mglru_lab.show.panel import Panel, Values


def made(answer: Any, **options: Any) -> Panel:
    controls = {
        "a": widgets.IntText(value=1, description="first"),
        "b": widgets.Checkbox(value=False, description="second"),
    }
    return Panel(controls, answer, **options)


def said(panel: Panel) -> str:
    """All that the panel's answer holds, as text."""
    return " ".join(str(out["data"]) for out in panel.output.outputs)


def test_the_answer_follows_every_control() -> None:
    panel = made(lambda values: [Markdown(f"a is {values['a']}, b is {values['b']}")])
    assert "a is 1, b is False" in said(panel)
    panel.controls["a"].value = 5
    panel.controls["b"].value = True
    assert "a is 5, b is True" in said(panel)
    assert len(panel.output.outputs) == 1
    assert panel.values == {"a": 5, "b": True}


def test_the_answer_is_asked_for_once_a_change() -> None:
    asked: list[Values] = []

    def answer(values: Values) -> list[Any]:
        asked.append(values)
        return []

    panel = made(answer)
    panel.controls["a"].value = 2
    panel.controls["a"].value = 2
    assert [values["a"] for values in asked] == [1, 2]


def test_a_control_that_sets_another_one_leads_to_one_answer_for_each_state() -> None:
    asked: list[Values] = []
    panel = made(lambda values: asked.append(values) or [])
    panel.controls["a"].observe(
        lambda change: setattr(panel.controls["b"], "value", change["new"] > 9), "value"
    )
    panel.controls["a"].value = 10
    assert asked[-1] == {"a": 10, "b": True}
    assert len(asked) == len({tuple(values.items()) for values in asked})


def test_what_has_no_effect_is_greyed_with_its_reason() -> None:
    panel = made(
        lambda values: [], off=lambda values: {"b": "a <is> odd"} if values["a"] % 2 else {}
    )
    assert panel.controls["b"].disabled
    assert "Without effect: second (a &lt;is&gt; odd)." in panel.notes.value
    panel.controls["a"].value = 2
    assert not panel.controls["b"].disabled
    assert panel.notes.value == ""


def test_an_exception_is_seen_in_the_panel_and_goes_away() -> None:
    def answer(values: Values) -> list[Any]:
        if values["a"] > 1:
            raise ValueError("too <large>")
        return [Markdown("fine")]

    panel = made(answer)
    panel.controls["a"].value = 2
    assert "too &lt;large&gt;" in said(panel)
    assert "Traceback" in said(panel)
    panel.controls["a"].value = 1
    assert said(panel).count("fine") == 1
    assert "Traceback" not in said(panel)


def test_an_exception_while_greying_is_seen_too() -> None:
    panel = made(lambda values: [], off=lambda values: {"c": "there is no c"}[values["a"]])
    assert "KeyError" in said(panel)


def test_the_state_is_shown_as_code() -> None:
    panel = made(lambda values: [], code=lambda values: f"f(a={values['a']}, '<'")
    assert "<code>f(a=1, &#x27;&lt;&#x27;</code>" in panel.notes.value


def test_changes_from_other_threads_are_answered_one_at_a_time_and_the_last_one_wins() -> None:
    inside, most, asked = [0], [0], list[int]()

    def answer(values: Values) -> list[Any]:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.02)
        asked.append(values["a"])
        inside[0] -= 1
        return [Markdown(f"a is {values['a']}")]

    panel = made(answer)

    def turn(first: int) -> None:
        for value in range(first, first + 10):
            panel.controls["a"].value = value

    threads = [threading.Thread(target=turn, args=(first,)) for first in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1
    assert len(asked) < 31  # a slider does not flood
    assert f"a is {panel.values['a']}" in said(panel)
    assert len(panel.output.outputs) == 1
