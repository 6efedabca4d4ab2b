import pytest

import mglru_lab as ml
from mglru_lab.lab.thread import readings
from mglru_lab.lab.thread.look_around_cases import CASES


def test_readings_differ_where_a_lock_would_be_needed() -> None:
    frame = readings.readings_differ(True, 0xF)
    assert frame.height == 8
    assert set(frame["variant"]) == {"v2", "v3"}
    assert set(frame["code"]) == {"no"}
    assert all(cell.startswith("yes/") and cell != "yes/none" for cell in frame["mail"])


def test_without_the_bit_nobody_asks_and_no_readings_differ() -> None:
    assert readings.readings_differ(True, 0x7).is_empty()


def test_what_the_code_does_beside_asking() -> None:
    rows = {row["variant"]: row for row in readings.beside_asking().to_dicts()}
    assert (rows["v4"]["mail"], rows["v4"]["code"]) == (1, 8)
    assert (rows["v2"]["mail"], rows["v2"]["code"]) == (2, 0)
    assert (rows["v3"]["mail"], rows["v3"]["code"]) == (512, 0)


@pytest.mark.parametrize(
    ("variant", "kconfig", "reads"),
    [
        ("v4", False, ["0x0007", "0x0007", "0x0003", "0x0001"]),
        ("v4", True, ["0x000f", "0x000f", "0x000b", "0x0009"]),
        ("v2", False, ["0x000f", "0x0007", "0x000b", "0x0009"]),
        ("v5", False, ["0x000f", "0x0007", "0x0003", "0x0001"]),
        ("6.12", True, ["0x0007", "0x0007", "0x0003", "0x0001"]),
    ],
)
def test_what_reads_back_on_which_host(variant: str, kconfig: bool, reads: list[str]) -> None:
    frame = readings.reads_back("y", kconfig)
    assert list(frame.filter(variant=variant).row(0)[1:]) == reads


def test_questions_become_calls_by_the_postings_rules() -> None:
    text = (
        "region 4096 kvm\ntouch 0 4096\nsettle\nage\nage\nage\n"
        "touch 0 4096\nevict all 200 64\nstat e\n"
    )
    names = ["v2", "v4+kconfig", "6.12", "existing"]
    frame = readings.calls(ml.compare(ml.Scenario(text), names, releases=True))
    calls = {(r["kernel"], r["where"], r["lock"]): r for r in frame.to_dicts()}
    assert calls["v2", "aging", "none"]["calls"] <= 2 * (3 * 65)
    assert calls["v2", "aging", "none"]["questions"] == 3 * 4097
    assert calls["6.12", "aging", "write"]["calls"] == 3 * 4097
    window = calls["6.12", "look-around", "write"]
    assert window["calls"] == window["questions"] > 60 * window["lookarounds"]
    assert ("existing", "aging", "write") not in calls
    assert calls["existing", "eviction", "write+tlbflush"]["lookarounds"] is None


@pytest.mark.parametrize("case", CASES)
def test_every_case_runs_and_tells_rules_apart(case: str) -> None:
    made = CASES[case]
    kernels = [
        ml.Kernel(variant="v4", kconfig=True, look_around=rule) for rule in ("v2", "v4", "none")
    ]
    result = made.compare(kernels)
    scanned = made.scanned(result)
    last = dict(scanned.group_by("option").last().select("option", "value").iter_rows())
    assert len(last) == 3
    assert len(set(last.values())) > 1


def test_a_table_that_was_sparse_once_comes_back_with_6_12s_look_around_only() -> None:
    """O5: 6.12 scans none later, v4's rule scans and rescues all of it at every second pass."""
    kernels = [ml.Kernel(variant="6.12", look_around=rule) for rule in ("6.12", "v4")]
    result = CASES["regrow"].compare(kernels)
    made = CASES["regrow"].scanned(result)
    by_step = {
        name: dict(part.select("step", "value").iter_rows())
        for (name,), part in made.group_by("option")
    }
    stock, v4 = by_step["6.12:6.12"], by_step["6.12:v4"]
    assert stock[16] - stock[4] == 0
    assert v4[16] - v4[2] == 8 + 3 * 512  # the sparse ones once, then all of the table
