"""The house: a room imports only rooms before it in `ROOMS` (map: docs/explanation/design.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mglru_lab"
ROOMS = (
    *("choose", "files", "paths", "progress"),
    *("kernel", "policy", "scenario", "recorder"),
    *("lab.run", "lab.truth", "lab.price", "lab.thread", "lab.mechanisms", "lab.sweep", "lab.host"),
    "lab.check",
    *("show.kit", "show.report"),
    *(
        "show.run",
        "show.truth",
        "show.thread",
        "show.price",
        "show.mechanisms",
        "show.sweep",
        "show.host",
    ),
    *("show.trace", "show.check"),
    *("bench", "cli", "__main__"),
)
"""Data goes down this list."""
THE_ENGINE_OBEYS = "mglru_lab.policy.policy"
"""All that `kernel` knows of policies: the record that the engine obeys."""
FULL = 15
"""Modules in a folder; more want a room of their own. `kernel` is flat, as mm/ is."""


def room_of(module: str) -> str:
    name = module.removeprefix("mglru_lab").removeprefix(".")
    return next((room for room in ROOMS if f"{name}.".startswith(f"{room}.")), "")


def imports(source: str, is_module: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Line and module of every import of the package, those inside functions included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield node.lineno, whole if whole in is_module else str(node.module)


def private_names(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of what is taken from another module of ours though it begins with `_`."""
    tree = ast.parse(source)
    ours = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("mglru_lab"):
            ours |= {alias.asname or alias.name for alias in node.names}
            for alias in node.names:
                if alias.name.startswith("_") and not alias.name.endswith("__"):
                    yield node.lineno, alias.name
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in ours
            and node.attr.startswith("_")
            and node.attr not in ("_make", "_replace", "_asdict", "_fields")  # of named tuples
        ):
            yield node.lineno, f"{node.value.id}.{node.attr}"


def complaints(path: Path, module: str, source: str, is_module: frozenset[str]) -> list[str]:
    here = room_of(module)
    if not here:
        return [f"{path}: {module} is in no room of ROOMS"]
    found = []
    for line, other in imports(source, is_module):
        if not other.startswith("mglru_lab.") or room_of(other) == here:
            continue
        if here == "kernel" and other == THE_ENGINE_OBEYS:
            continue
        there = room_of(other)
        if not there or ROOMS.index(there) > ROOMS.index(here):
            found.append(f"{path}:{line}: {here} imports {other}, of a later room")
    found += [f"{path}:{line}: {name} is private" for line, name in private_names(source)]
    return found


def modules() -> dict[str, Path]:
    paths = sorted(PACKAGE.rglob("*.py"))
    named = {".".join(p.relative_to(PACKAGE.parent).with_suffix("").parts): p for p in paths}
    return {name.removesuffix(".__init__"): path for name, path in named.items()}


ALL = modules()
# The public names, and packages whose only content is their docstring.
FRONTS = frozenset(("mglru_lab", "mglru_lab.lab", "mglru_lab.show"))


@pytest.mark.parametrize("module", sorted(ALL.keys() - FRONTS))
def test_a_module_imports_only_rooms_before_its_own(module: str) -> None:
    path = ALL[module]
    found = complaints(path.relative_to(PACKAGE.parent), module, path.read_text(), frozenset(ALL))
    assert not found, "\n".join(found)


def test_fronts_hold_nothing_but_their_docstring() -> None:
    for front in FRONTS - {"mglru_lab"}:
        assert len(ast.parse(ALL[front].read_text()).body) == 1


def test_no_folder_holds_more_modules_than_one_can_see() -> None:
    for folder in {path.parent for path in ALL.values()} - {PACKAGE / "kernel"}:
        held = [path.name for path in folder.glob("*.py") if path.stem != "__init__"]
        assert len(held) <= FULL, f"{folder.relative_to(PACKAGE.parent)}: {len(held)} modules"


def test_every_module_says_first_what_it_holds() -> None:
    for path in ALL.values():
        first = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0]
        assert first, path
        assert first.endswith((".", ":", "?")), path


SIBLINGS = {
    "__init__": "what a room holds",
    **dict.fromkeys(("charts", "guesses", "panel", "prose"), "of a room's subject, for people"),
    **dict.fromkeys(("bills", "film"), "made in `lab`, shown in `show`"),
    **dict.fromkeys(("host", "kernel", "record", "report", "run", "sweep"), "`cli`: its commands"),
    **dict.fromkeys(("aging", "replay"), "`bench`: how fast it is"),
}
"""File names that several rooms have, and why: one subject, one file for each floor."""


def test_a_file_name_in_two_rooms_means_the_same() -> None:
    rooms: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        rooms.setdefault(path.stem, []).append(str(path.parent.relative_to(PACKAGE)))
    several = {stem: found for stem, found in rooms.items() if len(found) > 1}
    unlisted = {stem: found for stem, found in several.items() if stem not in SIBLINGS}
    assert not unlisted, f"name each of them for what it holds, or list it in SIBLINGS: {unlisted}"
    assert several.keys() == SIBLINGS.keys()


TESTS = Path(__file__).parent
THROUGH_ANOTHER = {
    "bench.jupyterlab": "jupyterlab.py",  # opens every notebook
    "bench.peer": "bench/test_replay.py",
    "bench.results": "bench/test_sweep.py",
    "cli.bench": "bench/test_replay.py",
    "cli.record": "recorder/test_record.py",
    "cli.sweep": "lab/sweep/test_sweep.py",
    "cli.tables": "cli/test_thread.py",
    "kernel.hook": "policy/test_own_policy.py",
    "kernel.refault": "kernel/test_classic.py",
    "kernel.rmap": "kernel/test_eviction.py",
    "lab.check.changes": "lab/check/test_check_report.py",
    "lab.check.families": "lab/check/test_check_report.py",
    "lab.check.make": "lab/check/test_check_report.py",
    "lab.sweep.workers": "lab/sweep/test_sweep.py",
    "policy.kvm": "policy/test_decision.py",
    "policy.policy": "policy/test_decision.py",
    "lab.host.host_files": "lab/host/test_host.py",
    "scenario.traces.damo_records": "scenario/traces/test_damo.py",
    "scenario.traces.damo_text": "scenario/traces/test_damo.py",
    "scenario.traces.oracle_general": "scenario/traces/test_formats.py",
    "scenario.traces.quanta": "scenario/traces/test_formats.py",
    "show.kit.charts": "show/thread/test_charts.py",
    "show.price.guesses": "test_notebooks_guesses.py",
    "show.run.guesses": "test_notebooks_guesses.py",
    "show.thread.guesses": "test_notebooks_guesses.py",
    "show.trace.guesses": "test_notebooks_guesses.py",
    "show.truth.guesses": "test_notebooks_guesses.py",
    "show.report.ingredients": "show/report/test_report.py",
    "show.report.pdf": "show/report/test_batch.py",
    "show.run.film_prose": "show/run/test_film_answers.py",
    "show.run.prose": "show/run/test_charts.py",
    "show.sweep.prose": "show/sweep/test_charts.py",
    "show.thread.look_around_prose": "show/thread/test_charts.py",
    "show.thread.prose": "show/thread/test_charts.py",
    "show.thread.start_prose": "test_notebooks_curriculum.py",
    "show.mechanisms.charts": "test_notebooks.py",
    "show.mechanisms.prose": "test_notebooks.py",
    "show.truth.charts": "test_notebooks.py",
}
"""Modules without a test file of their own, and the file that tests them."""


def has_logic(path: Path) -> bool:
    """Whether there is anything but data, imports and docstrings in it."""
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(path.read_text())))


def test_every_test_file_of_a_room_has_its_module() -> None:
    rooms = {folder.name for folder in PACKAGE.iterdir()}
    for path in TESTS.rglob("test_*.py"):
        there = path.relative_to(TESTS)
        if there.parts[0] not in rooms:
            continue
        module = PACKAGE / there.with_name(there.name.removeprefix("test_"))
        assert module.exists(), f"tests/{there} tests no module: {module} is not there"


@pytest.mark.parametrize("module", sorted(ALL.keys() - FRONTS))
def test_every_module_with_logic_has_a_test_file(module: str) -> None:
    path = ALL[module].relative_to(PACKAGE)
    if not has_logic(ALL[module]) or (TESTS / path.with_name(f"test_{path.name}")).exists():
        return
    name = module.removeprefix("mglru_lab.")
    assert name in THROUGH_ANOTHER, f"{module}: tests/{path.parent}/test_{path.name} is missing"


@pytest.mark.parametrize("name", THROUGH_ANOTHER)
def test_a_module_is_tested_through_a_file_that_is_there_and_by_none_of_its_own(name: str) -> None:
    room, _, stem = name.rpartition(".")
    assert f"mglru_lab.{name}" in ALL
    assert (TESTS / THROUGH_ANOTHER[name]).exists()
    assert not TESTS.joinpath(*room.split("."), f"test_{stem}.py").exists()


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("mglru_lab.kernel.aging", "from mglru_lab.policy.policy import Policy", ""),
        ("mglru_lab.kernel.aging", "import mglru_lab.policy.kvm", "x:1: kernel imports mglru"),
        ("mglru_lab.kernel.aging", "def f():\n from mglru_lab.lab.run import run", "x:2: kernel"),
        ("mglru_lab.lab.price.map", "from mglru_lab.lab.thread import story", "lab.price imports"),
        ("mglru_lab.lab.price.map", "from mglru_lab.lab.run import run", ""),
        ("mglru_lab.lab.price.map", "from mglru_lab.lab.run import run\nrun._load()", "x:2: run._"),
        ("mglru_lab.lab.price.map", "from mglru_lab.lab.run.run import _x", "x:1: _x is private"),
        ("mglru_lab.elsewhere", "", "in no room"),
    ],
)
def test_the_offending_line_is_named(module: str, source: str, complaint: str) -> None:
    found = complaints(Path("x"), module, source, frozenset(ALL))
    assert bool(found) == bool(complaint)
    assert complaint in "\n".join(found)
