import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from mglru_lab.cli.main import main
from mglru_lab.recorder import pagetrace
from mglru_lab.recorder.tools import RecorderError
from mglru_lab.scenario.traces import formats

# Touches 64 pages of its own, one after another, 50 times; the second half by a forked child, too.
PROGRAM = """
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>
int main(void) {
    volatile char *m = aligned_alloc(4096, 64 * 4096);
    for (int i = 0; i < 50; i++) {
        if (i == 25 && fork() == 0) { m[0] = 1; _exit(0); }
        for (int p = 0; p < 64; p++) m[p * 4096] = i;
    }
    wait(NULL);
    return 3;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("gcc"):
        pytest.skip("no gcc is installed")
    folder = tmp_path_factory.mktemp("program")
    (folder / "p.c").write_text(PROGRAM)
    subprocess.run(["gcc", "-O1", "-o", folder / "p", folder / "p.c"], check=True)
    return folder / "p"


@pytest.mark.parametrize("how", pagetrace.HOW)
def test_a_programs_pages_are_recorded(program: Path, tmp_path: Path, how: str) -> None:
    if how not in pagetrace.available():
        pytest.skip(f"{how} is not installed")
    out = tmp_path / "t.parquet"
    words = ["trace", "record", "--quantum", "100", "--how", how, "--out", out, "--", program]
    shown = CliRunner().invoke(main, [str(word) for word in words])
    assert shown.exit_code == 0, shown.output
    assert "exit code 3" in shown.output
    table = formats.read(out)
    touched = table.filter(table["w"])["page"].value_counts()
    often = touched.filter(touched["count"] >= 25)
    assert often.height >= 64
    assert table["n"].sum() >= 64 * 50


def test_what_is_missing_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(
        RecorderError, match=r"no way to record is installed.*qemu-user gcc.*valgrind"
    ):
        pagetrace.record(["true"])


def test_a_program_that_is_none_is_named() -> None:
    if not pagetrace.available():
        pytest.skip("neither qemu-user nor valgrind is installed")
    with pytest.raises(RecorderError, match="there is no program 'no-such-program'"):
        pagetrace.record(["no-such-program"])
