import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mglru_lab.cli.main import main


@pytest.mark.slow
def test_a_sweep_is_measured(tmp_path: Path) -> None:
    options = ["bench", "--quick", "--json", "--only", "sweep", "--out", str(tmp_path)]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)["sweep"]
    assert found["cells_per_second"]["1"] > 0
    assert found["small_cell_ms"] > 0
    assert found["bytes_per_cell"] > 5000
    assert f"| two over one | {found['two_over_one']:.2f} |" in (tmp_path / "README.md").read_text()
