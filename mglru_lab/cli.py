"""The command `mglru-lab`."""

import json
import sys
from pathlib import Path

import click
import polars as pl

from mglru_lab import (
    cli_bench,
    cli_host,
    cli_price,
    cli_record,
    cli_report,
    cli_sweep,
    cli_thread,
    cli_trace,
)
from mglru_lab.cli_errors import Told
from mglru_lab.cli_options import File, Folder, Refused, tell_of_compiling
from mglru_lab.files import whole
from mglru_lab.kernel.kernel import Kernel
from mglru_lab.kernel.mmu import DEFAULT_MMU, MMUS
from mglru_lab.lab import first_difference as first_differences
from mglru_lab.lab import groundtruth as truth
from mglru_lab.lab import recordings, truthtable
from mglru_lab.lab import search as searches
from mglru_lab.lab.anew import record_anew
from mglru_lab.lab.machine import OutOfMemory
from mglru_lab.lab.progress import counted
from mglru_lab.lab.run import Run, run
from mglru_lab.recorder.tools import RecorderError
from mglru_lab.scenario.language import Scenario


@click.group(cls=Told, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mglru-lab")
def main() -> None:
    """Linux's Multi-Gen LRU with a secondary MMU: run scenarios, compare with kernels, report."""


def as_json(result: Run) -> str:
    """The run as one JSON object, page maps written as the recorder of real kernels writes them."""
    dumps: dict[str, dict[str, object]] = {}
    for label, snapshot in result.snapshots.items():
        if not snapshot.maps:
            continue
        maps = [recordings.contract_map(letters.tobytes().decode()) for letters in snapshot.maps]
        sizes = result.generations.filter(pl.col("dump") == label).drop("dump").to_dicts()
        dumps[label] = dict(zip(("map", "mapg"), maps, strict=False)) | {"generations": sizes}
    misses = None
    if result.misses is not None:
        misses = [[int(bit), int(count)] for bit, count in _runs(result.misses.tobytes())]
    return json.dumps(
        {
            "kernel": result.kernel.name,
            "enabled": result.kernel.reads_back(result.enabled),
            "dumps": dumps,
            "stats": {label: snapshot.counters for label, snapshot in result.snapshots.items()},
            "misses": misses,
        }
    )


def _runs(bits: bytes) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for bit in bits:
        if runs and runs[-1][0] == bit:
            runs[-1] = bit, runs[-1][1] + 1
        else:
            runs.append((bit, 1))
    return runs


def as_table(result: Run) -> str:
    """The run as text: per label sizes and the counters that moved, then what was spent."""
    lines = [f"kernel {result.kernel.name}, enabled {result.kernel.reads_back(result.enabled)}"]
    before: dict[str, int] = {}
    for label, snapshot in result.snapshots.items():
        lines += ["", label, "  generation (distance): pages"]
        lines += [
            f"  {seq:10d} ({snapshot.max_seq - seq}): {pages}"
            for seq, pages in enumerate(snapshot.sizes, start=snapshot.min_seq)
        ]
        for letters, name in zip(snapshot.maps, ("pages", "guest pages"), strict=False):
            runs = recordings.contract_map(letters.tobytes().decode())
            lines.append(f"  {name}: {runs if len(runs) < 300 else runs[:300] + ' ...'}")
        moved = {
            name: count for name, count in snapshot.counters.items() if count != before.get(name, 0)
        }
        lines.append(
            "  since the label before: " + (", ".join(f"{k} {n}" for k, n in moved.items()) or "-")
        )
        before = snapshot.counters
    answers = result.debugfs.rows()
    lines += [f"line {line}: {name}: {answer}" for line, name, answer in answers if answer != "ok"]
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        lines += ["", "what was spent", str(result.events.filter(pl.col("count") > 0))]
    return "\n".join(lines)


@main.command("run")
@click.argument("scenario", type=File)
@click.option(
    "--kernel",
    default="6.12",
    show_default=True,
    help="VARIANT[/READING][+kconfig][:LOOK_AROUND][@RULES], such as v4/code+kconfig.",
)
@click.option("--mmu", type=click.Choice(list(MMUS)), default=DEFAULT_MMU, show_default=True)
@click.option(
    "--traces", type=Folder, multiple=True, help="Folder in which traces are looked up first."
)
@click.option("--json", "json_", is_flag=True, help="Print one JSON object instead of a table.")
def run_command(
    scenario: Path, kernel: str, mmu: str, traces: tuple[Path, ...], json_: bool
) -> None:
    """Run the SCENARIO (a .scn file) on the model of a kernel."""
    tell_of_compiling()
    try:
        result = run(Scenario.read(scenario), Kernel.parse(kernel, mmu=mmu), traces=traces)
    except OutOfMemory as error:
        raise click.ClickException(str(error)) from None
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None
    click.echo(as_json(result) if json_ else as_table(result))


for command in (
    cli_thread.decide,
    cli_thread.selftest,
    cli_thread.compare,
    cli_record.record_command,
    cli_price.prices_command,
    cli_price.contention_command,
    cli_price.threshold_command,
    cli_price.advise_command,
    cli_report.report,
    cli_host.host,
    cli_trace.trace,
    cli_bench.bench,
    cli_sweep.sweep_command,
):
    main.add_command(command)


MARKS = ("<!-- groundtruth -->\n", "<!-- /groundtruth -->\n")


@main.command()
@click.argument("pattern", default="*")
@click.option(
    "--kernel", "rules", type=click.Choice(["6.1", "6.12"]), help="Only this kernel's recordings."
)
@click.option("--readme", type=File, help="Put the summary table between this file's marks.")
@click.option("--search", is_flag=True, help="Search anew for what the recorder did; keep it.")
@click.option("--quiet", is_flag=True, help="Print only recordings that differ, and the table.")
@click.option(
    "--first-difference",
    metavar="SCENARIO",
    help="Say where model and kernel part in this recorded scenario, and the state there.",
)
@click.option(
    "--record", "anew", is_flag=True, help="Record the scenarios anew, and compare those."
)
def groundtruth(
    pattern: str,
    rules: str | None,
    readme: Path | None,
    search: bool,
    quiet: bool,
    first_difference: str | None,
    anew: bool,
) -> None:
    """Compare the model with the recordings whose scenario's name fits PATTERN (a glob)."""
    tell_of_compiling()
    comparisons = []
    known = searches.load()
    improve = searches.improve if search else None
    found = recordings.load()
    if first_difference:
        pattern = first_difference
    if anew:
        found = _recorded_anew(found, pattern, rules)
    found = [recording for recording in found if truth.fits(recording, pattern, rules or "")]
    compared = counted(
        truth.compare_all(found, known=known, improve=improve), len(found), "recording"
    )
    if first_difference:
        parted = list(compared)
        if not parted:
            raise click.ClickException(f"no recorded scenario is named {pattern!r}")
        click.echo("\n".join(map(first_differences.describe, parted)))
        return
    for comparison in compared:
        comparisons.append(comparison)
        if not quiet or not comparison.equal:
            click.echo(truthtable.line(comparison))
    if not comparisons:
        raise click.ClickException(f"no recorded scenario fits {pattern!r}")
    if search:
        searches.keep(comparisons, known)
    table = truthtable.markdown(comparisons)
    click.echo(f"\n{table}")
    if readme:
        text = readme.read_text()
        try:
            head, rest = text.split(MARKS[0])
            tail = rest.split(MARKS[1])[1]
        except (ValueError, IndexError):
            raise click.ClickException(f"{readme}: the marks {MARKS} are not there once") from None
        with whole(readme) as partial:
            partial.write_text(head + MARKS[0] + table + MARKS[1] + tail)
    failed = [comparison for comparison in comparisons if comparison.failed]
    if failed:
        click.echo(
            "Differences where there must be none:\n" + "\n".join(map(truthtable.line, failed))
        )
        sys.exit(1)


def _recorded_anew(
    found: list[recordings.Recording], pattern: str, rules: str | None
) -> list[recordings.Recording]:
    """The recordings that fit, recorded once more."""
    wanted = [r for r in found if truth.fits(r, pattern, rules or "")]
    try:
        return record_anew(wanted, lambda line: click.echo(line, err=True))
    except RecorderError as error:
        raise click.ClickException(str(error)) from None


@main.command()
@click.argument("raw", type=File, nargs=-1, required=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=recordings.FOLDER)
@click.option("--add", is_flag=True, help="Keep what the tables hold of other files.")
def convert(raw: tuple[Path, ...], out: Path, add: bool) -> None:
    """Turn RAW recordings (the recorder's text) into the tables that `groundtruth` reads."""
    try:
        count = recordings.convert(list(raw), out, add)
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None
    click.echo(f"{count} recorded scenarios written to {out}")
