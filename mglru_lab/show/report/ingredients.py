"""What a report is made of, and the key that names exactly that: equal keys, equal bytes."""

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl
from nbformat import NotebookNode

from mglru_lab.paths import DATA
from mglru_lab.show.report.parameters import declared
from mglru_lab.show.report.provenance import versions

_PACKAGE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ingredients:
    """Everything that decides a report's bytes; checksums are the first 16 digits of SHA-256."""

    notebook: str
    """Of the cells' kinds, tags and text: outputs and metadata decide nothing."""
    parameters: dict[str, object]
    """All that are declared, those not given with their defaults."""
    code: str
    """Of every file of the package."""
    data: str
    """Of every file in data/."""
    inputs: dict[str, str]
    """Of each file that a parameter names, by the parameter's value."""
    versions: dict[str, str]
    """Of Python and the packages that compute and draw."""

    @property
    def key(self) -> str:
        """16 hexadecimal digits; the git revision is no part: the code's checksum is."""
        known = vars(self) | {"versions": {k: v for k, v in self.versions.items() if k[0] != "r"}}
        return _checksum([json.dumps(known, sort_keys=True, default=str).encode()])

    def table(self) -> pl.DataFrame:
        """For the end of a report: what, value."""
        rows = {f"parameter {name}": value for name, value in self.parameters.items()}
        rows |= {f"checksum of {name}": value for name, value in self.inputs.items()}
        rows |= {
            "checksum of the notebook": self.notebook,
            "checksum of data/": self.data,
            "checksum of mglru_lab": self.code,
        }
        rows |= self.versions | {"key of all this": self.key}
        return pl.DataFrame({"what": list(rows), "value": [str(value) for value in rows.values()]})


def ingredients(source: NotebookNode, values: Mapping[str, object], folder: Path) -> Ingredients:
    """Of the notebook `source`, which runs in `folder`, with checked parameter `values`."""
    parameters = {name: _default(p.default) for name, p in declared(source).items()} | dict(values)
    cells = [[c.cell_type, c.metadata.get("tags", []), c.source] for c in source.cells]
    named = {str(v): path for v in _flat(parameters.values()) if (path := _file(v, folder))}
    table = versions()
    return Ingredients(
        notebook=_checksum([json.dumps(cells).encode()]),
        parameters=parameters,
        code=_folder(_PACKAGE),
        data=_folder(DATA),
        inputs={name: _checksum([path.read_bytes()]) for name, path in sorted(named.items())},
        versions=dict(zip(table["what"], table["value"], strict=True)),
    )


def _default(text: str) -> object:
    """A default's value; its text where it is no plain value."""
    try:
        return ast.literal_eval(text)
    except ValueError:
        return text


def _flat(values: Iterable[object]) -> Iterable[object]:
    for value in values:
        yield from value if isinstance(value, list | tuple) else [value]


def _file(value: object, folder: Path) -> Path | None:
    """The file that a parameter's value names: from the notebook's folder, or in data/."""
    if not isinstance(value, str) or not value or len(value) > 1000 or "\0" in value:
        return None
    places = (folder / value, DATA / Path(value).name)
    return next((place for place in places if place.is_file()), None)


@cache
def _folder(folder: Path) -> str:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    parts = ((str(p.relative_to(folder)).encode(), p.read_bytes()) for p in files)
    return _checksum(part for pair in parts for part in pair)


def _checksum(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:16]
