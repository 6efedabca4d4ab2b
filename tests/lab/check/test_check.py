from pathlib import Path

import pytest

from mglru_lab.lab.check.check import Checked, check
from mglru_lab.recorder.tools import RecorderError
from tests.lab.check.fakes import NAMES, SET, Boots


def run(folder: Path) -> Checked:
    return check("6.12", SET, folder, lambda line: None)


def test_a_part_is_one_boot_and_what_is_kept_is_not_booted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boots = Boots(monkeypatch)
    assert set(run(tmp_path).results) == set(NAMES)
    assert sorted(boots.batches) == [["b_evict_en7"], ["k_evict_en7", "k_calls_en7"]]
    boots.batches.clear()
    next(tmp_path.rglob("k_evict*")).unlink()
    counted: list[int] = []
    again = check("6.12", SET, tmp_path, lambda line: None, done=counted.append)
    assert set(again.results) == set(NAMES)
    assert boots.batches == [["k_evict_en7"]]
    assert sum(counted) == len(SET)


def test_a_scenario_that_spoils_a_boot_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Boots(monkeypatch, spoil=["k_calls_en7"])
    checked = run(tmp_path)
    assert set(checked.results) == {"b_evict_en7", "k_evict_en7"}
    assert checked.failed == {"k_calls_en7": "the guest panicked in k_calls_en7"}


def test_a_kernel_on_which_nothing_runs_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Boots(monkeypatch, spoil=NAMES)
    with pytest.raises(RecorderError, match="the guest panicked in"):
        run(tmp_path)
    assert list(tmp_path.rglob("*.xz")) == []


def test_an_interrupted_check_keeps_what_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boots = Boots(monkeypatch)

    def interrupt(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("6.12", SET, tmp_path, lambda line: None, done=interrupt)
    kept = {path.name.split("-")[0] for path in tmp_path.rglob("*.xz")}
    assert kept
    boots.batches.clear()
    assert set(run(tmp_path).results) == set(NAMES)
    assert {name for batch in boots.batches for name in batch} == set(NAMES) - kept
