"""The commands `kernel list`, `config` and `check`: real kernels, one of them under a check."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl

from mglru_lab.cli.options import File, Refused, ended_by_sigterm, tell_of_compiling
from mglru_lab.cli.tables import text
from mglru_lab.files import whole as whole_file
from mglru_lab.recorder.kconfig import fragment
from mglru_lab.recorder.kernels import TABLE, named
from mglru_lab.recorder.tools import RecorderError

if TYPE_CHECKING:
    from mglru_lab.lab.check.check_report import Report


SHOWN = 3
"""First differences that a terminal shows."""
MARKS = ("<!-- matrix -->\n", "<!-- /matrix -->\n")


@click.group()
def kernel() -> None:
    """Real kernels: which there are by name, and what one of your own needs."""


@kernel.command("list")
def list_command() -> None:
    """List the kernels that `record --kernel` takes by name."""
    columns = {
        "kernel": [series.name for series in TABLE],
        "rules": [series.rules for series in TABLE],
        "Debian suite": [", ".join(series.suites) for series in TABLE],
        "packages": [series.shape for series in TABLE],
        "recorded": [series.recorded for series in TABLE],
        "what": [series.scenarios for series in TABLE],
    }
    click.echo(text(pl.DataFrame(columns)))


@kernel.command("config")
def config_command() -> None:
    """Print the Kconfig fragment that a kernel of your own needs, for merge_config.sh."""
    click.echo(fragment(), nl=False)


@kernel.command("check")
@click.argument("name", metavar="KERNEL")
@click.option(
    "--against",
    metavar="KERNEL",
    help="A second kernel, run the same way: what differs. model:6.12 is the model by those rules.",
)
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="Also write HTML.")
@click.option("--whole", is_flag=True, help="Run more pressure: twice the scenarios.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where results are kept, one file per scenario.  [default: in the user's cache]",
)
@click.option("--timeout", default=300.0, show_default=True, help="Seconds for one boot.")
@ended_by_sigterm()
def check_command(
    name: str, against: str | None, page: Path | None, whole: bool, folder: Path | None,
    timeout: float,
) -> None:  # fmt: skip
    """Run the standard set of scenarios on KERNEL: which rules it follows, and whom it asks.

    KERNEL is what `record --kernel` takes: a name, a release, or your own. Results are kept: a
    check that was stopped goes on where it was.
    """
    from mglru_lab.lab.check.make import make
    from mglru_lab.lab.check.standard import small_set, whole_set
    from mglru_lab.show.check.page import html

    tell_of_compiling()
    try:
        report = make(
            name, against, whole_set() if whole else small_set(),
            lambda line: click.echo(line, err=True), folder=folder, timeout=timeout,
        )  # fmt: skip
        if page:
            page.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(page) as partial:
                partial.write_text(html(report), encoding="utf-8")
    except (RecorderError, ValueError, OSError) as error:
        raise Refused(str(error)) from None
    click.echo(as_text(report))
    if page:
        click.echo(f"\n{page.absolute()}")


@kernel.command("matrix")
@click.argument("patterns", metavar="[KERNELS]", default="*,*arm64")
@click.option("--write", type=File, help="Write the table into this file, between its marks.")
@click.option("--whole", is_flag=True, help="Run more pressure: twice the scenarios.")
@ended_by_sigterm()
def matrix_command(patterns: str, write: Path | None, whole: bool) -> None:
    """Check every listed kernel, one row each; an hour or more, results are kept.

    KERNELS are names and patterns by commas, such as '6.1*,7.3'.
    """
    from mglru_lab.lab.check import matrix
    from mglru_lab.lab.check.make import make
    from mglru_lab.lab.check.standard import small_set, whole_set

    def tell(line: str) -> None:
        click.echo(line, err=True)

    try:
        names = named(patterns)
        marked = write.read_text(encoding="utf-8") if write else ""
        if write and [marked.count(mark) for mark in MARKS] != [1, 1]:
            raise ValueError(f"{write}: the marks {MARKS} must be there once")
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None
    tell_of_compiling()
    scenarios = whole_set() if whole else small_set()
    found = matrix.rows(names, lambda name: make(name, None, scenarios, tell), tell)
    table = matrix.markdown(found)
    click.echo(table)
    if write:
        head, rest = marked.split(MARKS[0])
        with whole_file(write) as partial:
            text_ = head + MARKS[0] + table + MARKS[1] + rest.split(MARKS[1])[1]
            partial.write_text(text_, encoding="utf-8")


def as_text(report: "Report") -> str:
    """What a check found, for a terminal."""
    from mglru_lab.show.check import prose

    parts = [prose.ran(report), prose.nearest(report), text(report.by_family)]
    differences = list(report.first_differences().values())
    parts += [text(report.by_scenario), *differences[:SHOWN]]
    if len(differences) > SHOWN:
        parts.append(f"({len(differences) - SHOWN} more scenarios differ; --page shows where.)")
    parts += [prose.who_asks(question) for question in report.questions]
    parts += [prose.host_and_guest(report)]
    if report.changes is not None:
        parts += [prose.against(report), text(report.by_change), text(report.by_map)]
    return "\n\n".join(filter(None, parts))
