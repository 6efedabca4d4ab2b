from pathlib import Path

import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.lab.run.film import film
from mglru_lab.scenario.film_scenarios import TITLES, Shown


@pytest.mark.parametrize("workload", [name for name in TITLES if "." not in name])
def test_every_workload_is_a_scenario_of_small_steps(workload: str) -> None:
    scenario, _ = Shown(workload=workload).plot(nested=False)
    names = [command.name for command in scenario.commands()]
    assert 40 < len(names) < 200
    assert names[-1] == "stat"


def test_a_trace_of_ones_own_is_filmed(tmp_path: Path) -> None:
    rows = [(t, page) for t in range(20) for page in range(t % 5, 300, 3)]
    pl.DataFrame(rows, ["t", "page"], orient="row").write_parquet(tmp_path / "mine.parquet")
    shown = Shown(workload=str(tmp_path / "mine.parquet"), memory=0.4)
    made = film(shown, ml.Kernel())
    assert made.regions == [("guest", 300)]
    assert made.total("pgmajfault") > 0
    assert shown.without_effect() == {"seed": "a recorded trace has no seed"}


def test_memory_and_seed_decide_where_they_are_said_to() -> None:
    def totals(**shown: object) -> list[int]:
        return film(Shown(**shown), ml.Kernel()).counters[-1].tolist()  # type: ignore[arg-type]

    assert set(Shown().without_effect()) == {"memory", "seed"}
    assert totals(memory=0.2, seed=9) == totals()
    assert Shown(workload="scan").without_effect() == {}
    assert totals(workload="scan", memory=0.2) != totals(workload="scan")
    assert totals(workload="scan", seed=2) != totals(workload="scan")


def test_a_nested_share_is_in_the_scenario_where_there_is_a_nested_guest() -> None:
    shown = Shown(nested=0.25)
    assert "kvm nested=0.25" in shown.plot(nested=True)[0].text
    assert "nested" not in shown.plot(nested=False)[0].text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"workload": "halve"}, "workload 'halve' is unknown; did you mean half"),
        ({"memory": 0.0}, "memory 0: allowed is a share, above 0 to 1"),
        ({"nested": 2.0}, "nested 2: allowed is a share, above 0 to 1"),
        ({"seed": -1}, "seed -1: allowed are 0 and more"),
    ],
)
def test_wrong_values_are_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Shown(**wrong)  # type: ignore[arg-type]
