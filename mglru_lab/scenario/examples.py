"""Scenarios to start from: the commented files of data/scenarios, by name."""

from pathlib import Path

from mglru_lab.choose import choose
from mglru_lab.paths import DATA
from mglru_lab.scenario.language import Scenario

FOLDER = DATA / "scenarios"


def names() -> list[str]:
    """What there is, the smallest one first."""
    found = sorted(path.stem for path in FOLDER.glob("*.scn"))
    return sorted(found, key=lambda name: name != "smallest")


def path_of(name: str) -> Path:
    """The file of an example, named with or without `.scn`; raises ValueError for no example."""
    stem = name.removesuffix(".scn")
    choose("scenario", stem, names())
    return FOLDER / f"{stem}.scn"


def example(name: str) -> Scenario:
    """An example, parsed."""
    return Scenario.read(path_of(name))


def title(name: str) -> str:
    """Its first line: what it is, in one sentence or question."""
    first = path_of(name).read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("#").strip()


def commands(name: str) -> str:
    """Its lines without the comments above them."""
    lines = path_of(name).read_text(encoding="utf-8").splitlines(keepends=True)
    while lines and lines[0].startswith("#"):
        del lines[0]
    return "".join(lines)
