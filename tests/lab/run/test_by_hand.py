import re

import nbformat
import pytest

from mglru_lab.lab.run import by_hand
from mglru_lab.lab.run.by_hand import AGE, EVICT, Story, exercise, first_difference
from mglru_lab.paths import NOTEBOOKS


def written() -> str:
    """The algorithm as 02_generations has it."""
    cells = nbformat.read(NOTEBOOKS / "02_generations.ipynb", as_version=4).cells
    return str(next(cell.source for cell in cells if "class Generations" in cell.source))


def of(code: str) -> type[by_hand.Algorithm]:
    names: dict[str, type[by_hand.Algorithm]] = {}
    exec(code, names)
    return names["Generations"]


def test_the_notebooks_algorithm_is_the_models_and_short() -> None:
    code = written()
    assert len([line for line in code.splitlines() if line.strip()]) <= 35
    assert first_difference(of(code), 100) == ""


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        (r"self\.newest \+= 1", "pass"),  # no new generation
        (r"self\.bits\.clear\(\)\n        self\.newest", "self.newest"),  # bits stay set
        (r"max\(self\.oldest, self\.newest - 3\)", "self.oldest"),  # as many as one likes
    ],
)
def test_a_change_is_found_and_named(line: str, instead: str) -> None:
    code, count = re.subn(line, instead, written())
    assert count
    assert re.match(r"Story \d+, step \d+ \(.+\): yours has \[", first_difference(of(code), 20))


def test_a_story_is_drawn_by_its_seed_and_ends_with_an_eviction() -> None:
    assert Story(3).steps == Story(3).steps
    assert Story(3).steps != Story(4).steps
    assert Story(3).steps[-3:] == [AGE, AGE, EVICT]
    assert EVICT not in Story(3).steps[:-1]


def test_an_exercise_has_something_to_find() -> None:
    for seed in range(5):
        assert 0 < len(exercise(seed).goes) < by_hand.PAGES
    assert exercise(1).seed != exercise(2).seed
