"""The commands `report` and `lab`: notebooks as HTML pages, one or a batch, and in JupyterLab."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import click
import yaml

from mglru_lab.cli.options import File, Here, Refused, tell_of_compiling
from mglru_lab.files import whole
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
    type=Here(path_type=Path),
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
    paths = [notebook(word) for word in notebooks] or [NOTEBOOKS / "10_report.ipynb"]
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


def notebook(word: str) -> Path:
    """A notebook by its file, or one of the lab's by its name, with or without number and ending.

    `notebooks/05_price.ipynb` is found from anywhere. Raises UsageError naming what there is.
    """
    if Path(word).is_file():
        return Path(word)
    stem = Path(word).name.removesuffix(".ipynb")
    ours = sorted(NOTEBOOKS.glob("*.ipynb"))
    outside = Path(word).parent not in (Path(), Path("notebooks"))
    for path in ours:
        if not outside and stem in (path.stem, _name(path)):
            return path
    allowed = ", ".join(path.stem for path in ours) or f"none in {NOTEBOOKS}"
    raise click.UsageError(f"there is no notebook {word}; allowed are a file, or {allowed}")


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
        read = {} if read is None else read  # nothing but comments
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


@click.command()
@click.argument(
    "folder", default="mglru-lab", type=Here(file_okay=False, path_type=Path), metavar="[FOLDER]"
)
@click.option("--no-open", is_flag=True, help="Only copy the notebooks; do not start JupyterLab.")
def lab(folder: Path, no_open: bool) -> None:
    """Copy the notebooks into FOLDER (default: mglru-lab, here) and open JupyterLab there.

    A notebook that is there already is yours, and stays as it is.
    """
    try:
        copied, kept = copy_notebooks(folder)
    except OSError as error:
        raise Refused(f"{folder}: {error.strerror}") from None
    click.echo(f"{folder}: {copied} notebooks copied, {kept} were there already")
    if no_open:
        return
    if find_spec("jupyterlab") is None:
        raise ModuleNotFoundError("No module named 'jupyterlab'", name="jupyterlab")
    words = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder.absolute()}"]
    words.append("--LabApp.default_url=/lab/tree/00_start.ipynb")
    # Root, as in a container, has to say so; the server hears this machine only.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    sys.exit(subprocess.run(words + ["--allow-root"] * is_root, check=False).returncode)


def copy_notebooks(folder: Path) -> tuple[int, int]:
    """Copy those that are missing in `folder`; how many were copied, and were there."""
    folder.mkdir(parents=True, exist_ok=True)
    copied = kept = 0
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        if (folder / path.name).exists():
            kept += 1
            continue
        with whole(folder / path.name) as partial:
            shutil.copyfile(path, partial)
        copied += 1
    return copied, kept
