import pytest

from mglru_lab.lab.truth import findings, first_difference, groundtruth
from mglru_lab.lab.truth.first_difference import until
from mglru_lab.lab.truth.recordings import Recording
from mglru_lab.scenario.language import Scenario


@pytest.fixture(scope="module")
def by_name(recorded: list[Recording]) -> dict[tuple[str, str], Recording]:
    return {(r.file, r.scenario): r for r in recorded}


def test_the_access_at_which_model_and_kernel_part(
    by_name: dict[tuple[str, str], Recording],
) -> None:
    """Without the aging that walked twice, which the search has found, this scan differs."""
    key = ("c_pressure", "c_hotscan_20_en7_f0_r1")
    told = first_difference.describe(groundtruth.compare(by_name[key]))
    first = groundtruth.compare(by_name[key]).first_miss
    assert f"access {first}, a write of page" in told
    assert "the kernel missed, the model hit" in told
    assert "generation 31: 4080 pages; its list's tail:" in told
    known = findings.load()[key]
    told = first_difference.describe(groundtruth.compare(by_name[key], known))
    assert told == "6.12 c_hotscan_20_en7_f0_r1: no difference"


def test_without_a_log_the_first_label_that_differs(
    by_name: dict[tuple[str, str], Recording],
) -> None:
    told = first_difference.describe(
        groundtruth.compare(by_name["kvm_pressure", "kc_hotscan_20_en7_f0_r1"])
    )
    assert "no access is logged; the first label that differs is mark2" in told
    assert "pgmajfault: model 3353, kernel 3365" in told


def test_what_is_not_compared_says_so(by_name: dict[tuple[str, str], Recording]) -> None:
    recording = next(r for r in by_name.values() if not r.finished)
    assert "not compared: the recording ends in an OOM kill" in first_difference.describe(
        groundtruth.compare(recording)
    )


@pytest.mark.parametrize(
    ("access", "last"),
    [(0, "replay 10 10"), (9, "replay 10 19"), (10, "replay 0 0"), (15, "replay 0 5")],
)
def test_a_scenario_ends_at_the_access(access: int, last: str) -> None:
    text = "region 8 anon\nreplay 10 20\nreplaymarks 0 30 3\ndump end\n"
    assert until(Scenario(text), access).text.split("\n")[-1] == last
