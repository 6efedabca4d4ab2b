from pathlib import Path

from mglru_lab.lab.check import matrix
from mglru_lab.lab.check.check_report import Report
from mglru_lab.recorder.tools import RecorderError
from tests.lab.check.fakes import reported


def test_a_row_a_kernel_and_one_that_cannot_be_checked_has_its_reason(tmp_path: Path) -> None:
    report = reported(tmp_path)

    def make(name: str) -> Report:
        if name == "6.19":
            raise RecorderError("6.19 lacks | KVM\nmore")
        return report

    said: list[str] = []
    table = matrix.markdown(matrix.rows(["6.12", "6.19"], make, said.append))
    assert said == ["kernel 6.12", "kernel 6.19"]
    first, second = table.splitlines()[2:]
    assert first == (
        "| 6.12 | 6.12.117+deb12-cloud-amd64 | 3 of 3 | 6.12 | 3 of 3 "
        "| 2,049 times, mmu_lock for write | - |"
    )
    assert "not checked: 6.19 lacks / KVM |" in second
