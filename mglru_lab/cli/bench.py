"""The command `bench`: how fast the model is on this machine."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from mglru_lab.cli.options import Here, Refused, tell_of_compiling
from mglru_lab.progress import bar

PARTS = ("replay", "aging", "startup", "sweep", "panel")


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--only", type=click.Choice(PARTS), help="Measure only this part.")
@click.option(
    "--quick", is_flag=True, help="Use tiny sizes, to check that it works; keep no numbers."
)
@click.option(
    "--out",
    type=Here(file_okay=False, path_type=Path),
    help="Folder for results.json, README.md and the chart.  [default: benchmarks]",
)
def bench(json_: bool, only: str | None, quick: bool, out: Path | None) -> None:
    """Measure the model's speed on this machine; takes minutes.

    Replay is measured against libCacheSim's LRU; then aging, start-up, sweeps and the panel.
    """
    from mglru_lab.bench import aging, panel, replay, results, startup, sweep

    if only in (None, "replay") and find_spec("libcachesim") is None:
        raise Refused("replay is compared with libcachesim, which is not installed: try make test")
    if only in (None, "panel"):
        _need_a_browser()
    tell_of_compiling()
    found: dict[str, Any] = {}
    others = {"aging": aging, "startup": startup, "sweep": sweep, "panel": panel}
    parts = PARTS if only is None else (only,)
    with bar(len(parts), 0, "part") as shown:
        for part in parts:
            shown.set_description(part)
            if part == "replay":
                found[part] = []
                for row in replay.measure(quick):
                    shown.clear()
                    found_so_far = f"{row['trace']}, {row['pages']} pages: {row['ratio']:.2f}"
                    click.echo(found_so_far, err=True)
                    shown.refresh()
                    found[part].append(row)
            else:
                found[part] = others[part].measure(quick)
            shown.update()
    found["machine"] = results.machine()
    click.echo(json.dumps(found) if json_ else results.tables(found))
    if out or not quick:
        results.write(found, out or Path("benchmarks"))


def _need_a_browser() -> None:
    from mglru_lab.show.report.pdf import NoBrowser, browser

    if find_spec("playwright") is None:
        raise Refused(
            "the panel is measured with playwright, which is not installed: try make test"
        )
    try:
        browser("the panel")
    except NoBrowser as error:
        raise Refused(str(error)) from None
