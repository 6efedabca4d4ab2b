"""Notebooks 00 to 07 take guesses: each has one truth, and the prose next to it says the same."""

import itertools
import re
from pathlib import Path

import nbformat
import pytest

from tests.executed import FOLDER, NAMES, executed

GUESSING = [name for name in NAMES if int(name[:2]) <= 7]
OTHER_WORDS = (
    "without a lock", "under a lock", "in part", "no", "without it", "the posted code",
    "the mail's words", "it ", "the prices", "they are", "with a busy", "the host", "the guest",
    "both alike", "neither", "at 110", "pages ", "asked ", "fewer refaults", "more refaults",
)  # fmt: skip
"""How choices begin that prose says in other words."""


@pytest.mark.parametrize("name", GUESSING)
def test_a_section_with_a_prediction_takes_a_guess(name: str) -> None:
    path: Path = FOLDER / f"{name}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    prose = "".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    taken = len(re.findall(r"guesses\.\w+\(|exercise\.\w+\(|bills\.game\(", code))
    by_hand = len(re.findall(r"^answer\(", code, re.MULTILINE))
    assert taken + by_hand >= prose.count("*Predict:*")
    # A game, in which one chooses before; a kernel that boots, whose answer nobody has.
    assert by_hand == {"01_bills": 1, "06_real_kernel": 1}.get(name, 0)


def folded(notebook: str) -> list[tuple[str, str, str]]:
    """Of each guess in an executed notebook: the question, the truth, the rest of its answer."""
    shown = [
        out["data"]["text/markdown"]
        for cell in executed(notebook).cells
        for out in cell.get("outputs", [])
        if "text/markdown" in out.get("data", {})
    ]
    found = []
    for question, fold in itertools.pairwise(shown):
        if question.startswith("*Guess:*"):
            made = re.search(
                r"<summary>Answer</summary>\s+\*\*(.*?)\.\*\*\s+(.*)</details>", fold, re.S
            )
            assert made, fold
            found.append((question.removeprefix("*Guess:* "), made[1], made[2]))
    return found


@pytest.mark.parametrize("notebook", GUESSING)
def test_the_truth_is_what_the_prose_below_it_says(notebook: str) -> None:
    asked = folded(notebook)
    assert len(asked) >= 2
    for question, truth, reason in asked:
        said = re.sub(r"[*`\s]+", " ", reason)
        number = re.match(r"-?[\d,]+(\.\d+)?", truth)
        if number:
            if float(number[0].replace(",", "")) in (0, 1):
                continue  # "never", "none", "no page", "the first"
            if question.startswith(UNSAID):
                continue
            assert re.search(rf"(?<![\d.,]){re.escape(number[0])}(\.0)?(?!\d|[.,]\d)", said), (
                question
            )
        elif not truth.startswith(OTHER_WORDS):
            assert all(word in said for word in truth.split(" and ")), (question, truth)


UNSAID = (
    "How many questions of", "A process without a VM", "Of the", "12 postings", "How many of the",
    "For how many of", "How many of these", "By how much",
)  # fmt: skip
"""Questions whose number is a sum of what a table shows, not a number of the prose."""
