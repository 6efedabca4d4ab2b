"""The commands `host snapshot`, `host watch`, `host report`: a real machine's MGLRU."""

import time
from pathlib import Path

import click

from mglru_lab.cli.options import Folder, Refused, tell_of_compiling
from mglru_lab.cli.tables import text
from mglru_lab.lab.host import snapshots
from mglru_lab.lab.host.what_if import in_use_by_a_guest

_root = click.option(
    "--root",
    type=Folder,
    default=Path("/"),
    show_default=True,
    help="Read the files below this folder, such as a copy of another machine's.",
)


@click.group()
def host() -> None:
    """Look at a real machine: which kernel rules it follows, what its generations hold."""


@host.command("snapshot")
@_root
@click.option(
    "--out", type=click.Path(path_type=Path), help="Also copy the files into this new folder."
)
def snapshot(root: Path, out: Path | None) -> None:
    """Describe this machine now; as root, also what its generations hold."""
    try:
        found = snapshots.Host.read(root)
        click.echo(found.verdict())
        if found.generations.is_empty():
            click.echo(
                f"/{snapshots.LRU_GEN} is missing: debugfs must be mounted, and only root may "
                "read it"
            )
        else:
            click.echo(text(found.generations.drop("memcg").sort("path", "node", "seq")))
        if out:
            out.parent.mkdir(parents=True, exist_ok=True)
            found.write(out)
            click.echo(f"kept in {out}")
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None


@host.command("watch")
@_root
@click.option(
    "--every", type=click.FloatRange(min=0), default=10.0, show_default=True, help="Seconds."
)
@click.option(
    "--count", type=click.IntRange(min=1), default=30, show_default=True, help="Of snapshots."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for the snapshots.",
)
def watch(root: Path, every: float, count: int, out: Path) -> None:
    """Take snapshots at intervals; `host report` shows them."""
    try:
        snapshots.watch(root, out, every, count, click.echo)
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None


@host.command("report")
@click.argument("folder", type=Folder)
@click.option(
    "--memcg", default="", help="Path of the memcg to show.  [default: the one with the most pages]"
)
@click.option(
    "--used", default=0.5, show_default=True, help="Share of its pages that a guest uses."
)
@click.option(
    "--page", type=click.Path(dir_okay=False, path_type=Path), help="Also write the page as HTML."
)
def report(folder: Path, memcg: str, used: float, page: Path | None) -> None:
    """Summarize the snapshots in FOLDER, and ask the model a what-if.

    Shows the kernel rules, generations over time, and what would happen if a guest used part of
    the memcg.
    """
    tell_of_compiling()
    try:
        found = snapshots.history(folder)
        path = memcg or snapshots.largest(found[-1])
        table = snapshots.over_time(found, path)
        pages = snapshots.most_pages(table)
        counted = snapshots.moved(found, path)
        what_if = in_use_by_a_guest(pages, used, ["6.1", "6.12"])
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None
    click.echo(found[-1].verdict())
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(found[-1].taken))
    click.echo(f"\n{len(found)} snapshots, the last one of {moment} UTC; memcg {path}:\n")
    click.echo(text(table))
    if counted.height:
        click.echo("\nWhat reclaim counted from the first snapshot to the last (pages):\n")
        click.echo(text(counted))
    click.echo(f"\nIf a guest used {used:g} of such a memcg's pages:\n")
    click.echo(text(what_if))
    if page is None:
        return
    from mglru_lab.paths import NOTEBOOKS
    from mglru_lab.show.report.report import ReportError, render

    values = {"host": str(folder.absolute()), "memcg": memcg, "used": used}
    try:
        click.echo(render(NOTEBOOKS / "08_your_host.ipynb", page, values, click.echo))
    except (ValueError, ReportError) as error:
        raise click.ClickException(str(error)) from None
