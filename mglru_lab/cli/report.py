"""The command `report`: notebooks as HTML pages, one or a batch."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import yaml

from mglru_lab.cli.options import File, Refused, tell_of_compiling
from mglru_lab.paths import NOTEBOOKS


@click.command()
@click.argument("words", metavar="[NOTEBOOK]... [NAME=VALUES]...", nargs=-1)
@click.option("-p", "pairs", multiple=True, metavar="NAME=VALUE", help="Set a parameter.")
@click.option(
    "-f", "file", type=File, help="Read parameters from a YAML file, one `name: value` per line."
)
@click.option(
    "--grid",
    "axes",
    multiple=True,
    metavar="NAME=VALUE,VALUE...",
    help="Make one report per value; with several axes, one per combination.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="FILE.html for one report, or a folder for a batch, which gets an index.html.",
)
@click.option("--pdf", is_flag=True, help="Also print each report to a PDF; needs Chromium.")
def report(
    words: tuple[str, ...],
    pairs: tuple[str, ...],
    file: Path | None,
    axes: tuple[str, ...],
    out: Path | None,
    pdf: bool,
) -> None:
    """Run each NOTEBOOK (default: the report on a guest's memory) and write it as one HTML file.

    One notebook without --grid is written to --out FILE.html (default: its name). Several
    notebooks, --grid, or a folder for --out make a batch. A batch keeps reports that were made
    of the same notebook, parameters, code, data and versions. Exit code 1 if a cell failed.
    """
    notebooks = [word for word in words if "=" not in word or Path(word).is_file()]
    stray = [word for word in words if word not in notebooks]
    if stray and not axes:
        raise click.UsageError(f"{stray[0]!r} is not a notebook; a parameter needs -p or --grid")
    axes += tuple(stray)
    paths = [Path(word) for word in notebooks] or [NOTEBOOKS / "10_report.ipynb"]
    for path in paths:
        if not path.is_file():
            raise click.UsageError(f"there is no notebook {path}")
    values = _given(pairs, file)
    from mglru_lab.show.report.report import ReportError  # its imports take a second

    tell_of_compiling()
    one = len(paths) == 1 and not axes and (out is None or out.suffix == ".html")
    try:
        if one:
            _one(paths[0], values, out or Path(f"{_name(paths[0])}.html"), pdf)
        elif out is None or out.suffix == ".html" or out.is_file():
            raise click.UsageError("several reports need --out FOLDER")
        else:
            _batch(paths, values, axes, out, pdf)
    except ReportError as error:
        raise click.ClickException(str(error)) from None
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None


def _name(notebook: Path) -> str:
    """Its name without the number that orders the notebooks for reading."""
    return re.sub(r"^\d+_", "", notebook.stem)


def _given(pairs: Sequence[str], file: Path | None) -> dict[str, object]:
    """The parameters of -f, then those of -p, which win."""
    values: dict[str, object] = {}
    if file:
        try:
            read = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
            raise Refused(f"{file}: not YAML: {error}") from None
        if not isinstance(read, dict) or not all(isinstance(name, str) for name in read):
            raise Refused(f"{file}: allowed is one `name: value` per line")
        values |= read
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise Refused(f"-p {pair!r}: allowed is NAME=VALUE")
        values[name] = value
    return values


def _one(notebook: Path, values: dict[str, object], out: Path, pdf: bool) -> None:
    from mglru_lab.show.report.pdf import NoBrowser, browser, to_pdf
    from mglru_lab.show.report.report import render

    try:
        if pdf:
            browser()
        page = render(notebook, out, values, click.echo)
        click.echo(to_pdf(page) if pdf else page)
    except NoBrowser as error:
        raise click.ClickException(str(error)) from None


def _batch(
    notebooks: Sequence[Path], values: dict[str, object], axes: Sequence[str], out: Path, pdf: bool
) -> None:
    from mglru_lab.show.report import batch
    from mglru_lab.show.report.pdf import NoBrowser

    try:
        done = batch.make(batch.plan(notebooks, values, axes, out), out, click.echo, pdf=pdf)
    except NoBrowser as error:
        raise click.ClickException(str(error)) from None
    click.echo((out / "index.html").absolute())
    for one in done:
        if one.failure:
            click.echo(f"Error: {one.job.out.name}: {one.failure}", err=True)
    if any(one.failure for one in done):
        sys.exit(1)
