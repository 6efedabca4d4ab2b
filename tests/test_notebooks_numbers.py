"""No notebook says two numbers of one quantity, in prose, tables, charts or films."""

import functools
from typing import Any

import pytest
from nbformat import NotebookNode

from tests.executed import NAMES, executed, run
from tests.said_numbers import by_section, numbers

AS_IT_IS = ("02_generations", "04_look_around")
"""Those that say most; at their own parameters they run for every reader."""
OTHERS: dict[str, dict[str, Any]] = {
    "00_start": {"right": "v4/code+kconfig", "mmu": "x86-shadow"},
    "02_generations": {"pages": 100, "used": 70, "late": 9, "left": "v2", "workload": "scan"},
    "03_who_is_asked": {"variant": "v3", "reading": "code", "mmu": "arm64", "nested": 0.3},
    "04_look_around": {"variant": "v2", "rules": ["variant", "none"]},
}
"""Other parameters, of notebooks that take few seconds."""
SETTINGS = [
    *(pytest.param(name, None, id=name) for name in NAMES),
    *(pytest.param(name, {}, id=f"{name}-as it is") for name in AS_IT_IS),
    *(pytest.param(name, given, id=f"{name}-others") for name, given in OTHERS.items()),
]
TWICE = {"02_generations": 6, "04_look_around": 6, "07_your_trace": 4}
"""How many quantities are said in two ways at least: the test sees something."""


@functools.cache
def _other(name: str) -> NotebookNode:
    return run(name, OTHERS[name])


def made(name: str, given: dict[str, Any] | None) -> NotebookNode:
    if given is None:
        return executed(name)
    return _other(name) if given else run(name, {})


@pytest.mark.parametrize(("notebook", "given"), SETTINGS)
def test_a_quantity_has_one_value_wherever_it_is_said(
    notebook: str, given: dict[str, Any] | None
) -> None:
    found = by_section(made(notebook, given))
    clashes = {key: dict(values) for key, values in found.items() if len(values) > 1}
    assert not clashes
    several = sum(len(set().union(*values.values())) > 1 for values in found.values())
    assert given or several >= TWICE.get(notebook, 0)


def test_numbers_are_found_with_their_owner_in_each_kind_of_output() -> None:
    prose = "**6.1** swaps 84,958 pages back in and scans 240,725; **6.12** swaps 5 pages back in"
    assert list(numbers({"text/markdown": prose})) == [
        ("6.1", "refaults", 84958, "prose"),
        ("6.1", "scanned", 240725, "prose"),
        ("6.12", "refaults", 5, "prose"),
    ]
    pair = "- pages, **b** (in brackets: **a**): refaults 1 (2), scanned 3 (4)"
    assert list(numbers({"text/markdown": pair})) == [
        ("b", "refaults", 1, "prose"),
        ("a", "refaults", 2, "prose"),
        ("b", "scanned", 3, "prose"),
        ("a", "scanned", 4, "prose"),
    ]
    table = "<table><tr><th>kernel</th><th>refaults</th></tr><tr><td>6.1</td><td>1,2</td></tr>"
    assert list(numbers({"text/html": table})) == [("6.1", "refaults", 12, "table")]


def test_two_values_of_a_quantity_are_noticed() -> None:
    said = "**6.1** swaps {} pages back in"
    outputs = [{"data": {"text/markdown": said.format(n)}} for n in (5, 6)]
    cell = NotebookNode(cell_type="code", outputs=outputs)
    (values,) = by_section(NotebookNode(cells=[cell])).values()
    assert set(values) == {5, 6}
