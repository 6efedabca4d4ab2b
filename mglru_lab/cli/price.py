"""The commands about what looking costs: prices, contention, threshold, advise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import polars as pl

from mglru_lab.cli.options import ScenarioFile, kvm_option, mmu_option, rules_option, traces_option
from mglru_lab.cli.tables import items, paragraph, text
from mglru_lab.lab.price import advise as advices
from mglru_lab.lab.price import calibration, verdict
from mglru_lab.lab.price.costs import Costs
from mglru_lab.lab.price.prices import SWAP
from mglru_lab.lab.price.threshold import threshold
from mglru_lab.lab.run.machine import OutOfMemory
from mglru_lab.policy.comparable import stands_for
from mglru_lab.policy.mmu import DEFAULT_MMU
from mglru_lab.scenario.language import Scenario


class PriceValue(click.ParamType[tuple[str, float]]):
    """NAME=NS."""

    name = "NAME=NS"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """The name and its nanoseconds."""
        if isinstance(value, tuple):
            return value
        name, _, number = str(value).partition("=")
        try:
            return name, float(number)
        except ValueError:
            self.fail(f"{value!r}: allowed is NAME=NANOSECONDS, such as rmap=400", param, ctx)


def cost_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that make a `Costs`: `costs_of` turns them into it."""
    options = [
        click.option(
            "--swap",
            type=click.Choice(list(SWAP)),
            default="zram",
            show_default=True,
            help="The device that pages are swapped to.",
        ),
        click.option(
            "--vcpus",
            type=click.IntRange(0),
            default=0,
            show_default=True,
            help="vCPUs that fault meanwhile, so that locked calls wait.",
        ),
        click.option("--fault-us", type=float, help="Microseconds between two faults of a vCPU."),
        click.option(
            "--price", "prices", type=PriceValue(), multiple=True, help="Change a price: rmap=400."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def costs_of(
    swap: str,
    vcpus: int,
    fault_us: float | None,
    prices: tuple[tuple[str, float], ...],
    mmu: str = DEFAULT_MMU,
) -> Costs:
    """The prices that the options say; raises UsageError for one that is unknown."""
    try:
        return Costs.on_host(swap, vcpus, mmu, fault_us, **dict(prices))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


@click.command("prices")
@cost_options
@click.option("--csv", is_flag=True, help="Print CSV.")
def prices_command(csv: bool, **prices: Any) -> None:
    """Print the price of each event, its range, and its source."""
    table = costs_of(**prices).table()
    if csv:
        click.echo(table.write_csv(), nl=False)
        return
    for name, ns, low, high, source in table.iter_rows():
        head = f"{name:22}{ns:12,.0f} ns  ({low:,.0f} to {high:,.0f})"
        click.echo(f"{head}\n{paragraph('    ' + source, indent='    ')}")


@click.command("contention")
def contention_command() -> None:
    """Compare the contention model with every published time."""
    found = calibration.leave_one_out()
    percent = [
        (100 * (pl.col(name) / pl.col("published") - 1)).round(1).alias(f"{name} %")
        for name in ("fitted", "model", "line", "power")
    ]
    times = pl.col("published", "model").round(4)
    click.echo(
        "Published times of access_tracking_perf_test. fitted: the model, fitted to all of them.\n"
        "The others predict without the rows of that many vCPUs: the model, a line, a power law.\n"
    )
    click.echo(text(found.select("vcpus", "aging", "what", times, *percent), keys=3))
    click.echo("\nMedian relative errors of the predictions:\n")
    click.echo(text(calibration.errors(found).with_columns(pl.selectors.float().round(3))))
    click.echo("\nTables that the model was not fitted to:\n")
    held = calibration.held_out().with_columns((100 * pl.col("error")).round(1).alias("error %"))
    told = pl.format(
        "published {}, model {}, {} %; {}",
        pl.col("published").round(3),
        pl.col("model").round(3),
        "error %",
        "note",
    )
    click.echo(items(held.select("table", "row", says=told)))


@click.command("threshold")
@click.argument("scenario", type=ScenarioFile())
@click.option(
    "--asks", default="proposed", show_default=True, help="The kernel that asks while aging."
)
@click.option(
    "--instead", default="existing", show_default=True, help="The kernel to compare it with."
)
@mmu_option
@kvm_option
@rules_option
@click.option("--releases", is_flag=True, help="Each with the KVM code and rules of its release.")
@traces_option
@cost_options
def threshold_command(
    scenario: Path,
    asks: str,
    instead: str,
    mmu: str,
    kvm: str,
    rules: str,
    releases: bool,
    traces: tuple[Path, ...],
    **prices: Any,
) -> None:
    """Print up to which price per call asking while aging pays on the SCENARIO, and why.

    Two policies are compared on the same KVM code and rules, unless --releases is given.
    """
    costs = costs_of(**prices, mmu=mmu)
    try:
        found = threshold(
            Scenario.read(scenario),
            asks,
            instead,
            costs,
            mmu=mmu,
            kvm="" if releases else kvm,
            rules=rules,
            releases=releases,
            traces=traces,
        )
    except (ValueError, OutOfMemory) as error:
        raise click.UsageError(str(error)) from None
    for line in stands_for((asks, instead)):
        click.echo(paragraph(line))
    click.echo(paragraph(verdict.in_words(found)) + "\n")
    click.echo(text(found.parts.with_columns(pl.selectors.float().round(2))))
    click.echo("\nWhat asking saves in all (ms) with one price at an end of its range:\n")
    frame = found.levers.with_columns(
        pl.col("low", "ns", "high", "turns_at").round(0), pl.col("at_low", "at_high").round(2)
    )
    click.echo(text(frame.drop("decides")))


@click.command("advise")
@mmu_option
@kvm_option
@rules_option
@cost_options
@click.option("--trace", help="A trace to use instead of the workloads, such as guest.parquet.")
@click.option("--memory", default=0.5, show_default=True, help="Memory as a share of the pages.")
def advise_command(
    mmu: str, kvm: str, rules: str, trace: str | None, memory: float, **prices: Any
) -> None:
    """Print which policy and look-around rule the model would choose, and how sure it is."""
    costs = costs_of(**prices, mmu=mmu)
    try:
        found = advices.advise(mmu, costs, trace, kvm=kvm, rules=rules, memory=memory)
    except (ValueError, OutOfMemory) as error:
        raise click.UsageError(str(error)) from None
    click.echo(paragraph(advices.in_words(found)))
    click.echo("\nPercent more expensive than the best:\n")
    click.echo(text(found.totals.with_columns(pl.selectors.float().round(1))))
    if found.changes.height:
        click.echo("\nPrices that alone would change the advice, at an end of their range (ns):\n")
        click.echo(text(found.changes))
    else:
        click.echo("\nNo single price within its range would change the advice.")
