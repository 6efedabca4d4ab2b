"""What people get who install a package: from the built wheel and the sdist, not from the clone."""

import json
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from mglru_lab.cli.errors import EXTRAS
from mglru_lab.paths import DATA, NOTEBOOKS

CLONE = Path(__file__).parents[1]
PROJECT = tomllib.loads((CLONE / "pyproject.toml").read_text())["project"]
BLOCKED = """
import importlib.abc, sys
class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {modules!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
sys.argv = ["mglru-lab", *{words!r}]
from mglru_lab.cli.main import main
main()
"""


def without_extras(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command with all that an extra brings out of reach."""
    modules = [module for extra in EXTRAS.values() for module in extra]
    program = BLOCKED.format(modules=modules, words=list(words))
    environment = os.environ | {"PYTHONPATH": str(CLONE)}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True,
        text=True, timeout=600,
    )  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ("--help",), ("decide", "--variant", "v5", "--mmu", "arm64"), ("prices",),
        ("host", "snapshot", "--root", str(DATA / "host_sample/1")),
        ("trace", "info", "x.csv"), ("lab", "mine", "--no-open"),
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_a_plain_install_has_every_command_that_prints(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "x.csv").write_text("page\n1\n")
    shown = without_extras(tmp_path, *words)
    assert shown.returncode == 0, shown.stderr


@pytest.mark.parametrize(
    "words",
    [("report", "05_price"), ("lab", "mine"), ("trace", "info", "x.csv", "--page", "p.html")],
)
def test_what_needs_an_extra_says_which(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "x.csv").write_text("page\n1\n")
    shown = without_extras(tmp_path, *words)
    assert shown.returncode == 1
    assert "pip install 'mglru-lab[lab]'" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_an_extra_names_what_it_brings() -> None:
    brought = json.dumps(PROJECT["optional-dependencies"]["lab"]).lower()
    for module in EXTRAS["lab"]:
        assert {"vl_convert": "vl-convert"}.get(module, module.lower()) in brought
    assert not any("jupyter" in one or "papermill" in one for one in PROJECT["dependencies"])


@pytest.mark.slow
def test_the_built_wheel_works_from_anywhere(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    built = [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path / "dist")]
    subprocess.run(built, cwd=CLONE, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    (sdist,) = (tmp_path / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as file:
        names = [name.partition("/")[2] for name in file.getnames()]
    for needed in ("LICENSE", "README.md", "data/README.md", "notebooks/00_start.ipynb"):
        assert needed in names
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    installed = tmp_path / "site/mglru_lab/installed"
    for own, there in ((NOTEBOOKS, installed / "notebooks"), (DATA, installed / "data")):
        wanted = {path.relative_to(own) for path in own.rglob("*") if path.is_file()}
        wanted = {path for path in wanted if ".ipynb_checkpoints" not in path.parts}
        assert wanted <= {path.relative_to(there) for path in there.rglob("*") if path.is_file()}
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    for words in (
        ("groundtruth", "b_lookaround_en7"),
        ("contention",),
        ("lab", "mine", "--no-open"),
        ("report", "08_your_host", "--out", "host.html"),
    ):
        shown = subprocess.run(
            [sys.executable, "-m", "mglru_lab", *words], cwd=tmp_path, env=environment,
            capture_output=True, text=True, timeout=900,
        )  # fmt: skip
        assert shown.returncode == 0, (words, shown.stderr)
    assert (tmp_path / "host.html").stat().st_size > 100_000
