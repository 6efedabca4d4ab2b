from typing import Any

import pytest

from mglru_lab.lab.run.by_hand import exercise
from mglru_lab.progress import IN_REPORT
from mglru_lab.show.kit import predict
from mglru_lab.show.run import exercise as exercises


def test_another_one_is_another_one_and_its_solution_is_the_models() -> None:
    made = exercises.Exercises(1)
    first = made.story.value
    made.another.click()
    assert made.seed.value == 2
    assert made.story.value != first
    made.asked.field.value = ", ".join(map(str, exercise(2).goes))
    made.asked.compare.click()
    said = str(made.asked.output.outputs)
    assert "**Right.**" in said
    assert "swapped" in said


def test_the_solution_ends_with_what_goes() -> None:
    story = exercise(1)
    last = exercises.solution(story).rows()[-1][1:]
    assert tuple(p for p, at in enumerate(last) if at == "swapped") == story.goes


def test_a_report_has_the_story_and_the_folded_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setenv(IN_REPORT, "yes")
    for module in (exercises, predict):
        monkeypatch.setattr(module, "display", shown.append)
    exercises.Exercises(1)._ipython_display_()
    story = exercise(1)
    assert "1. used: 0, 1" in shown[0].data
    assert f"pages {', '.join(map(str, story.goes))}" in shown[2].data


def test_an_algorithm_that_differs_is_told_where() -> None:
    class Nothing:
        def __init__(self, pages: int) -> None: ...
        def use(self, page: int) -> None: ...
        def age(self) -> None: ...
        def evict(self) -> None: ...
        def behind(self, page: int) -> int | None:
            return 0

    assert "They differ. Story 0, step 1 (an aging): yours has [0, 0" in (
        exercises.checked(Nothing).data
    )
