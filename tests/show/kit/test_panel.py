import threading
import time
from typing import Any

import ipywidgets as widgets
import pytest
from IPython.display import Markdown

from mglru_lab.show.kit import panel as panels
from mglru_lab.show.kit.panel import Panel, Values


def made(answer: Any, **options: Any) -> Panel:
    controls = {
        "a": widgets.IntText(value=1, description="first"),
        "b": widgets.Checkbox(value=False, description="second"),
    }
    return Panel(controls, answer, **options)


def said(panel: Panel) -> str:
    """All that the panel's answer holds, as text."""
    panel.wait()
    return " ".join(str(out["data"]) for out in panel.output.outputs)


def test_the_answer_follows_every_control() -> None:
    panel = made(lambda values: [Markdown(f"a is {values['a']}, b is {values['b']}")])
    assert "a is 1, b is False" in said(panel)
    panel.controls["a"].value = 5
    panel.controls["b"].value = True
    panel.wait()
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
    panel.wait()
    panel.controls["a"].value = 2
    panel.wait()
    assert [values["a"] for values in asked] == [1, 2]


def test_a_control_that_sets_another_one_leads_to_one_answer_for_each_state() -> None:
    asked: list[Values] = []
    panel = made(lambda values: asked.append(values) or [])
    panel.controls["a"].observe(
        lambda change: setattr(panel.controls["b"], "value", change["new"] > 9), "value"
    )
    panel.controls["a"].value = 10
    panel.wait()
    assert asked[-1] == {"a": 10, "b": True}
    assert len(asked) == len({tuple(values.items()) for values in asked})


def test_what_has_no_effect_is_folded_away_with_its_reason() -> None:
    panel = made(
        lambda values: [], off=lambda values: {"b": "a <is> odd"} if values["a"] % 2 else {}
    )
    assert panel.controls["b"].disabled
    assert panel.controls["b"].layout.display == "none"
    assert "1 control has no effect here and is not shown" in panel.notes.value
    assert "<li>second: a &lt;is&gt; odd</li>" in panel.notes.value
    panel.controls["a"].value = 2
    panel.wait()
    assert not panel.controls["b"].disabled
    assert panel.controls["b"].layout.display is None
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
    panel.wait()
    assert most[0] == 1
    assert len(asked) < 31  # a slider does not flood
    assert f"a is {panel.values['a']}" in said(panel)
    assert len(panel.output.outputs) == 1


def slow(values: Values) -> Any:
    """An answer in a hundred steps, a second in all for a = 2."""
    for step in range(100):
        yield step / 100
        time.sleep(0.01 if values["a"] == 2 else 0)
    return [Markdown(f"a is {values['a']}")]


def test_a_long_answer_shows_its_progress_and_then_is_there() -> None:
    panel = made(slow)
    assert "a is 1" in said(panel)
    seen = []
    panel.progress.observe(lambda change: seen.append(change["new"]), "value")
    panel.controls["a"].value = 2
    assert "a is 2" in said(panel)
    assert seen == sorted(seen)
    assert seen[0] > 0.2
    assert panel.busy.layout.display == "none"


def test_a_long_answer_is_dropped_for_newer_values() -> None:
    panel = made(slow)
    started = time.monotonic()
    panel.controls["a"].value = 2
    panel.controls["a"].value = 3
    assert "a is 3" in said(panel)
    assert time.monotonic() - started < 0.9


def test_a_long_answer_can_be_stopped_and_asked_for_again() -> None:
    panel = made(slow)
    panel.controls["a"].value = 2
    time.sleep(0.1)
    panel.stop.click()
    assert "a is 1" in said(panel)
    assert "<b>Stopped:</b>" in panel.notes.value
    panel.controls["b"].value = True
    assert "a is 2" in said(panel)
    assert "Stopped" not in panel.notes.value


def test_many_reasons_are_folded_and_each_control_has_its_line_of_help() -> None:
    controls = {name: widgets.IntText(description=name, tooltip=f"<{name}>") for name in "abc"}
    panel = Panel(controls, lambda values: [], off=lambda values: dict.fromkeys("abc", "so"))
    assert "3 controls have no effect here and are not shown (why?)" in panel.notes.value
    assert "<li>b: so</li>" in panel.notes.value
    assert "<li><b>b</b>: &lt;b&gt;</li>" in panel.helps.value


def test_who_opens_the_notebook_without_its_kernel_reads_how_to_revive_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(panels, "display", lambda data, raw: shown.append(data))
    made(lambda values: [])._ipython_display_()
    assert shown[0]["text/plain"] == panels.REVIVE
    assert panels.REVIVE in shown[0]["text/html"]
    assert panels.WIDGET in shown[0]
