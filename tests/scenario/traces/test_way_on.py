import re
import subprocess
from pathlib import Path

import pytest

from mglru_lab.scenario.traces import formats
from mglru_lab.scenario.traces.entries import TraceError
from mglru_lab.scenario.traces.way_on import AWK, way_on

TEXTS = {
    "DynamoRIO's drmemtrace view": (
        "           1           0:        4711 <marker: version 7>\n"
        "          12    3:        4711 read   8 byte(s) @ 0x00007ffd2b1c9f28 by PC 0x7f8a\n"
        "          13    3:        4711 write  8 byte(s) @ 0x00007ffd2b1c8f20 by PC 0x7f8b\n"
    ),
    "Pin's pinatrace": (
        "0x7f8a5c0a1103: R 0x7ffd2b1c9f28\n0x7f8a5c0a1109: W 0x7ffd2b1c8f20\n#eof\n"
    ),
    "perf script of cpu/mem-loads and mem-stores": (
        "   a  4711 [003] 57.211232:   1 cpu/mem-loads,ldlat=30/P:     7ffd2b1c9f28 |OP LOAD|\n"
        "   a  4711 [003] 57.211233:   1 cpu/mem-stores/P:     7ffd2b1c8f20 |OP STORE|\n"
    ),
    "dinero": "0 7ffd2b1c9f28 4\n2 400000 4\n1 7ffd2b1c8f20 4\n",
}  # fmt: skip


@pytest.mark.parametrize("tool", AWK)
def test_the_line_of_awk_makes_a_trace(tmp_path: Path, tool: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(TEXTS[tool])
    with pytest.raises(TraceError) as error:
        formats.read(path)
    command = re.search(r"\(echo address,w; .* FILE\) >FILE.csv", str(error.value))
    assert command, error.value
    assert f"it looks like {tool}" in str(error.value)
    subprocess.run(command[0].replace("FILE", str(path)), shell=True, check=True)
    assert formats.read(tmp_path / "x.txt.csv").rows() == [(0, 1, 1, False), (0, 0, 1, True)]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("kdamond.0 4 [0] 7.1: damon:damon_aggregated: x", "try --from damo"),
        ("==31== Lackey, an example", "try --from lackey"),
        (" S 1ffeffff78,8", "try --from lackey"),
        ("page,t\n", "--columns"),
        ("", ""),
        ("hello", ""),
    ],
)
def test_formats_of_ours_without_their_name_are_told(text: str, advice: str) -> None:
    said = way_on(text.encode())
    assert advice in said
    assert bool(said) == bool(advice)
