"""The commands `run`, a scenario on the model of a kernel, and `scenario`: some to start from."""

import json
from pathlib import Path

import click
import polars as pl

from mglru_lab.cli.options import (
    Here,
    Refused,
    ScenarioFile,
    mmu_option,
    tell_of_compiling,
    traces_option,
)
from mglru_lab.cli.tables import items, paragraph, text
from mglru_lab.files import whole
from mglru_lab.lab.run.machine import OutOfMemory
from mglru_lab.lab.run.run import Run, run
from mglru_lab.lab.run.snapshot import LETTERS
from mglru_lab.lab.truth import recordings
from mglru_lab.policy.comparable import notes, stands_for
from mglru_lab.policy.kernel import NAME, Kernel
from mglru_lab.scenario import examples
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
            "limit": result.limit,
            "capacity": result.capacity,
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


DIFFER = {"+": "differing pages"}
"""A letter that stands for several pages, where they differ."""
STRIP, ROWS = 64, 16
"""Letters per line of a page map, and the most lines."""


def strip(letters: str) -> list[str]:
    """A page map in up to ROWS lines; beyond that a letter stands for several pages."""
    each = -(-len(letters) // (STRIP * ROWS))
    cells = [letters[at : at + each] for at in range(0, len(letters), each)]
    shown = "".join(cell[0] if len(set(cell)) == 1 else "+" for cell in cells)
    return [f"{at * each:>8}  {shown[at : at + STRIP]}" for at in range(0, len(shown), STRIP)] + (
        [f"          (each letter: {each} pages)"] if each > 1 else []
    )


def as_table(result: Run) -> str:
    """The run as text: per label sizes and the counters that moved, then what was spent."""
    lines = [f"kernel {result.kernel.name}, enabled {result.kernel.reads_back(result.enabled)}"]
    lines += [paragraph(result.limit_note)] * bool(result.limit_note)
    before: dict[str, int] = {}
    seen: set[str] = set()
    for label, snapshot in result.snapshots.items():
        lines += ["", label, "  generation (distance): pages"]
        lines += [
            f"  {seq:10d} ({snapshot.max_seq - seq}): {pages}"
            for seq, pages in enumerate(snapshot.sizes, start=snapshot.min_seq)
        ]
        for letters, name in zip(snapshot.maps, ("pages", "guest pages"), strict=False):
            rows = strip(letters.tobytes().decode())
            seen.update(*(row[10:] for row in rows))
            lines += [f"  {name}", *rows]
        moved = {
            name: count for name, count in snapshot.counters.items() if count != before.get(name, 0)
        }
        counted = ", ".join(f"{name} {count}" for name, count in moved.items()) or "-"
        lines.append(paragraph(f"  since the previous label: {counted}", indent="    "))
        before = snapshot.counters
    legend = [f"{letter} {says}" for letter, says in (LETTERS | DIFFER).items() if letter in seen]
    if legend:
        lines += ["", paragraph(f"letters of pages: {', '.join(legend)}", indent="  ")]
    answers = result.debugfs.rows()
    lines += [f"line {line}: {name}: {answer}" for line, name, answer in answers if answer != "ok"]
    lines += ["", "what was spent", text(result.events.filter(pl.col("count") > 0), keys=4)]
    return "\n".join(lines)


@click.command("run")
@click.argument("scenario", type=ScenarioFile())
@click.option(
    "--kernel",
    default="6.12",
    show_default=True,
    help=f"{NAME}, such as v4/code+kconfig, or a Linux release, such as 6.6.",
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
    if json_:
        click.echo(as_json(result))
        return
    for said in [*stands_for([kernel]), *notes([result.kernel])]:
        click.echo(paragraph(said))
    click.echo(as_table(result))


class Example(click.ParamType[str]):
    """The name of an example."""

    name = "name"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The name without its ending; fails for what is no example."""
        try:
            return examples.path_of(str(value)).stem
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group("scenario")
def scenario_group() -> None:
    """Scenarios to start from: list them, show one, or begin a file of your own."""


@scenario_group.command("list")
def list_command() -> None:
    """List the examples; `run`, `compare` and `threshold` take their names."""
    names = examples.names()
    titles = [examples.title(name) for name in names]
    click.echo(items(pl.DataFrame({"scenario": names, "what it is": titles})))


@scenario_group.command()
@click.argument("name", type=Example())
def show(name: str) -> None:
    """Print the example NAME."""
    click.echo(examples.path_of(name).read_text(encoding="utf-8"), nl=False)


@scenario_group.command()
@click.argument("file", type=Here(dir_okay=False, path_type=Path))
@click.option(
    "--like", "name", type=Example(), default="smallest", show_default=True, help="Which example."
)
def new(file: Path, name: str) -> None:
    """Write a copy of an example to FILE, to be changed; no file is overwritten."""
    if not file.suffix:
        file = file.with_suffix(".scn")
    if file.exists():
        raise Refused(f"{file} exists; name another file, or remove it")
    with whole(file) as part:
        part.write_text(examples.path_of(name).read_text(encoding="utf-8"), encoding="utf-8")
    click.echo(paragraph(f"{file}: {examples.title(name)} Run it: mglru-lab run {file}"))
