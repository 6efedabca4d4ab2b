"""The commands `host snapshot`, `host watch`, `host report`: a real machine's MGLRU."""

import time
from collections.abc import Sequence
from pathlib import Path

import click
import polars as pl

from mglru_lab.cli.options import Folder, Here, Refused, tell_of_compiling
from mglru_lab.cli.tables import text
from mglru_lab.lab.host import memcgs, snapshots, what_if
from mglru_lab.lab.host.host import Host
from mglru_lab.lab.host.host_files import LIVE
from mglru_lab.lab.host.nearest_kernel import in_words, kernel_of
from mglru_lab.lab.host.snapshots import History
from mglru_lab.show.host import prose

SHOWN = 20
"""Memcgs that are listed; the others are counted."""
_root = click.option(
    "--root",
    type=Folder,
    default=LIVE,
    show_default=True,
    help="Read the files below this folder, such as a copy of another machine's.",
)


@click.group()
def host() -> None:
    """Look at a real machine: which kernel rules it follows, what its generations hold."""


@host.command("snapshot")
@_root
@click.option("--memcg", default="", help="Only this one: its path or number.")
@click.option("--out", type=Here(path_type=Path), help="Also copy the files into this new folder.")
def snapshot(root: Path, memcg: str, out: Path | None) -> None:
    """Describe this machine now; as root, also what its generations hold.

    Where there are many memcgs, the largest are shown. Exit code 2 where no generation could be
    read; nothing is kept then.
    """
    try:
        found = Host.read(root)
        click.echo(in_words(found))
        if found.generations.is_empty():
            _without_root(found)
            raise Refused(found.why_no_generations())
        click.echo(_table(found, memcg))
        _tell_flaws(found.flaws)
        if out:
            out.parent.mkdir(parents=True, exist_ok=True)
            found.write(out)
            click.echo(f"kept in {out}")
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None


def _table(found: Host, memcg: str) -> str:
    """Every generation of a few memcgs or of the chosen one; the largest of many."""
    rows = memcgs.chosen(found, memcg) if memcg else found.generations
    if rows.is_empty():
        names = ", ".join(memcgs.overview(found)["path"].head(8).to_list())
        raise ValueError(f"memcg {memcg!r}: there is none; the largest are {names}")
    number = pl.col("memcg").cast(pl.String)  # as --memcg takes it, without commas
    if memcg or rows["entry"].n_unique() <= SHOWN:
        return text(rows.sort("entry", "node", "seq").drop("entry").with_columns(number))
    every = memcgs.overview(found)
    sums = pl.concat([every.head(SHOWN), memcgs.total(every)]).with_columns(number.fill_null("all"))
    more = every.height - SHOWN
    return (
        f"{text(sums)}\n(pages; idle: two generations behind the youngest, or more; {more:,} "
        "smaller memcgs are not shown; --memcg PATH shows one)"
    )


def _without_root(found: Host) -> None:
    known = found.without_root()
    if known.height:
        click.echo("\nWhat everybody may read (pages of the machine, /proc/vmstat):\n")
        click.echo(text(known))


def _tell_flaws(flaws: Sequence[str]) -> None:
    for flaw in flaws[: prose.SHOWN]:
        click.echo(f"Not read: {flaw}", err=True)
    if len(flaws) > prose.SHOWN:
        click.echo(f"Not read: {len(flaws) - prose.SHOWN} more", err=True)


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
    type=Here(file_okay=False, path_type=Path),
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
    "--memcg", default="", help="Its path or number.  [default: the one with the most pages]"
)
@click.option(
    "--used", default=0.5, show_default=True, help="Share of its pages that a guest uses."
)
@click.option(
    "--page", type=Here(dir_okay=False, path_type=Path), help="Also write the page as HTML."
)
def report(folder: Path, memcg: str, used: float, page: Path | None) -> None:
    """Summarize the snapshots in FOLDER, and ask the model a what-if.

    Shows the kernel rules, generations over time, and what would happen if a guest used part of
    the memcg, on the model of this host's kernel, MMU and KVM. Exit code 2 where no snapshot has
    generations.
    """
    try:
        found = snapshots.history(folder)
        click.echo(in_words(found[-1]))
        if found[-1].is_off:
            _counted(found, memcg or "/")
            return
        if not any(host.generations.height for host in found):
            _without_root(found[-1])
        found = found.usable
        path = memcg or memcgs.largest(found[-1])
        table = memcgs.over_time(found, path)
        _tell_flaws(found.flaws)
        click.echo(f"\n{len(found)} snapshots, the last one {_moment(found[-1])}; memcg {path}:\n")
        click.echo(text(table))
        _counted(found, path)
        _what_if(found[-1], memcgs.most_pages(table), used)
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None
    if page is not None:
        _page(folder, memcg, used, page)


def _moment(last: Host) -> str:
    if not last.taken:
        return "of an unknown time (it has no file `taken`)"
    return time.strftime("of %Y-%m-%d %H:%M:%S UTC", time.gmtime(last.taken))


def _counted(found: History, path: str) -> None:
    """What reclaim counted, and why a column is empty."""
    counted = snapshots.moved(found, path)
    for why in snapshots.began_anew(found, path):
        click.echo(f"\n{why}")
    if counted.height:
        click.echo("\nWhat reclaim counted from the first snapshot to the last (pages):\n")
        click.echo(text(counted))


def _what_if(last: Host, pages: int, used: float) -> None:
    if not pages:
        click.echo("\nThis memcg has no pages: nothing to ask what-if about.")
        return
    tell_of_compiling()
    asked = what_if.of_host(last, pages, used)
    click.echo(f"\n{prose.whose_what_if(last, kernel_of(last))}, if a guest used {used:g} of such")
    click.echo("a memcg's pages:\n")
    click.echo(text(asked))


def _page(folder: Path, memcg: str, used: float, page: Path) -> None:
    from mglru_lab.paths import NOTEBOOKS
    from mglru_lab.show.report.report import ReportError, render

    values = {"host": str(folder.absolute()), "memcg": memcg, "used": used}
    try:
        click.echo(render(NOTEBOOKS / "08_your_host.ipynb", page, values, click.echo))
    except (ValueError, ReportError) as error:
        raise click.ClickException(str(error)) from None
