"""The commands `groundtruth` and `convert`: the model against recorded kernels."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from mglru_lab.cli.options import (
    File,
    Folder,
    Here,
    Refused,
    ended_by_sigterm,
    tell_of_compiling,
    traces_option,
)
from mglru_lab.cli.tables import paragraph
from mglru_lab.files import whole
from mglru_lab.kernel.rules import FAMILIES
from mglru_lab.lab.check import own_recordings
from mglru_lab.lab.truth import findings, recordings
from mglru_lab.lab.truth.anew import record_anew
from mglru_lab.lab.truth.first_difference import describe
from mglru_lab.lab.truth.groundtruth import compare_all, fits
from mglru_lab.lab.truth.match import Match
from mglru_lab.lab.truth.search import improve
from mglru_lab.lab.truth.table import line, markdown
from mglru_lab.progress import counted
from mglru_lab.recorder.tools import RecorderError

MARKS = ("<!-- groundtruth -->\n", "<!-- /groundtruth -->\n")


@click.command()
@click.argument("pattern", default="*")
@click.option(
    "--kernel",
    "rules",
    type=click.Choice(list(FAMILIES)),
    help="Compare only recordings of kernels with these rules.",
)
@click.option(
    "--write", type=File, help="Write the summary table into this file, between its marks."
)
@click.option(
    "--search",
    is_flag=True,
    help="Search again for what the recordings do not say, and keep what is found.",
)
@click.option(
    "--recordings",
    "folder",
    type=Folder,
    help="Compare the recordings in this folder: `convert`'s tables, or the recorder's text.",
)
@traces_option
@click.option("--quiet", is_flag=True, help="Print only the recordings that differ, and the table.")
@click.option(
    "--first-difference",
    metavar="SCENARIO",
    help="Print where model and kernel diverge in this recorded scenario, and the state there.",
)
@click.option(
    "--record",
    "anew",
    is_flag=True,
    help="Record the scenarios again, and compare the new recordings.",
)
@ended_by_sigterm()
def groundtruth(
    pattern: str,
    rules: str | None,
    write: Path | None,
    search: bool,
    quiet: bool,
    first_difference: str | None,
    anew: bool,
    folder: Path | None,
    traces: tuple[Path, ...],
) -> None:
    """Compare the model with the recordings whose scenario's name matches PATTERN (a glob).

    What does not fit among recordings of your own is refused with the reason; exit code 1.
    """
    if traces and folder is None:
        raise click.UsageError("--traces is for recordings of your own: --recordings FOLDER")
    if folder and (anew or write):
        raise click.UsageError("--record and --write are for the project's own recordings")
    tell_of_compiling()
    matches: list[Match] = []
    known = findings.load(folder or recordings.FOLDER)
    found, refused = _own(folder, traces) if folder else (recordings.load(), [])
    if first_difference:
        pattern = first_difference
    if anew:
        found = _recorded_anew(found, pattern, rules)
    found = [recording for recording in found if fits(recording, pattern, rules or "")]
    comparing = compare_all(found, known=known, improve=improve if search else None)
    compared = counted(comparing, len(found), "recording")
    if first_difference:
        found_there = list(compared)
        if not found_there:
            raise click.ClickException(f"no recorded scenario is named {pattern!r}")
        click.echo("\n".join(map(describe, found_there)))
        return
    for match in compared:
        matches.append(match)
        if not quiet or not match.equal:
            click.echo(_lines(match))
    for one in refused:
        click.echo(paragraph(f"refused: {one.name}: {one.reason}", indent=" " * 8), err=True)
    if not matches:
        raise click.ClickException(f"no recorded scenario matches {pattern!r}")
    if search:
        findings.keep(matches, known, folder or recordings.FOLDER)
    table = markdown(matches)
    click.echo(f"\n{_narrow(table)}")
    if write:
        text = write.read_text()
        try:
            head, rest = text.split(MARKS[0])
            tail = rest.split(MARKS[1])[1]
        except (ValueError, IndexError):
            raise click.ClickException(f"{write}: the marks {MARKS} must be there once") from None
        with whole(write) as partial:
            partial.write_text(head + MARKS[0] + table + MARKS[1] + tail)
    failed = [match for match in matches if match.failed]
    if failed:
        click.echo("Differences where there must be none:\n" + "\n".join(map(_lines, failed)))
    if failed or refused:
        sys.exit(1)


def _lines(match: Match) -> str:
    """What `line` says of one recording, in lines that fit."""
    return "\n".join(paragraph(part, indent=" " * 8) for part in line(match).splitlines())


def _narrow(table: str) -> str:
    """The Markdown table with one paragraph per row, and the paragraphs below it."""
    lines = []
    heads: list[str] = []
    for row in table.splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if not row.startswith("|"):
            lines.append(paragraph(row))
        elif not heads:
            heads = cells
        elif not row.startswith("|---"):
            title, rules, *rest = cells
            said = [
                f"{head} {cell}"
                for head, cell in zip(heads[2:], rest, strict=True)
                if cell not in ("", "-")
            ]
            lines.append(paragraph(f"{title} ({rules}): {', '.join(said)}", indent="    "))
    return "\n".join(lines)


def _own(
    folder: Path, traces: Sequence[Path]
) -> tuple[list[recordings.Recording], list[own_recordings.Refused]]:
    """The recordings of a folder that fit, and those that do not."""
    try:
        held = list(own_recordings.load_folder(folder, traces))
    except (recordings.RecordingError, OSError) as error:
        raise Refused(str(error)) from None
    refused = [one for one in held if isinstance(one, own_recordings.Refused)]
    return [one for one in held if isinstance(one, recordings.Recording)], refused


def _recorded_anew(
    found: list[recordings.Recording], pattern: str, rules: str | None
) -> list[recordings.Recording]:
    """The recordings that match, recorded again."""
    wanted = [r for r in found if fits(r, pattern, rules or "")]
    try:
        return record_anew(wanted, lambda said: click.echo(said, err=True))
    except RecorderError as error:
        raise click.ClickException(str(error)) from None


@click.command()
@click.argument("raw", type=File, nargs=-1, required=True)
@click.option(
    "--out",
    type=Here(file_okay=False, path_type=Path),
    required=True,
    help="Folder for the tables; those that are there are replaced, unless --add.",
)
@click.option("--add", is_flag=True, help="Add to the tables that are there.")
def convert(raw: tuple[Path, ...], out: Path, add: bool) -> None:
    """Turn RAW recordings (the recorder's text) into the tables that `groundtruth` reads."""
    try:
        count = recordings.convert(list(raw), out, add)
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None
    click.echo(f"{count} recorded scenarios written to {out}")
