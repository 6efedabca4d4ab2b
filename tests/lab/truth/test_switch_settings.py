import re

import pytest

from mglru_lab.lab.truth.recordings import Recording
from mglru_lab.lab.truth.switch_settings import SETTINGS, setting_of
from mglru_lab.policy.mmu import Lock
from mglru_lab.policy.policy import NOT_ASKED, Policy
from mglru_lab.policy.switch import switched


def _questions(policy: Policy) -> list[object]:
    """The policy but for locks and calls, which the switched kernel does not vary."""

    def asked(answers: tuple[int, int, int]) -> list[bool]:
        return [answer != NOT_ASKED for answer in answers]

    return [
        asked(policy.aging),
        asked(policy.window) if policy.vm_looks_around else None,
        policy.secondary_starts if policy.vm_looks_around else None,
        policy.vm_looks_around,
        policy.nonleaf_skips_vm,
        policy.nonleaf_skips_others,
        policy.walks_vm,
    ]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_variant_with_a_look_around_rule_is_the_switch(name: str) -> None:
    option = SETTINGS[name]
    assert _questions(option.kernel.engine_policy()) == _questions(switched(option.knob))


def test_stock_is_the_switch_to_the_last_lock() -> None:
    assert SETTINGS["stock"].kernel.engine_policy() == switched(7)
    assert switched(0).eviction[1] == Lock.WRITE


def test_the_recordings_are_of_these_options(recorded: list[Recording]) -> None:
    found = {}
    for recording in recorded:
        option = setting_of(recording.file)
        assert (option is not None) == recording.is_switched
        if option is not None:
            knobs = re.findall(r"^knob lru_gen_ask (\d+)$", recording.text, re.MULTILINE)
            assert int(knobs[-1]) == option.knob
            found[recording.file] = option
    assert len(found) == len(SETTINGS) == 8


def test_a_recorded_scenario_loses_its_switch_and_gains_the_bit_that_it_stands_for() -> None:
    text = "knob lru_gen_ask 25\nenabled 7\nregion 8 kvm\n"
    assert SETTINGS["v4_kconfig"].scenario(text, "x").text == "enabled 0xf\nregion 8 kvm\n"
    assert SETTINGS["stock"].scenario(text, "x").text == "enabled 7\nregion 8 kvm\n"
    twice = "knob lru_gen_ask 7\n" + text
    assert SETTINGS["stock"].scenario(twice, "x").text == twice
