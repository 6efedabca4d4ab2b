import dataclasses

import pytest

from mglru_lab.kernel.features import ALL, Enabled
from mglru_lab.kernel.kernel import Kernel, choose


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"variant": "6.21"},
            r"variant '6.21' is unknown; did you mean 6.1\d?\? Allowed: 6.1, 6.12",
        ),
        ({"variant": "never"}, r"variant 'never' is unknown. Allowed: 6.1, 6.12"),
        ({"rules": "6.12.117"}, r"rules '6.12.117' is unknown; did you mean 6.12\?"),
        ({"enabled": "on"}, "enabled 'on'"),
        ({"enabled": -1}, "enabled '-1'"),
        ({"enabled": 6}, "enabled '6': the classic LRU is not modelled"),
    ],
)
def test_a_wrong_value_is_named_with_the_allowed_ones(
    arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Kernel(**arguments)  # type: ignore[arg-type]


def test_a_misspelt_field_and_positional_values_are_refused() -> None:
    with pytest.raises(TypeError, match="'varient'"):
        Kernel(varient="6.1")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        Kernel("6.1")  # type: ignore[call-arg]


def test_a_kernel_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Kernel().variant = "6.1"  # type: ignore[misc]
    assert Kernel() == Kernel(variant="6.12", rules="6.12", enabled="y")
    assert len({Kernel(), Kernel(enabled=7), Kernel(variant="6.1")}) == 2


def test_a_policy_runs_on_its_own_kernels_rules_unless_told() -> None:
    assert (Kernel(variant="6.1").rules, Kernel(variant="6.1").name) == ("6.1", "6.1")
    other = Kernel(variant="6.1", rules="6.12")
    assert (other.rules, other.name) == ("6.12", "6.1 on 6.12")


@pytest.mark.parametrize(("enabled", "bits"), [("y", 7), ("0x3", 3), (1, 1), (0xFFFF, 7)])
def test_enabled_is_a_number_or_what_is_written_to_sysfs(enabled: int | str, bits: int) -> None:
    assert Kernel(enabled=enabled).features == Enabled(bits)
    assert Kernel().features == ALL


def test_the_engine_gets_rules_and_policy_as_plain_integers() -> None:
    rules, policy = Kernel(variant="6.12", rules="6.1").engine()
    assert (rules.batch, policy.walk_asks) == (15, 1)
    assert {type(value) for value in (*rules, *policy)} == {int}


def test_choose_hints_at_the_nearest_and_lists_the_allowed() -> None:
    choose("fruit", "apple", ["apple", "pear"])
    with pytest.raises(ValueError, match=r"fruit 'aple' is unknown; did you mean apple\?"):
        choose("fruit", "aple", ["apple", "pear"])
    with pytest.raises(ValueError, match=r"fruit 7 is unknown\. Allowed: none"):
        choose("fruit", 7, [])
