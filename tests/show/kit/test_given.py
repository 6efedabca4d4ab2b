from typing import Any, Literal

import pytest

from mglru_lab.show.kit.given import GivenError, check_names, fits


@pytest.mark.parametrize(
    ("value", "kind", "right"),
    [
        ("a", str, True), (7, str, False), (6.1, str, False), (1, float, True), ("1", float, False),
        (True, int, False), (True, bool, True), (1, bool, False),
        (["6.1"], list[str], True), ("6.1,6.12", list[str], False), ([6.1], list[str], False),
        (None, str | None, True), (1, str | None, False), ("a", Literal["a", "b"], True),
        ("c", Literal["a", "b"], False), (1, "a text", True),
    ],
)  # fmt: skip
def test_a_value_fits_its_annotation(value: object, kind: Any, right: bool) -> None:
    assert fits(value, kind) == right


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [("kernels", "6.1,6.12", list[str]), ("enabled", 7, str), ("memory", "0.25", float),
     ("kernels", [6.1, 6.12], list[str])],
)  # fmt: skip
def test_what_papermill_makes_of_a_parameter_is_a_sentence_about_it(
    name: str, value: object, kind: Any
) -> None:
    with pytest.raises(GivenError, match=f"^parameter {name} must be .*, not .*With papermill"):
        check_names({"__annotations__": {name: kind}, name: value})
    with pytest.raises(GivenError):
        check_names({"__annotate__": lambda _form: {name: kind}, name: value})
    check_names({"__annotations__": {"other": kind}, name: value})


def test_a_cell_in_ipython_is_looked_at() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    assert shell.run_cell("memory: float = 0.5").success
    shell.run_cell('memory = "0.25"')
    with pytest.raises(GivenError, match=r"parameter memory must be float, not '0\.25'"):
        check_names(shell.user_ns)
