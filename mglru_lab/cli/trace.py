"""The commands `trace record`, `trace info`, `trace convert`: traces of pages."""

import shlex
from pathlib import Path

import click

from mglru_lab.cli.options import File, Here, Refused
from mglru_lab.cli.tables import text
from mglru_lab.recorder import pagetrace
from mglru_lab.recorder.tools import RecorderError
from mglru_lab.scenario.traces import formats
from mglru_lab.scenario.traces.columns import ROLES
from mglru_lab.scenario.traces.damo import by_pages
from mglru_lab.scenario.traces.facts import TraceFacts
from mglru_lab.scenario.traces.quanta import QUANTUM

_quantum = click.option(
    "--quantum",
    type=click.IntRange(min=1),
    default=QUANTUM,
    show_default=True,
    help="Accesses per quantum, for formats without time.",
)
_form = click.option(
    "--from",
    "form",
    type=click.Choice(list(formats.READERS)),
    help="Format.  [default: by the file's name]",
)
_columns = click.option(
    "--columns",
    default="",
    metavar="ROLE=COLUMN,...",
    help=f"CSV: which column is what, by name or number from 1. Roles: {', '.join(ROLES)}; "
    "t=2/1000 divides the time.",
)
Out = Here(dir_okay=False, path_type=Path)


@click.group()
def trace() -> None:
    """Bring your own trace: record a program, describe a trace, convert it."""


@trace.command("record", context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--out", type=Out, default="trace.parquet", show_default=True, help="File to write.")
@click.option(
    "--how", type=click.Choice(pagetrace.HOW), help="Tool.  [default: qemu, if installed]"
)
@_quantum
def record(command: tuple[str, ...], out: Path, how: str | None, quantum: int) -> None:
    """Run COMMAND (after --) in user-mode emulation and write which pages it touches.

    Needs neither root nor /dev/kvm. Counts data accesses of the process and its threads, not of
    programs that it starts.
    """
    try:
        out_form = formats.form_of(out)
        table, code = pagetrace.record(command, how or "", quantum)
        formats.write(table, out, out_form)
    except (RecorderError, ValueError, OSError) as error:
        raise Refused(str(error)) from None
    if code:
        click.echo(f"{shlex.join(command)}: exit code {code}", err=True)
    click.echo(text(TraceFacts(table).summary))
    click.echo(f"written to {out}")


@trace.command("info")
@click.argument("file", type=File)
@_form
@_columns
@_quantum
@click.option("--page", type=Out, help="Also write its charts as an HTML page.")
def info(file: Path, form: str | None, columns: str, quantum: int, page: Path | None) -> None:
    """Describe a trace: footprint, working set over time, reuse."""
    try:
        loaded = formats.load(file, form or "", quantum=quantum, columns=columns)
    except ValueError as error:
        raise Refused(str(error)) from None
    _tell(loaded)
    facts = TraceFacts(loaded.table)
    click.echo(text(facts.summary))
    click.echo(text(facts.reuse.with_columns(facts.reuse["share"].round(4))))
    if page is None:
        return
    from mglru_lab.paths import NOTEBOOKS
    from mglru_lab.show.report.report import ReportError, render

    values: dict[str, object] = {
        "trace": str(file.absolute()),
        "format": form or "",
        "columns": columns,
        "quantum": quantum,
    }
    try:
        click.echo(render(NOTEBOOKS / "07_your_trace.ipynb", page, values, click.echo))
    except (ValueError, ReportError) as error:
        raise click.ClickException(str(error)) from None


def _tell(loaded: formats.Loaded) -> None:
    for note in loaded.notes:
        click.echo(f"Note: {note}.", err=True)


@trace.command("convert")
@click.argument("file", type=File)
@click.argument("out", type=Out)
@_form
@click.option(
    "--to", type=click.Choice(list(formats.WRITERS)), help="Format.  [default: by the file's name]"
)
@_columns
@_quantum
def convert(
    file: Path, out: Path, form: str | None, to: str | None, columns: str, quantum: int
) -> None:
    """Convert FILE to OUT, between the formats that --from and --to list."""
    try:
        loaded = formats.load(file, form or "", quantum=quantum, columns=columns)
        table = by_pages(file, loaded.table)
        formats.write(table, out, to or "")
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None
    _tell(loaded)
    click.echo(f"{table.height} touches of {table['page'].n_unique()} pages written to {out}")
