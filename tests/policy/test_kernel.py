import dataclasses

import pytest

from mglru_lab.choose import choose
from mglru_lab.kernel.features import ALL, Enabled
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.mmu import Lock


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"variant": "6.21"},
            r"variant '6.21' is unknown; did you mean 6.1\d?\? Allowed: existing, 6.1, v1",
        ),
        ({"variant": "never"}, r"variant 'never' is unknown. Allowed: existing, 6.1"),
        ({"variant": "v5", "reading": "mail"}, "reading of v5 'mail' is unknown. Allowed: code"),
        ({"variant": "exact", "reading": "code"}, "reading of exact 'code' .* Allowed: mail"),
        (
            {"kvm": "6.14"},
            "kvm '6.14' is unknown.* Allowed: variant, 6.1, 6.12, 6.13, 6.15, 7.2, v1",
        ),
        ({"mmu": "x86"}, "mmu 'x86' is unknown.* Allowed: x86-tdp-ad, x86-tdp-noad"),
        ({"look_around": "v3"}, "look_around 'v3' is unknown.* Allowed: variant, primary, v2"),
        ({"rules": "6.12.117"}, r"rules '6.12.117' is unknown; did you mean .*Allowed: 6.1, 6.12"),
        ({"enabled": "on"}, "enabled 'on'"),
        ({"enabled": -1}, "enabled '-1'"),
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
    assert Kernel(variant="v4") == Kernel(variant="v4", reading="mail", enabled=0xF)


def test_a_policy_runs_on_its_own_kernels_rules_unless_told() -> None:
    assert (Kernel(variant="6.1").rules, Kernel(variant="6.1").name) == ("6.1", "6.1")
    other = Kernel(variant="6.1", rules="6.12")
    assert (other.rules, other.name) == ("6.12", "6.1@6.12")
    assert Kernel(variant="existing").rules == "6.12"
    assert [Kernel(variant=name).rules for name in ("6.15", "6.18", "7.3")] == [
        "6.14",
        "6.17",
        "7.3",
    ]
    assert Kernel(rules="6.18").rules == "6.17"


@pytest.mark.parametrize(
    "name", ["6.1", "existing@6.1", "6.12", "6.14", "6.15", "6.18", "7.2", "7.3"]
)
def test_released_kernels_are_not_said_to_be_none(name: str) -> None:
    assert Kernel.parse(name).never_released == ""


@pytest.mark.parametrize("name", ["existing", "existing@7.3", "v4@6.12", "6.12@7.3", "6.12:none"])
def test_a_combination_that_never_existed_says_so(name: str) -> None:
    assert Kernel.parse(name).never_released.startswith("No kernel was ever released with ")


def test_a_changed_rule_is_in_the_name_and_was_never_released() -> None:
    kernel = Kernel(variant="7.3", changed=(("fault_marks", 0),))
    assert (kernel.name, kernel.engine_rules().fault_marks) == ("7.3 fault_marks=0", 0)
    assert "the rules of 7.3 changed" in kernel.never_released
    with pytest.raises(ValueError, match="rule 'marks' is unknown"):
        Kernel(changed=(("marks", 1),))


@pytest.mark.parametrize(
    "name",
    ["6.12", "v4", "v4/code", "v4+kconfig", "v4/code+kconfig:primary@6.1", "existing:6.12-entry",
     "existing@6.1", "proposed+kconfig:none", "existing@6.1~6.13", "v4/code+kconfig:v2@6.1~v7"],
)  # fmt: skip
def test_a_kernel_is_its_name(name: str) -> None:
    assert Kernel.parse(name).name == name
    assert Kernel.parse(name) == Kernel.parse(f" {name}\n")


def test_a_name_may_say_what_is_so_anyway() -> None:
    assert Kernel.parse("v4/mail").name == "v4"
    assert Kernel.parse("6.12@6.12") == Kernel()
    assert Kernel.parse("6.12+kconfig").name == "6.12"  # a Kconfig that it does not have


def test_fields_without_a_place_in_the_name_are_given_beside_it() -> None:
    kernel = Kernel.parse("v4", mmu="arm64", kconfig=True, rules="6.1")
    assert (kernel.mmu, kernel.kconfig, kernel.rules) == ("arm64", True, "6.1")
    assert Kernel.parse("existing@6.12", rules="6.1").rules == "6.12"


@pytest.mark.parametrize("name", ["", "v4/", "v4+kconf", "/code", "v4@", "v4/mail/code", "v4:"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"allowed is VARIANT|is unknown"):
        Kernel.parse(name)


@pytest.mark.parametrize(("enabled", "bits"), [("y", 7), ("0x3", 3), (1, 1), (0xFFFF, 7)])
def test_enabled_is_a_number_or_what_is_written_to_sysfs(enabled: int | str, bits: int) -> None:
    assert Kernel(enabled=enabled).features == Enabled(bits)
    assert Kernel().features == ALL


def test_the_engine_gets_rules_and_policy_as_plain_integers() -> None:
    rules, policy = Kernel(variant="6.12", rules="6.1").engine()
    assert (rules.batch, policy.aging) == (15, (0, Lock.WRITE, Lock.WRITE))
    flat = [n for value in policy for n in (value if isinstance(value, tuple) else (value,))]
    assert {type(value) for value in (*rules, *flat)} == {int}


def test_choose_hints_at_the_nearest_and_lists_the_allowed() -> None:
    choose("fruit", "apple", ["apple", "pear"])
    with pytest.raises(ValueError, match=r"fruit 'aple' is unknown; did you mean apple\?"):
        choose("fruit", "aple", ["apple", "pear"])
    with pytest.raises(ValueError, match=r"fruit 7 is unknown\. Allowed: none"):
        choose("fruit", 7, [])
