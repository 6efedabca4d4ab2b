import pytest

import mglru_lab as ml
from mglru_lab.lab.thread import decisions, story
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.show.kit.panel import Panel
from mglru_lab.show.thread import panel as thread_panels


def said(panel: Panel) -> str:
    panel.wait()
    return " ".join(str(out["data"]) for out in panel.output.outputs)


def test_the_decision_panel_says_what_the_engine_says() -> None:
    panel = thread_panels.decision(variant="v5", mmu="x86-tdp-nested", nested=0.5)
    kernel = ml.Kernel(variant="v5", mmu="x86-tdp-nested", enabled=0xF)
    shown = said(panel)
    assert decisions.sentence(kernel) in shown
    assert story.verdict(story.tell(kernel, "nested=0.5")) in shown
    assert "And about a page that no nested guest has mapped?" in shown


@pytest.mark.parametrize(
    ("control", "value", "expected"),
    [
        ("kconfig", True, "yes, with no lock"),
        ("variant", "6.12", "yes, with mmu_lock for write"),
        ("mmu", "arm64", "CONFIG_LRU_GEN_WALKS_SECONDARY_MMU is not set"),
    ],
)
def test_each_control_changes_the_answer(control: str, value: object, expected: str) -> None:
    panel = thread_panels.decision(variant="v4")
    before = said(panel)
    panel.controls[control].value = value
    assert said(panel) != before
    assert expected in said(panel)


def test_turning_bits_off_is_answered() -> None:
    panel = thread_panels.decision(variant="v6")
    panel.controls["bit_0x8"].value = False
    assert "bit 0x8 of enabled is off" in said(panel)
    panel.controls["bit_0x2"].value = False
    assert "no page table is walked without 0x2" in said(panel)
    assert "enabled reads 0x0005" in said(panel)


@pytest.mark.parametrize("case", CASES)
def test_the_look_around_panel_compares_with_the_variants_own_rule(case: str) -> None:
    variant = "v2" if case == "nested" else "6.12"
    panel = thread_panels.look_around(case=case, variant=variant)
    kernels = [ml.Kernel(variant=variant, look_around=rule) for rule in ("variant", "v4")]
    result = CASES[case].compare(kernels)
    table = thread_panels.look_around_table(result)
    shown = said(panel)
    for value in table.filter(what="pages scanned at the end of the list").row(0)[1:]:
        assert f"{value:,}" in shown


def test_a_scenario_with_a_nested_guest_has_the_host_that_it_needs() -> None:
    panel = thread_panels.look_around(case="nested", variant="v2", mmu="arm64")
    assert "x86-tdp-nested, enabled reads" in said(panel)
    assert panel.controls["mmu"].disabled
    assert "this scenario&#x27;s host runs a nested guest" in panel.notes.value
    panel.controls["case"].value = "regrow"
    assert "arm64, enabled reads" in said(panel)
    assert not panel.controls["mmu"].disabled


def test_the_same_rule_on_both_sides_is_shown_once() -> None:
    panel = thread_panels.look_around(variant="6.12", look_around="variant")
    assert "6.12:v4" not in said(panel)


def test_a_wrong_case_is_refused() -> None:
    with pytest.raises(ValueError, match="case 'x' is unknown"):
        thread_panels.look_around(case="x")
