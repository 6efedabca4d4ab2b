"""The command `sweep`: a grid of runs on this machine's cores, or on a cluster's."""

import sys
from pathlib import Path

import click

from mglru_lab.cli.options import File, Here, Refused, tell_of_compiling
from mglru_lab.lab.sweep.folder import SweepError, finished
from mglru_lab.lab.sweep.grid import Grid
from mglru_lab.lab.sweep.sweep import sweep
from mglru_lab.lab.sweep.workers import NoExecutor, Unguarded

SHOWN = 5
"""Failed cells that are printed; the folder has them all."""


@click.command("sweep")
@click.argument("file", metavar="SWEEP.toml", type=File)
@click.option(
    "--out",
    type=Here(file_okay=False, path_type=Path),
    required=True,
    help="Folder for the finished cells; those already there are kept.",
)
@click.option("--workers", type=click.IntRange(1, 1024), help="Processes.  [default: one per core]")
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Run the cells on this Dask cluster, such as tcp://host:8786.",
)
def sweep_command(file: Path, out: Path, workers: int | None, scheduler: str | None) -> None:
    """Run every combination of the parameters in SWEEP.toml; write one Parquet file per run.

    A line in SWEEP.toml is `NAME = VALUE`, `NAME = [VALUE, ...]` or `NAME = {from = 1, to = 9}`.
    Names: kernel, mmu, enabled; workload, seed, pages, length, memory, swappiness. Instead of a
    workload, scenario = "FILE.scn" with any parameters that appear in it as $NAME. After an
    interruption the same command continues. Exit code 1 if a run failed; its row has the error.
    """
    if workers and scheduler:
        raise click.UsageError("--workers is for this machine, --scheduler for others")
    try:
        grid = Grid.of(file)
        cells = {cell.key for cell in grid.cells}
        before = len(cells & finished(out)) if out.is_dir() else 0
        if not scheduler and before < len(cells):
            tell_of_compiling()
        done = sweep(grid, scheduler, out=out, workers=workers)
        failed = done.failed
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None
    except (SweepError, NoExecutor, Unguarded) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        kept = len(cells & finished(out))
        click.echo(f"{kept} of {len(cells)} cells are kept; the same command continues", err=True)
        sys.exit(130)
    were = f", {before} of them from before" if before else ""
    click.echo(f"{len(cells)} cells in {out}{were}")
    for row in failed.head(SHOWN).iter_rows(named=True):
        reason = row.pop("error")
        swept = ", ".join(f"{name} {v}" for name, v in row.items() if name in grid.swept)
        click.echo(f"failed: {swept or 'the only cell'}: {reason}", err=True)
    if failed.height > SHOWN:
        click.echo(f"failed: {failed.height - SHOWN} more", err=True)
    if failed.height:
        sys.exit(1)
