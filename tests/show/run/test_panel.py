import json
import re
from typing import Any

import nbformat
import pytest

import mglru_lab as ml
from mglru_lab.lab.run.film import film
from mglru_lab.lab.thread import decisions
from mglru_lab.paths import NOTEBOOKS
from mglru_lab.scenario.film_scenarios import Shown
from mglru_lab.show.kit.panel import Panel
from mglru_lab.show.report.parameters import declared
from mglru_lab.show.run import panel as main_panel


def said(panel: Panel) -> str:
    panel.wait()
    return " ".join(str(out["data"]) for out in panel.output.outputs)


def shown(panel: Panel) -> dict[str, Any]:
    """What the film in the panel holds."""
    panel.wait()
    html = panel.output.outputs[0]["data"]["text/html"]
    found = re.search(r"const film = (\{.*\});\n", html)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_panel_says_and_shows_what_the_engine_does() -> None:
    panel = main_panel.lab("existing", "v4+kconfig", right_enabled=0xF, workload="phases", seed=4)
    right = ml.Kernel(variant="v4", kconfig=True, enabled=0xF, kvm="6.15")
    made = film(Shown(workload="phases", seed=4), right)
    assert decisions.sentence(right) in said(panel)
    assert f"scanned {made.total('pgscan'):,} (" in said(panel)
    sides = shown(panel)["sides"]
    assert [side["name"] for side in sides] == ["existing", "v4+kconfig"]
    assert sides[1]["totals"] == made.counters.tolist()


@pytest.mark.parametrize(
    ("control", "value"),
    [
        ("right_variant", "v3"),
        ("left_mmu", "arm64"),
        ("right_bit_0x2", False),
        ("right_look_around", "none"),
        ("left_variant", "v1"),
        ("workload", "scan"),
        ("memory", 0.3),
        ("seed", 5),
    ],
)
def test_each_control_that_decides_what_runs_changes_the_film(control: str, value: object) -> None:
    panel = main_panel.lab("v2", "6.12", workload="bursts")
    before = shown(panel)["sides"]
    panel.controls[control].value = value
    assert shown(panel)["sides"] != before


def test_prices_change_the_verdict_and_run_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = main_panel.lab(workload="mix")
    before, sides = said(panel), shown(panel)["sides"]

    def never(*_: object) -> None:
        raise AssertionError("a price needs no new run")

    monkeypatch.setattr(main_panel, "shoot", never)
    panel.controls["swap"].value = "disk"
    assert "swap to disk" in said(panel)
    panel.controls["vcpus"].value = 64
    assert said(panel) != before
    assert shown(panel)["sides"] == sides


def test_the_state_of_the_panel_is_a_value() -> None:
    panel = main_panel.lab("v4/code", "6.12:primary", workload="nested", left_mmu="x86-tdp-nested")
    panel.controls["left_kconfig"].value = True
    panel.controls["nested"].value = 0.3
    panel.controls["swap"].value = "nvme"
    code = shown(panel)["copies"]["copy as code"]
    again = eval(code, {"panel": main_panel})
    assert again.values == panel.values
    assert shown(again)["sides"] == shown(panel)["sides"]
    words = shown(panel)["copies"]["copy as report"]
    assert "-p left=v4/code+kconfig -p left_enabled=0xf -p left_mmu=x86-tdp-nested" in words


def test_what_decides_nothing_is_greyed_side_by_side() -> None:
    panel = main_panel.lab("6.12", "v4")
    panel.wait()
    assert panel.controls["left_kconfig"].disabled
    assert not panel.controls["right_kconfig"].disabled
    assert panel.controls["memory"].disabled
    assert panel.controls["nested"].disabled
    panel.controls["right_mmu"].value = "x86-tdp-nested"
    panel.controls["workload"].value = "nested"
    panel.wait()
    assert not panel.controls["nested"].disabled
    assert not panel.controls["memory"].disabled
    assert "left: 6.12 has no such Kconfig" in panel.notes.value


def test_kernels_of_one_name_are_told_apart() -> None:
    panel = main_panel.lab("v3", "v3", right_mmu="arm64")
    assert [side["name"] for side in shown(panel)["sides"]] == ["v3 on x86-tdp-ad", "v3 on arm64"]
    panel = main_panel.lab("v3", "v3", right_enabled=0x5)
    names = [side["name"] for side in shown(panel)["sides"]]
    assert names == ["v3, enabled 0xf", "v3, enabled 0x5"]


def test_the_state_is_a_set_of_parameters_that_the_notebook_declares() -> None:
    notebook = nbformat.read(NOTEBOOKS / main_panel.NOTEBOOK, as_version=4)
    panel = main_panel.lab("v1", "v3")
    given = main_panel.arguments(panel.values)
    known = declared(notebook)
    assert set(given) <= set(known)
    assert main_panel.lab(**given).values == panel.values


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"left": "v9"}, "variant 'v9' is unknown"),
        ({"swap": "tape"}, "swap 'tape' is unknown"),
        ({"right_mmu": "z"}, "mmu 'z' is unknown"),
    ],
)
def test_wrong_values_are_refused(wrong: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        main_panel.lab(**wrong)


def test_two_kernels_that_never_differ_by_a_page_name_what_alone_differs_in_price() -> None:
    """No policy asks here; up to 6.12 KVM flushes for the one that evicts by the old call."""
    same = main_panel.lab("existing", "proposed", left_mmu="x86-shadow", right_mmu="x86-shadow",
                          kvm="v4")  # fmt: skip
    assert "same pages" in said(same)
    assert "a call that flushes TLBs" in said(same)
    assert "Policies on the same rules (6.12) and KVM code (v4)." in said(same)
    today = main_panel.lab("existing", "proposed", left_mmu="arm64", right_mmu="arm64")
    assert "Policies on the same rules (6.12) and KVM code (6.15)." in said(today)
    differ = main_panel.lab("existing", "6.12")
    assert "same pages" not in said(differ)
