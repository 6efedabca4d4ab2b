import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_no_text_found_by_coverage_breaks_a_parser(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel here, or is not installed")
    script = Path(__file__).parent / "fuzz_text.py"
    for number, start in enumerate(
        [
            "region 8 anon\ntouch 0 8\n",
            "memcg     1 /\n node     0\n",
            "map d 3x0 s\n",
            "seed = [1]\n",
        ]
    ):
        (tmp_path / str(number)).write_bytes(bytes([number]) + start.encode())
    done = subprocess.run(
        [sys.executable, str(script), "-max_total_time=5", "-seed=1", str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done" in done.stderr
