from pathlib import Path

import pytest

from mglru_lab.scenario.traces import formats
from mglru_lab.scenario.traces.entries import TraceError


@pytest.mark.parametrize("printed", ["total 48", "Grüße", "-rw-r--r-- 1 a a 12 a.txt"])
def test_what_the_program_printed_is_told_apart(tmp_path: Path, printed: str) -> None:
    path = tmp_path / "x.lackey"
    path.write_text(f"==31== Lackey\n S 1ffeffff78,8\n{printed}\n L 1ffeffff78,8\n", "utf-8")
    with pytest.raises(TraceError) as error:
        formats.read(path)
    assert f"line 3: {printed!r} is no line of lackey's" in str(error.value)
    assert "--log-file=run.lackey" in str(error.value)


def test_a_file_of_another_kind_gets_no_such_hint(tmp_path: Path) -> None:
    (tmp_path / "x.lackey").write_text("hello\n")
    with pytest.raises(TraceError) as error:
        formats.read(tmp_path / "x.lackey")
    assert "--log-file" not in str(error.value)
