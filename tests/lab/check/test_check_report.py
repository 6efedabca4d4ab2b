from dataclasses import replace
from pathlib import Path

import pytest

from mglru_lab.lab.check.check_report import Report, share
from mglru_lab.lab.check.make import make
from mglru_lab.show.check import prose
from tests.lab.check.fakes import NAMES, SET, Boots, reported


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return reported(tmp_path_factory.mktemp("kept"))


def test_a_kernel_follows_the_rules_that_it_is_known_to(report: Report) -> None:
    assert report.nearest.rules == "6.12"
    assert report.nearest.equal == len(SET)
    assert report.nearest.pages[0] == 0
    assert report.by_family["rules"][0] == "6.12"
    assert all(family.equal < len(SET) for family in report.families[1:])
    assert report.first_differences() == {}
    assert prose.nearest(report).startswith(
        f"The nearest family of rules is 6.12, as its release says: {len(SET)} of {len(SET)}"
    )


def test_a_kernel_of_another_release_is_known_by_what_it_does(report: Report) -> None:
    patched = Report.of(replace(report.checked, release="7.3.9-mine"))
    assert patched.nearest.rules == "6.12"
    assert "6.12, not 7.3" in prose.nearest(patched)


def test_what_differs_between_two_kernels(report: Report) -> None:
    changes = {change.scenario.name: change for change in report.changes or []}
    assert set(changes) == set(NAMES)
    assert changes["k_calls_en7"].differing == (0, 4096)
    differing, pages = changes["b_evict_en7"].differing
    assert (differing, pages) == (5376, 36864)
    scanned = report.by_change.filter(scenario="b_evict_en7")
    assert scanned["at its end"].to_list() != []
    assert report.by_change.columns[2:4] == ["7.3.4", "6.12.117"]
    assert "of 3 scenarios that ran on both" in prose.against(report)


def test_two_kernels_of_one_release_have_columns_of_their_own(report: Report) -> None:
    same = replace(report, against=report.checked.title)
    assert same.by_change.columns[2:4] == ["against", "checked"]
    model = replace(report, against="the model by the rules of 6.12")
    assert model.labels == ("the model by the rules of 6.12", "6.12.117")


def test_against_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Boots(monkeypatch)
    same = make("6.12", "model:6.12", SET, lambda line: None, folder=tmp_path)
    assert [change.differing[0] for change in same.changes or []] == [0, 0, 0]
    assert "none differs in anything compared" in prose.against(same)
    with pytest.raises(ValueError, match=r"model:5\.4: allowed after model: are 6\.1"):
        make("6.12", "model:5.4", SET, lambda line: None, folder=tmp_path)


@pytest.mark.parametrize(
    ("value", "base", "text"),
    [(5, 5, "0"), (5, 0, "from 0"), (150, 100, "+50.0%"), (99_999, 100_000, "-0.001%")],
)
def test_shares(value: int, base: int, text: str) -> None:
    assert share(value, base) == text
