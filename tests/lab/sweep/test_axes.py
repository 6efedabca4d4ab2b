import math

import pytest

from mglru_lab.lab.sweep.axes import GridError, axes


def test_a_parameter_has_one_value_or_several_each_once() -> None:
    assert axes({"seed": 3, "kernel": ["a", "b", "a"], "memory": [1, 0.5]}) == {
        "seed": (3,),
        "kernel": ("a", "b"),
        "memory": (1.0, 0.5),
    }


def test_values_of_one_parameter_are_of_one_kind() -> None:
    assert axes({"enabled": [7, "y"], "x": [1, "b"]}) == {"enabled": ("7", "y"), "x": ("1", "b")}


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"from": 0.1, "to": 0.5, "step": 0.1}, (0.1, 0.2, 0.3, 0.4, 0.5)),
        ({"from": 1, "to": 9, "step": 4}, (1, 5, 9)),
        ({"from": 1, "to": 3}, (1, 2, 3)),
    ],
)
def test_a_range_is_counted_in_decimals(given: dict[str, float], values: tuple[float, ...]) -> None:
    assert axes({"memory": given})["memory"] == values


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"memory": math.nan}, "memory nan: allowed are finite numbers"),
        ({"seed": True}, "seed True: allowed are numbers, text"),
        ({"length": 2**70}, "length: allowed are numbers of up to 63 bits"),
        ({"seed": []}, "seed is empty"),
        ({"seed": [[1]]}, r"seed [1]: allowed are numbers"),
        ({"seed": range(2**60)}, "1152921504606846976 values; allowed are 1000000"),
        ({"seed": {"from": 0, "to": 2**60}}, "allowed are up to 1000000 steps"),
        ({"seed": {"from": 0, "to": 9, "step": 0}}, "allowed are up to 1000000 steps upwards"),
        ({"seed": {"frm": 0, "to": 9}}, "allowed is {from = 1, to = 9, step = 2}"),
        ({"seed": range(2000), "memory": {"from": 0.001, "to": 1, "step": 0.001}}, "2000000 cells"),
        ({"a b": 1}, "'a b' is no name"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed(given: dict[str, object], message: str) -> None:
    with pytest.raises(GridError) as told:
        axes(given)
    assert message in str(told.value)
