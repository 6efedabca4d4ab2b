"""What made a report: configuration, versions and revision, as a table that can be read."""

import platform
import subprocess
from collections.abc import Iterable
from html import escape
from importlib.metadata import version
from pathlib import Path

import polars as pl
from IPython.display import HTML

PACKAGES = ("mglru-lab", "numpy", "numba", "polars", "altair", "papermill")


def _revision() -> str:
    """The git revision of the project, or why there is none."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return "unknown: not a git checkout"
    return done.stdout.strip()


def versions() -> pl.DataFrame:
    """Python, packages, revision: what, value."""
    rows = {"Python": platform.python_version()} | {name: version(name) for name in PACKAGES}
    rows["revision"] = _revision()
    return pl.DataFrame({"what": list(rows), "value": list(rows.values())})


def table(frame: pl.DataFrame) -> HTML:
    """A frame as an HTML table: whole, numbers with thousands separators, text escaped."""
    sides = ["right" if kind.is_numeric() else "left" for kind in frame.dtypes]

    def row(values: Iterable[object], tag: str) -> str:
        cells = (
            f'<{tag} style="text-align:{side}">'
            f"{format(value, ',') if isinstance(value, int) else escape(str(value))}</{tag}>"
            for value, side in zip(values, sides, strict=True)
        )
        return f"<tr>{''.join(cells)}</tr>"

    rows = "".join(row(values, "td") for values in frame.iter_rows())
    return HTML(f"<table><thead>{row(frame.columns, 'th')}</thead><tbody>{rows}</tbody></table>")
