"""README and docs are true: commands and Python blocks run, links lead somewhere, files exist."""

import itertools
import re
import shlex
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import nbformat
import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from docs import make_reference
from mglru_lab.cli.main import main
from mglru_lab.show.report import parameters
from tests.test_rooms import ROOMS

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "data" / "README.md"],
    key=lambda path: str(path.relative_to(ROOT)),
)
TEXT = {path: path.read_text(encoding="utf-8") for path in PAGES}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WITHOUT_FENCES = {path: FENCE.sub("", text) for path, text in TEXT.items()}

NOT_RUN = {
    "record": "fetches a kernel and boots it in QEMU (tests/recorder)",
    "groundtruth 'k_e*' --record": "fetches a kernel and boots it in QEMU",
    "groundtruth 'k_second*' --search": "writes into data/ (tests/lab/truth/test_search.py)",
    "groundtruth --first-difference": "half a minute (tests/lab/truth/test_first_difference.py)",
    "kernel check": "boots kernels in QEMU (tests/lab/check)",
    "kernel matrix": "boots every listed kernel, an hour or more (tests/lab/check/test_matrix.py)",
    "groundtruth --recordings": "needs records (tests/lab/check/test_own_recordings.py)",
    "convert": "needs what `record` writes (tests/lab/truth/test_recordings.py)",
    "report": "runs a notebook (tests/test_reports.py)",
    "trace record": "needs QEMU's user-mode emulation (tests/recorder/test_pagetrace.py)",
    "trace info mine.parquet --page": "runs a notebook (tests/test_reports.py)",
    "host snapshot --out": "reads this machine's files, as root (tests/cli/test_host.py)",
    "host watch": "reads this machine's files for five minutes (tests/cli/test_host.py)",
    "advise": "minutes (tests/lab/price/test_advise.py)",
    "contention": "half a minute (tests/cli/test_price.py)",
    "selftest": "runs every cell (tests/cli/test_thread.py)",
    "bench": "minutes (tests/bench/test_bench.py)",
}
"""Commands that are only checked to parse, by how they begin, and why."""


def blocks(language: str) -> list[Any]:
    found = [
        pytest.param(path, code, id=f"{path.relative_to(ROOT)}-{number}")
        for path in PAGES
        for number, (kind, code) in enumerate(FENCE.findall(TEXT[path]))
        if kind == language
    ]
    assert found
    return found


def lines() -> list[Any]:
    """Every line of every block of commands, once."""
    said: dict[str, Path] = {}
    for block in blocks("sh"):
        path, code = block.values
        for line in code.splitlines():
            said.setdefault(line.partition("  #")[0].strip(), path)
    return [pytest.param(path, line, id=line) for line, path in said.items() if line]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the commands and blocks name, as a reader of the page would have."""
    folder = tmp_path_factory.mktemp("docs")
    for name in ("data", "notebooks"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "data" / "host_sample", folder / "snapshots")
    readme = TEXT[ROOT / "README.md"]
    text = re.search(r'ml\.Scenario\("""\n(.*?)"""', readme, re.DOTALL)
    assert text
    (folder / "x.scn").write_text(text[1])
    (folder / "recorded.txt").write_text("")
    for name in ("mine", "traces"):
        (folder / name).mkdir()
    (folder / "values.yaml").write_text("memory: 0.25\n")
    sweeps = re.findall(r"^```toml\n(.*?)^```", TEXT[ROOT / "docs/how-to/sweep.md"], re.S | re.M)
    (folder / "sweep.toml").write_text(sweeps[0])
    pages = np.arange(3000, dtype=np.uint32) % 700
    table = pl.DataFrame({"t": pages // 350, "page": pages}).unique(maintain_order=True)
    quanta = {"t": pl.UInt32, "page": pl.UInt32, "n": pl.UInt32, "w": pl.Boolean}
    made = table.sort("t", maintain_order=True).with_columns(n=pl.lit(3), w=pl.lit(True))
    made.cast(quanta).write_parquet(folder / "mine.parquet")  # type: ignore[arg-type]
    return folder


@pytest.fixture(autouse=True)
def there(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(scratch)


# Commands


def resolved(words: list[str]) -> tuple[click.Command, dict[str, Any]]:
    """The command of a line with its options, parsed and checked as it would before it runs."""
    command: click.Command = main
    context, name = None, "mglru-lab"
    while True:
        context = command.make_context(name, words, parent=context)
        if not isinstance(command, click.Group):
            return command, context.params
        rest = [*context._protected_args, *context.args]
        found, inner, words = command.resolve_command(context, rest)
        assert found is not None
        assert inner is not None
        name, command = found, inner


@pytest.mark.parametrize(("path", "line"), lines())
def test_every_command_runs_or_is_known_not_to(path: Path, line: str) -> None:
    words = shlex.split(line.removeprefix("sudo "))
    if words[0] == "make":
        targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert words[1] in targets
        return
    assert words[0] == "mglru-lab", f"{path.name}: {line}"
    begun = line.removeprefix("sudo ").removeprefix("mglru-lab ")
    if any(begun == how or begun.startswith(f"{how} ") for how in NOT_RUN):
        command, given = resolved(words[1:])
        if command.name == "report":
            check_report(given)
        return
    shown = CliRunner().invoke(main, words[1:])
    assert shown.exit_code == 0, shown.output
    assert shown.output.strip()


def check_report(given: dict[str, Any]) -> None:
    """The notebook is there and has the parameters."""
    paths = [word for word in given["words"] if "=" not in word]
    pairs = [*given["pairs"], *given["axes"], *(w for w in given["words"] if "=" in w)]
    notebook = nbformat.read(paths[0] if paths else "notebooks/10_report.ipynb", as_version=4)
    values = dict(pair.split("=") for pair in pairs)
    parameters.check(notebook, {name: value.split(",")[0] for name, value in values.items()})


def test_what_is_not_run_is_still_named() -> None:
    said = [param.id.removeprefix("sudo ").removeprefix("mglru-lab ") for param in lines()]
    for how in NOT_RUN.keys() - {"bench"}:
        assert any(line == how or line.startswith(f"{how} ") for line in said), how


INLINE = [
    pytest.param(path, line, id=f"{path.name}-{line}")
    for path in PAGES
    for line in sorted(set(re.findall(r"`(mglru-lab [^`]+)`", WITHOUT_FENCES[path])))
]


@pytest.mark.parametrize(("path", "line"), INLINE)
def test_every_command_in_a_sentence_exists_with_its_options(path: Path, line: str) -> None:
    words = shlex.split(line)[1:]
    options = {word for word in words if re.fullmatch(r"--?[a-z].*", word)}
    command: click.Command = main
    known = {"--debug", "--version", "--help"}
    for word in words:
        if isinstance(command, click.Group) and not word.startswith("-"):
            if word == "COMMAND":
                break
            assert word in command.commands, f"{path.name}: {line}"
            command = command.commands[word]
    known |= {name for param in command.params for name in param.opts}
    assert options <= known, f"{path.name}: {line}"


# Python


@pytest.fixture(scope="module")
def names() -> dict[Path, dict[str, Any]]:
    """What the blocks of a page have defined so far: each may use what stands above it."""
    return {path: {"__name__": "__main__"} for path in PAGES}


@pytest.mark.parametrize(("path", "code"), blocks("python"))
def test_every_python_block_runs(
    path: Path, code: str, names: dict[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(code, f"{path.name}", "exec"), names[path])
    printed = capsys.readouterr().out
    after = TEXT[path].partition(f"```python\n{code}```\n")[2]
    if shown := re.match(r"\n```text\n(.*?)```", after, re.DOTALL):
        assert printed == shown[1]


# Links and files


def anchors(path: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    heads = re.findall(r"^#+ (.*)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(\s*([^)\s]+)\s*\)", WITHOUT_FENCES[path]):
        if link.startswith("https://lore.kernel.org/"):
            assert re.fullmatch(r"https://lore\.kernel\.org/all/[^/\s]+@[\w.]+/", link), link
            continue
        assert ":" not in link, f"{path.name}: {link} is neither in the project nor known"
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), f"{path.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{path.name}: {link}"


def test_every_page_is_reached_from_the_readme() -> None:
    found, left = set[Path](), [ROOT / "README.md"]
    while left:
        page = left.pop()
        found.add(page)
        links = re.findall(r"\]\(\s*([^)#\s]+\.md)[^)]*\)", WITHOUT_FENCES[page])
        named = {(page.parent / link).resolve() for link in links if ":" not in link}
        left += (named & TEXT.keys()) - found - set(left)
    assert set(PAGES) == found


KERNELS = ("mm/", "virt/", "arch/", "include/", "Documentation/", "tracing/")
"""Where a kernel's own files are."""
MADE = {
    *("recorded.txt", "values.yaml", "sweep.toml", "SWEEP.toml", "lru_gen/*"),
    *("host.html", "report.html", "index.html", "build/shots/index.html"),
}
"""Files that a reader has or makes."""
ROOTS = [ROOT / name for name in ("", "mglru_lab", "data", "data/published")]
BASENAMES = {path.name for top in ("mglru_lab", "notebooks") for path in (ROOT / top).rglob("*.*")}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_and_module_that_is_named_exists(path: Path) -> None:
    for said in re.findall(r"`([^`\s]+)`", WITHOUT_FENCES[path]):
        if module := re.fullmatch(r"(mglru_lab(?:\.\w+)+)(\(\))?", said):
            assert is_there(module[1]), f"{path.name}: {said}"
        elif re.fullmatch(
            r"[\w./*-]+(/|\.(py|ipynb|md|csv|parquet|toml|lock|c|css|js|html))", said
        ):
            if said.startswith((*KERNELS, "/")) or said in MADE:
                continue
            assert said in BASENAMES or any(list(root.glob(said)) for root in ROOTS), (
                f"{path.name}: {said}"
            )


def is_there(name: str) -> bool:
    """A module, or what one defines."""
    try:
        if find_spec(name):
            return True
    except ModuleNotFoundError:
        pass
    module, _, last = name.rpartition(".")
    return bool(find_spec(module)) and hasattr(__import__(module, fromlist=[last]), last)


@pytest.mark.parametrize("path", make_reference.pages(), ids=lambda path: path.name)
def test_tables_that_are_made_are_as_the_code_has_them(path: Path) -> None:
    """If not: `make reference`."""
    assert path.read_text(encoding="utf-8") == make_reference.pages()[path]


def test_the_map_has_ten_changes_and_files_for_each() -> None:
    text = TEXT[ROOT / "docs" / "explanation" / "design.md"]
    table = text.split("## What to touch")[1].split("\n## ")[0]
    rows = [row.strip("| ").split(" | ") for row in table.splitlines() if row.startswith("| ")]
    assert len(rows) == 11
    for change, files in rows[1:]:
        assert "`" in files, change
        for name in re.findall(r"`([\w./-]+(?:/|\.\w+))`", files):
            at = name if name.startswith(("docs/", "tests/", "notebooks/", "data/")) else None
            place = ROOT / (at or f"mglru_lab/{name}")
            assert name == "charts.py" or place.exists(), f"{change}: {place} is not there"


def test_the_map_of_rooms_has_each_of_them_once_and_in_order() -> None:
    text = TEXT[ROOT / "docs" / "explanation" / "design.md"]
    table = text.split("## The floors")[1].split("\n## ")[0]
    rows = [row.split(" | ")[0] for row in table.splitlines() if row.startswith("| `")]
    named = re.findall(r"`mglru_lab/([^`]+?)(?:/|\.py)`", " ".join(rows))
    assert [name.replace("/", ".") for name in named] == list(ROOMS)


def test_the_reference_lists_every_counter_and_letter() -> None:
    import mglru_lab as ml

    text = "region 64 anon\nregion 64 kvm\ntouch 0 64\ngtouch 0 64\nsettle\nstat end\n"
    counters = ml.run(ml.Scenario(text)).counters("end")
    page = TEXT[ROOT / "docs" / "reference" / "counters.md"].split("## Events")[0]
    cells = [row.split(" | ")[0] for row in page.splitlines() if row.startswith("| `")]
    listed = list(itertools.chain(*(re.findall(r"`([^`]+)`", cell) for cell in cells)))
    assert sorted(listed) == sorted(counters)


def test_the_table_of_formats_is_that_of_readers_and_writers() -> None:
    from mglru_lab.scenario.traces.formats import READERS, WRITERS

    rows = re.findall(r"^\| `(\w+)` \|.*\| (yes|no) \| (yes|no) \|$",
                      TEXT[ROOT / "docs" / "how-to" / "trace.md"], re.MULTILINE)  # fmt: skip
    assert {name for name, read, _ in rows if read == "yes"} == set(READERS)
    assert {name for name, _, written in rows if written == "yes"} == set(WRITERS)


def test_the_python_interface_names_every_public_name() -> None:
    import mglru_lab as ml

    page = TEXT[ROOT / "docs" / "reference" / "python.md"].split("| name |")[1]
    cells = [row.split(" | ")[0] for row in page.splitlines() if row.startswith("| `")]
    listed = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(listed) == sorted(ml.__all__)
