import nbformat
import pytest
from nbformat import NotebookNode

from mglru_lab.show.report.parameters import ParameterError, check, declared

CELL = """\
from typing import Literal
# a comment of its own
steps: int = 60  # simulated steps
scale: float = 0.5
live: bool = True
title: "str" = "a # b"  # quoted
modes: list[str] = [  # inner
    "never",
    "always",
]  # which modes
sizes: list[float] = []
cap: int | None = None
label: str | None = None
mode: Literal["young", "old"] = "young"
plain = 3
items = [1, 2]
model: Model = Model()
"""


def notebook(source: str = CELL) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("other: int = 1"), cell])


def test_declarations_are_read_as_written() -> None:
    found = declared(notebook(CELL.replace("model: Model = Model()\n", "")))
    assert [(name, parameter.type) for name, parameter in found.items()] == [
        ("steps", "int"),
        ("scale", "float"),
        ("live", "bool"),
        ("title", "str"),
        ("modes", "list[str]"),
        ("sizes", "list[float]"),
        ("cap", "int | None"),
        ("label", "str | None"),
        ("mode", "Literal['young', 'old']"),
        ("plain", "int"),
        ("items", "list[int]"),
    ]
    assert found["steps"].default == "60"
    assert found["steps"].help == "simulated steps"
    assert found["modes"].help == "which modes"
    assert found["title"].help == "quoted"
    assert found["scale"].help == ""


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("steps", "12", 12),
        ("steps", "0x7", 7),
        ("steps", 12, 12),
        ("scale", "1e-3", 0.001),
        ("scale", 2, 2.0),
        ("live", "no", False),
        ("live", "True", True),
        ("live", "0", False),
        ("title", "12", "12"),
        ("modes", "never, 1", ["never", "1"]),
        ("modes", "", []),
        ("modes", ("a", "b"), ["a", "b"]),
        ("sizes", "1,2.5", [1.0, 2.5]),
        ("cap", "none", None),
        ("cap", "4", 4),
        ("cap", None, None),
        ("label", "None", None),
        ("label", "x", "x"),
        ("mode", "old", "old"),
        ("plain", "4", 4),
        ("items", "4", [4]),
    ],
)
def test_a_value_is_read_by_its_declared_type(name: str, value: object, read: object) -> None:
    converted = check(notebook(), {name: value})
    assert converted == {name: read}
    assert type(converted[name]) is type(read)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("steps", "many", "parameter steps must be int, not 'many'"),
        ("steps", 1.5, "parameter steps must be int, not 1.5"),
        ("steps", True, "parameter steps must be int, not True"),
        ("scale", False, "parameter scale must be float, not False"),
        ("live", "perhaps", "parameter live must be bool, not 'perhaps'"),
        ("live", 1, "parameter live must be bool, not 1"),
        ("title", 5, 'parameter title must be str, not 5: write "5" in quotes'),
        ("items", "1,x", "parameter items must be list[int], not '1,x' ('x' is not int)"),
        ("items", 1, "parameter items must be list[int], not 1"),
        ("cap", "x", "parameter cap must be int | None, not 'x' ('x' is not int)"),
        ("mode", "young ", "parameter mode must be Literal['young', 'old'], not 'young '"),
        ("model", "x", "parameter model must be Model, not 'x'"),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: object, message: str) -> None:
    source = CELL if name == "model" else CELL.replace("model: Model = Model()\n", "")
    with pytest.raises(ParameterError) as refused:
        check(notebook(source), {name: value})
    assert str(refused.value) == message


def test_an_unknown_name_is_refused_with_the_allowed_ones() -> None:
    with pytest.raises(ValueError, match="unknown parameter stepz; did you mean steps") as refused:
        check(notebook("steps: int = 60\nmode: str = 'a'"), {"stepz": 1})
    assert "(allowed: steps, mode)" in str(refused.value)


def test_a_notebook_without_parameters_takes_none() -> None:
    bare = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("steps = 1")])
    assert check(bare, {}) == {}
    with pytest.raises(ParameterError, match="declares no parameters"):
        check(bare, {"steps": 1})


def test_a_default_that_tells_no_type_needs_an_annotation() -> None:
    with pytest.raises(ParameterError, match="cap of the notebook needs an annotation"):
        declared(notebook("cap = None"))
