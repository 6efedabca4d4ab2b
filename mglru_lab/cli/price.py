"""The commands about what looking costs: prices, contention, threshold, advise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import polars as pl

from mglru_lab.cli.options import File, mmu_option, traces_option
from mglru_lab.cli.tables import text
from mglru_lab.lab.price import calibration
from mglru_lab.lab.price.advise import advise
from mglru_lab.lab.price.costs import Costs
from mglru_lab.lab.price.prices import SWAP
from mglru_lab.lab.price.threshold import threshold
from mglru_lab.lab.run.machine import OutOfMemory
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


_swap = click.option(
    "--swap",
    type=click.Choice(list(SWAP)),
    default="zram",
    show_default=True,
    help="The device that pages are swapped to.",
)


def cost_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that make a `Costs`: `costs_of` turns them into it."""
    options = [
        _swap,
        click.option(
            "--vcpus", type=click.IntRange(1), help="Price locks as if this many vCPUs contended."
        ),
        click.option(
            "--price", "prices", type=PriceValue(), multiple=True, help="Change a price: rmap=400."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def costs_of(swap: str, vcpus: int | None, prices: tuple[tuple[str, float], ...]) -> Costs:
    """The prices that the options say; raises UsageError for one that is unknown."""
    try:
        costs = Costs(swap=swap)
        costs = costs.contended(vcpus) if vcpus else costs
        return costs.but(**dict(prices))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


@click.command("prices")
@cost_options
@click.option("--csv", is_flag=True, help="Print CSV.")
def prices_command(
    swap: str, vcpus: int | None, prices: tuple[tuple[str, float], ...], csv: bool
) -> None:
    """Print the price of each event, its range, and its source."""
    table = costs_of(swap, vcpus, prices).table()
    if csv:
        click.echo(table.write_csv(), nl=False)
        return
    for name, ns, low, high, source in table.iter_rows():
        click.echo(f"{name:22}{ns:12,.0f} ns  ({low:,.0f} to {high:,.0f})  {source}")


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
    click.echo(text(found.select("vcpus", "aging", "what", times, *percent)))
    click.echo("\nMedian relative errors of the predictions:\n")
    click.echo(text(calibration.errors(found).with_columns(pl.selectors.float().round(3))))
    click.echo("\nTables that the model was not fitted to:\n")
    held = calibration.held_out().with_columns((100 * pl.col("error")).round(1).alias("error %"))
    times = pl.col("published", "model").round(3)
    click.echo(text(held.select("table", "row", times, "error %", "note")))


@click.command("threshold")
@click.argument("scenario", type=File)
@click.option(
    "--asks", default="proposed", show_default=True, help="The kernel that asks while aging."
)
@click.option(
    "--instead", default="existing", show_default=True, help="The kernel to compare it with."
)
@mmu_option
@traces_option
@cost_options
def threshold_command(
    scenario: Path,
    asks: str,
    instead: str,
    mmu: str,
    traces: tuple[Path, ...],
    swap: str,
    vcpus: int | None,
    prices: tuple[tuple[str, float], ...],
) -> None:
    """Print up to which price per call asking while aging pays on the SCENARIO, and why."""
    costs = costs_of(swap, vcpus, prices)
    try:
        found = threshold(Scenario.read(scenario), asks, instead, costs, mmu=mmu, traces=traces)
    except (ValueError, OutOfMemory) as error:
        raise click.UsageError(str(error)) from None
    each = " per call" if found.price is not None else ""
    click.echo(f"{found.asks} pays against {found.instead}: {found.verdict}{each}")
    click.echo(f"range, with every price at an end of its own: {found.range_in_words}")
    click.echo(f"calls in dispute (by walks and look-around windows): {found.calls:,}")
    paid = "costs" if found.difference < 0 else "saves"
    click.echo(
        f"with these calls at their own prices, asking {paid} "
        f"{abs(found.difference) / 1e6:,.2f} ms\n"
    )
    rounded = pl.selectors.float().round(2)
    click.echo(text(found.parts.with_columns(rounded)))
    click.echo("\nBreak-even (ns) with one price at the ends of its range:\n")
    click.echo(text(found.moves.with_columns(pl.selectors.float().round(0))))


@click.command("advise")
@mmu_option
@click.option(
    "--vcpus",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    help="vCPUs that fault while aging runs.",
)
@_swap
@click.option("--trace", help="A trace to use instead of the workloads, such as guest.parquet.")
@click.option("--memory", default=0.5, show_default=True, help="Memory as a share of the pages.")
@click.option("--fault-us", type=float, help="Microseconds between two faults of a vCPU.")
def advise_command(
    mmu: str, vcpus: int, swap: str, trace: str | None, memory: float, fault_us: float | None
) -> None:
    """Print which variant and look-around rule the model would choose, and how sure it is."""
    try:
        found = advise(mmu, vcpus, swap, trace, memory=memory, fault_us=fault_us)
    except (ValueError, OutOfMemory) as error:
        raise click.UsageError(str(error)) from None
    click.echo(found.in_words)
    click.echo("\nPercent more expensive than the best:\n")
    click.echo(text(found.totals.with_columns(pl.selectors.float().round(1))))
    if found.changes.height:
        click.echo("\nPrices that alone would change the advice, at an end of their range (ns):\n")
        click.echo(text(found.changes))
    else:
        click.echo("\nNo single price within its range would change the advice.")
