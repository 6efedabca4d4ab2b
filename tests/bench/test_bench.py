import json

import pytest
from click.testing import CliRunner

from mglru_lab.bench import aging, panel
from mglru_lab.cli.main import main
from tests.browser import browser_test


@pytest.mark.slow
def test_replay_gives_a_ratio_for_every_trace_and_memory(tmp_path):
    pytest.importorskip("libcachesim")
    options = ["bench", "--quick", "--json", "--only", "replay", "--out", str(tmp_path)]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["replay"]
    assert len({(row["trace"], row["memory"]) for row in rows}) == len(rows) == 8
    assert all(row["ratio"] > 0 and row["ns"] > 0 and row["pages"] == 1000 for row in rows)
    assert json.loads((tmp_path / "results.json").read_text())["replay"] == rows
    assert "<svg" in (tmp_path / "replay.svg").read_text()
    assert "| zipf 0.8 | 1,000 | 50% |" in (tmp_path / "README.md").read_text()


def test_a_pass_walks_every_page_and_finds_the_young_ones():
    found = aging.one(10**5)
    assert found["walked"] == 1
    assert found["young"] == pytest.approx(aging.YOUNG, rel=0.1)
    assert found["seconds"] > 0


def test_a_size_without_memory_is_left_out_and_told(monkeypatch):
    monkeypatch.setattr(aging, "available", lambda: 0)
    assert aging.measure(quick=True)["left_out"] == list(aging.QUICK)


@browser_test
def test_the_panel_is_timed_change_by_change():
    found = panel.measure(quick=True)
    assert found["changes"] == 5
    assert 0 < found["median_ms"] <= found["worst_ms"]


@pytest.mark.slow
def test_a_sweep_is_measured(tmp_path):
    options = ["bench", "--quick", "--json", "--only", "sweep", "--out", str(tmp_path)]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)["sweep"]
    assert found["cells_per_second"]["1"] > 0
    assert found["small_cell_ms"] > 0
    assert found["bytes_per_cell"] > 5000
    assert f"| two over one | {found['two_over_one']:.2f} |" in (tmp_path / "README.md").read_text()
