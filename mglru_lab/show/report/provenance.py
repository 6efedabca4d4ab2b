"""What made a report: configuration, versions and revision, as a table that can be read."""

import platform
import subprocess
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

    def cell(value: object) -> str:
        if isinstance(value, int | float):
            return f'<td style="text-align:right">{value:,}</td>'
        return f'<td style="text-align:left">{escape(str(value))}</td>'

    def title(name: str) -> str:
        side = "right" if frame[name].dtype.is_numeric() else "left"
        return f'<th style="text-align:{side}">{escape(name)}</th>'

    head = "".join(map(title, frame.columns))
    rows = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in frame.iter_rows())
    return HTML(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
