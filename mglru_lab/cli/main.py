"""The command `mglru-lab` and its commands."""

import click

from mglru_lab.cli import (
    bench,
    host,
    kernel,
    price,
    record,
    report,
    run,
    sweep,
    thread,
    trace,
    truth,
)
from mglru_lab.cli.errors import Told


@click.group(cls=Told, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mglru-lab")
def main() -> None:
    """Linux's Multi-Gen LRU with a secondary MMU: run scenarios, compare with kernels, report."""


for command in (
    run.run_command,
    truth.groundtruth,
    truth.convert,
    thread.decide,
    thread.selftest,
    thread.compare,
    record.record_command,
    kernel.kernel,
    price.prices_command,
    price.contention_command,
    price.threshold_command,
    price.advise_command,
    report.report,
    host.host,
    trace.trace,
    bench.bench,
    sweep.sweep_command,
):
    main.add_command(command)
