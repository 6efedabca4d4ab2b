"""Every notebook runs with a parameter changed, and something that it says is asserted."""

import json
import re
from pathlib import Path

import nbformat
import pytest

import mglru_lab as ml
from mglru_lab.kernel.rules import FAMILIES, RULES
from mglru_lab.lab.mechanisms import experiments, on_real_kernels
from mglru_lab.lab.mechanisms.attribution import attribute, differing
from mglru_lab.lab.price.advise import advise
from mglru_lab.lab.run.pressure import Pressure
from mglru_lab.lab.run.side_by_side import SideBySide
from mglru_lab.lab.thread import decisions, readings, story
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.show.mechanisms import prose as explain_mechanisms
from mglru_lab.show.price import prose as explain_price
from mglru_lab.show.report.report import render
from mglru_lab.show.thread import prose as explain_thread
from tests.executed import FOLDER, executed, texts


def test_notebooks_are_kept_without_outputs() -> None:
    kept = sorted(FOLDER.glob("*.ipynb"))
    assert kept
    for path in kept:
        cells = nbformat.read(path, as_version=4).cells
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


@pytest.mark.parametrize("notebook", ["10_report"])
def test_the_report_says_what_the_model_says(notebook: str) -> None:
    result = SideBySide.run(Pressure(trace="zipf10_15", memory=0.3, seed=11))
    shown = texts(executed(notebook))
    for kernel in ("6.1", "6.12"):
        assert f"**{kernel}** scanned {result.total(kernel, 'pgscan'):,} pages" in shown
        assert f"**{kernel}** {result.total(kernel, 'pgmajfault'):,}" in shown


@pytest.mark.parametrize("notebook", ["10_report"])
def test_the_report_prints_its_configuration(notebook: str) -> None:
    shown = texts(executed(notebook))
    assert "0.3 of the pages" in shown
    assert "zipf10_15@11: 98304 accesses" in shown
    assert '>seed</td><td style="text-align:left">11<' in shown
    assert ">numba<" in shown


@pytest.mark.parametrize("notebook", ["10_report"])
def test_charts_hold_tables_not_traces(notebook: str) -> None:
    size = len(json.dumps(executed(notebook)))
    assert size < 3_000_000


@pytest.mark.parametrize("notebook", ["03_who_is_asked"])
def test_the_decision_notebook_says_what_the_decision_is(notebook: str) -> None:
    shown = texts(executed(notebook))
    kernel = ml.Kernel(variant="v5", mmu="x86-tdp-was-nested", enabled=0xB)
    assert decisions.sentence(kernel) in shown
    assert "no: v5 reports FAST_FAILED once the VM has rmaps" in shown
    assert story.verdict(story.tell(kernel)) in shown
    assert "2,112 of 2,112 numbers (" in shown
    assert " are the same in model and kernel." in shown
    assert "exact on x86-tdp-ad, nested=0.5" in shown
    asked = readings.calls(ml.compare(story.scenario("nested=0.5"), ["exact"], releases=True))
    walks = asked.filter(where="aging", lock="none")["questions"].item()
    assert f"**exact** {walks:,} (none)" in shown


@pytest.mark.parametrize("notebook", ["04_look_around"])
def test_the_look_around_notebook_compares_the_rules_asked_for(notebook: str) -> None:
    shown = texts(executed(notebook))
    kernels = [
        ml.Kernel(variant="v4", reading="code", kconfig=True, look_around=rule)
        for rule in ("v4", "v2")
    ]
    case = CASES["regrow"]
    frame = case.scanned(case.compare(kernels))
    assert explain_thread.scanned(frame) in shown
    assert "v4_kconfig 20,625 and 15" in shown  # the walks that go blind
    assert "68% of 6.12's 129,638 questions" in shown


@pytest.mark.parametrize("notebook", ["05_price"])
def test_the_price_notebook_says_what_the_threshold_is(notebook: str) -> None:
    shown = texts(executed(notebook))
    scenario = CASES["share50"].scenario(ml.Kernel(variant="6.12"))
    found = ml.threshold(scenario, "6.12", costs=ml.Costs(swap="nvme"), kvm="6.12", rules="7.3")
    assert explain_price.threshold(found) in shown
    advice = advise(costs=ml.Costs(swap="nvme"), kvm="6.12", length=4096)
    assert explain_price.advice(advice) in shown
    assert explain_price.by_policy(advice) in shown
    assert "8 tables were walked by **v4/code+kconfig**, 1 by the others" in shown


@pytest.mark.parametrize("name", ["03_who_is_asked", "04_look_around"])
def test_a_parameter_that_is_none_stops_the_report_before_it_runs(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="unknown parameter varient; did you mean variant"):
        render(FOLDER / f"{name}.ipynb", tmp_path / "x.html", {"varient": "v4"}, print)


@pytest.mark.parametrize("notebook", ["06_real_kernel"])
def test_against_the_real_kernel_says_that_nothing_differs(notebook: str) -> None:
    shown = texts(executed(notebook))
    assert "20,480 places of pages are compared, at 5 dumps; **0** differ." in shown
    assert "of the 98,304 bits **0** differ" in shown
    assert "With the rules of 6.12 they diverge at access" in shown
    assert "All of these runs are in exact mode; ordinary ones vary more." in shown
    assert "The file is aged **4 times**: `max_seq` is 3 at the start and 7 at the end." in shown
    assert re.search(r"None of these ([4-9]|\d\d) recordings differs", shown)


@pytest.mark.parametrize("notebook", ["12_what_became_of_it"])
def test_what_became_of_it_says_what_was_recorded_and_what_the_experiments_show(
    notebook: str,
) -> None:
    shown = texts(executed(notebook))
    against = on_real_kernels.against_control(on_real_kernels.who_pays(20))
    assert explain_mechanisms.who_pays(against) in shown
    assert "**6.18** host +25.5 %, guest -16.9 %" in shown
    assert "The guest wins and the host pays on 6.1, 6.18." in shown
    assert "at most 0.0 percentage points apart" in shown
    assert "Wherever only a guest's fault marks, the guest wins and the host pays" in shown
    assert "**6.18** 2,217 pages at least, 11,243 swap-ins" in shown
    assert "without scans_what_is_left 4,0" in shown
    found = {rules: ml.threshold(experiments.shared(20), rules=rules) for rules in ("6.12", "7.3")}
    assert explain_mechanisms.thresholds(found) in shown
    advices = {rules: advise(rules=rules, length=2048) for rules in ("6.12", "7.3")}
    assert explain_mechanisms.advices(advices) in shown
    loads = {
        "a working set that moves": experiments.moving(3600),
        "a strided one": experiments.strided(),
    }
    tables = {}
    for what, load in loads.items():
        scenario, given = experiments.made(load)
        tables[what] = attribute(scenario, "6.12", "7.3", entries=given)
    assert explain_mechanisms.attribution(tables, "6.12", "7.3") in shown
    assert "of the 9 postings and proposals none was merged" in shown


def test_what_became_of_it_says_of_rules_what_their_table_says() -> None:
    """Its prose between the pictures."""
    text = (FOLDER / "12_what_became_of_it.ipynb").read_text(encoding="utf-8")
    assert "differ in thirty ways" in text
    assert len(differing("6.12", "7.3")) == 30
    of = {family: RULES[family] for family in FAMILIES}
    assert [f for f in FAMILIES if of[f].seen_twice] == ["6.14", "6.17", "7.2", "7.3"]
    assert [f for f in FAMILIES if of[f].fault_marks] == ["7.2", "7.3"]
    assert [f for f in FAMILIES if of[f].scans_what_is_left] == ["6.17", "7.2", "7.3"]
    assert [f for f in FAMILIES if of[f].abort_when_reclaimed] == ["6.1", "7.2", "7.3"]
    for policy in ("proposed", "existing"):
        assert ml.Kernel(variant=policy, rules="7.3", kvm="6.15").never_released
