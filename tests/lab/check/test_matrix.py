from dataclasses import replace
from pathlib import Path

from mglru_lab.lab.check import matrix
from mglru_lab.lab.check.check_report import Report
from mglru_lab.recorder.tools import RecorderError
from mglru_lab.show.check import prose
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
        "| 2,049 times, mmu_lock for write | - | - |"
    )
    assert "not checked: 6.19 lacks / KVM |" in second


def test_what_did_not_run_and_a_disk_for_swap_are_remarks(tmp_path: Path) -> None:
    report = reported(tmp_path)
    checked = report.checked
    lacks = (
        "6.12 lacks CONFIG_KVM_AMD (guests), CONFIG_BLK_DEV_RAM (a disk); `kernel config` prints"
    )
    failed = {"k_x": lacks, "k_y": lacks, "m_x": f"{checked.release}: a guest hangs"}
    results = {
        name: replace(result, recording=replace(result.recording, head="swaps /dev/nvme0n1 x\n"))
        for name, result in checked.results.items()
    }
    partly = replace(report, checked=replace(checked, failed=failed, results=results))
    assert matrix.row("6.12", partly)[-1] == (
        "not run: CONFIG_BLK_DEV_RAM, CONFIG_KVM_AMD, a guest hangs; its swap is a disk"
    )
    assert "so what swaps may differ." in prose.nearest(partly)
    assert "swap is a disk" not in prose.nearest(report)
