"""The command `mglru-lab` and its commands."""

import click

from mglru_lab import __version__
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
from mglru_lab.cli.errors import OneLineErrors


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mglru-lab")
def main() -> None:
    """A model of Linux's Multi-Gen LRU with KVM's secondary MMU: run, compare, price, report."""


for command in (
    run.run_command,
    run.scenario_group,
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
    report.lab,
    host.host,
    trace.trace,
    bench.bench,
    sweep.sweep_command,
):
    main.add_command(command)
