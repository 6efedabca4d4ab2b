"""The commands `kernel list` and `kernel config`: which kernels can be recorded, what they need."""

import click
import polars as pl

from mglru_lab.cli.tables import text
from mglru_lab.recorder.kernels import TABLE


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
