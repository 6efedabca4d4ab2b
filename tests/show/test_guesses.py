"""Every notebook from 00 to 07 asks with a guess, and each guess is answered by its own prose."""

import re
from pathlib import Path

import nbformat
import pytest

from tests.executed import FOLDER, NAMES

GUESSING = [name for name in NAMES if int(name[:2]) <= 7]


@pytest.mark.parametrize("name", GUESSING)
def test_a_section_with_a_prediction_takes_a_guess(name: str) -> None:
    path: Path = FOLDER / f"{name}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    prose = "".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    taken = len(re.findall(r"guesses\.\w+\(|exercise\.\w+\(|bills\.game\(", code))
    by_hand = len(re.findall(r"^answer\(", code, re.MULTILINE))  # nothing to enter: see below
    asked = prose.count("*Predict:*")
    assert taken + by_hand >= asked
    # A game, in which one chooses before; a kernel that boots, whose answer nobody has.
    assert by_hand == {"01_bills": 1, "06_real_kernel": 1}.get(name, 0)
