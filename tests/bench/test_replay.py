import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mglru_lab.cli.main import main


@pytest.mark.slow
def test_replay_gives_a_ratio_for_every_trace_and_memory(tmp_path: Path) -> None:
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
