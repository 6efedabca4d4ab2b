import pytest

from mglru_lab.lab.check.check_report import Report
from mglru_lab.show.check import prose
from tests.lab.check.fakes import reported


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return reported(tmp_path_factory.mktemp("kept"))


def test_who_asks_is_said_with_its_numbers(report: Report) -> None:
    aging, eviction = map(prose.who_asks, report.questions)
    assert aging.startswith("One aging of a guest's 2,048 pages asks KVM 2,049 times")
    assert "taking mmu_lock for write 2,049 times" in aging
    assert eviction.startswith("Eviction of 1,024 of its pages asks KVM 1,024 times")
