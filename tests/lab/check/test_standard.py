import re

from mglru_lab.lab.check.standard import CALLS, PRESSURE, boots, small_set, whole_set
from mglru_lab.scenario.generators import WORKLOADS
from mglru_lab.scenario.language import Scenario


def test_every_scenario_is_known_to_the_model_but_for_the_counting_of_calls() -> None:
    for scenario in whole_set():
        text = re.sub(r"(?m)^calls.*\n", "", scenario.text)
        assert (text != scenario.text) == (scenario.name == CALLS)
        Scenario(text, scenario.name)
        assert set(scenario.traces) <= WORKLOADS.keys()
        assert scenario.title in scenario.text.splitlines()[0]


def test_names_are_told_apart_and_the_small_set_is_part_of_the_whole() -> None:
    names = [scenario.name for scenario in whole_set()]
    assert len(set(names)) == len(names)
    assert names[: len(small_set())] == [scenario.name for scenario in small_set()]


def test_pressure_begins_settled_and_is_booted_by_itself() -> None:
    for batch in boots(whole_set()):
        if batch[0].part == PRESSURE:
            (scenario,) = batch
            assert "settle\nlimit 4096\n" in scenario.text
    assert sorted(s.name for batch in boots(whole_set()) for s in batch) == sorted(
        s.name for s in whole_set()
    )


def test_the_control_is_the_same_but_for_who_touches() -> None:
    by_name = {scenario.name: scenario.text.splitlines()[1:] for scenario in small_set()}
    kvm, control = (by_name[f"m_share50_{by}_en7_y1_r6"] for by in ("kvm", "user"))
    assert [line for line in control if line != "byuser 1"] == kvm
