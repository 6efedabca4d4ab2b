from itertools import product

import pytest

import mglru_lab as ml
from mglru_lab.policy.mmu import MMUS
from mglru_lab.policy.variants import LOOK_AROUND, NAMES
from mglru_lab.show.kit.kernel_controls import (
    as_code,
    bits_of,
    kernel_controls,
    kernel_of,
    nested_of,
    without_effect,
    written_and_read,
)
from mglru_lab.show.kit.panel import Values


def values(**chosen: object) -> Values:
    return {name: c.value for name, c in kernel_controls(**chosen).items()}  # type: ignore[arg-type]


def test_they_start_with_what_is_asked_for() -> None:
    made = values(variant="v4", reading="code", kconfig=True, enabled=0xB, mmu="arm64")
    kernel = kernel_of(made)
    assert kernel == ml.Kernel(variant="v4", reading="code", kconfig=True, enabled=0xB, mmu="arm64")
    assert bits_of(made) == 0xB


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"variant": "v9"}, "variant 'v9' is unknown"),
        ({"reading": "words"}, "reading of proposed 'words' is unknown"),
        ({"mmu": "x"}, "mmu 'x' is unknown"),
        ({"look_around": "x"}, "look_around 'x' is unknown"),
        ({"enabled": "on"}, "EINVAL"),
    ],
)
def test_wrong_values_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        values(**wrong)


def test_every_choice_makes_a_kernel_and_its_code_makes_the_same() -> None:
    controls = kernel_controls()
    for name, mmu, rule in product(NAMES, MMUS, ("variant", *LOOK_AROUND)):
        controls["variant"].value, controls["mmu"].value = name, mmu
        controls["look_around"].value = rule
        chosen = {key: control.value for key, control in controls.items()}
        kernel = kernel_of(chosen)
        assert (kernel.variant, kernel.mmu) == (name, mmu)
        assert eval(as_code(chosen), {"ml": ml}) == kernel


def test_another_variant_brings_its_own_reading() -> None:
    controls = kernel_controls(variant="v4", reading="mail")
    controls["variant"].value = "v5"
    assert controls["reading"].value == "code"
    controls["variant"].value = "exact"
    assert controls["reading"].value == "mail"


@pytest.mark.parametrize(
    ("chosen", "off"),
    [
        ({"variant": "v4"}, {"nested"}),
        ({"variant": "v4", "mmu": "x86-tdp-nested"}, set()),
        ({"variant": "proposed"}, {"reading", "nested"}),
        ({"variant": "6.12"}, {"reading", "kconfig", "bit_0x8", "nested"}),
        ({"variant": "v5", "mmu": "arm64"}, {"reading", "kconfig", "bit_0x4", "nested"}),
    ],
)
def test_what_has_no_effect_says_so(chosen: dict[str, object], off: set[str]) -> None:
    assert set(without_effect(values(**chosen))) == off


def test_what_is_greyed_has_no_effect_indeed() -> None:
    """Turning it changes neither the policy nor what reads back."""
    for name, mmu in product(NAMES, MMUS):
        chosen = values(variant=name, mmu=mmu)
        for control in without_effect(chosen):
            if control in ("reading", "nested"):
                continue
            other = chosen | {control: not chosen[control]}
            one, two = kernel_of(chosen), kernel_of(other)
            assert one.engine_policy() == two.engine_policy(), (name, mmu, control)
            assert one.reads_back() == two.reads_back(), (name, mmu, control)


def test_the_nested_share_is_that_of_a_host_with_a_nested_guest() -> None:
    assert nested_of(values(mmu="x86-tdp-nested", nested=0.3)) == "nested=0.3"
    assert nested_of(values(mmu="arm64", nested=0.3)) == ""


def test_every_control_has_a_name_and_help() -> None:
    for control in kernel_controls().values():
        assert control.description
        assert len(control.tooltip) > 20


@pytest.mark.parametrize(
    ("chosen", "read"),
    [
        ({"variant": "6.12"}, "0x7 is written, 0x0007"),  # knows no 0x8
        ({"variant": "v4", "kconfig": True}, "0xf is written, 0x000f"),
        ({"variant": "6.12", "mmu": "arm64"}, "0x7 is written, 0x0003"),  # no accessed bits in PMDs
    ],
)
def test_what_is_written_is_told_beside_what_reads_back(
    chosen: dict[str, object], read: str
) -> None:
    assert written_and_read(values(**chosen)) == f"`enabled`: {read} read back"


def test_what_a_variant_does_not_have_is_unticked_until_one_has_it() -> None:
    made = kernel_controls(variant="v4", kconfig=True)
    for name, has in {"6.12": False, "existing": False, "v4": True}.items():
        made["variant"].value = name
        assert (made["bit_0x8"].value, made["kconfig"].value) == (has, has)
    made["bit_0x8"].value = False
    made["variant"].value = "6.12"
    made["variant"].value = "v3"
    assert not made["bit_0x8"].value  # as the person left it
    assert not kernel_controls(variant="6.12")["bit_0x8"].value
