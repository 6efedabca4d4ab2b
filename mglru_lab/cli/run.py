"""The command `run`: a scenario on the model of a kernel."""

import json
from pathlib import Path

import click
import polars as pl

from mglru_lab.cli.options import File, Refused, mmu_option, tell_of_compiling, traces_option
from mglru_lab.lab.run.machine import OutOfMemory
from mglru_lab.lab.run.run import Run, run
from mglru_lab.lab.truth import recordings
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario


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
            "  since the previous label: "
            + (", ".join(f"{k} {n}" for k, n in moved.items()) or "-")
        )
        before = snapshot.counters
    answers = result.debugfs.rows()
    lines += [f"line {line}: {name}: {answer}" for line, name, answer in answers if answer != "ok"]
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        lines += ["", "what was spent", str(result.events.filter(pl.col("count") > 0))]
    return "\n".join(lines)


@click.command("run")
@click.argument("scenario", type=File)
@click.option(
    "--kernel",
    default="6.12",
    show_default=True,
    help="VARIANT[/READING][+kconfig][:LOOK_AROUND][@RULES], such as v4/code+kconfig.",
)
@mmu_option
@traces_option
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
