"""The commands about what looking costs: prices, contention."""

from collections.abc import Callable
from typing import Any

import click
import polars as pl

from mglru_lab.cli_thread import text
from mglru_lab.lab import calibration
from mglru_lab.lab.costs import Costs
from mglru_lab.lab.prices import SWAP


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
        click.option("--swap", type=click.Choice(list(SWAP)), default="zram", show_default=True),
        click.option("--vcpus", type=click.IntRange(1), help="Locks contended by these vCPUs."),
        click.option("--price", "prices", type=PriceValue(), multiple=True, help="rmap=400"),
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
@click.option("--csv", is_flag=True)
def prices_command(
    swap: str, vcpus: int | None, prices: tuple[tuple[str, float], ...], csv: bool
) -> None:
    """Print what each event costs, the range, and where that comes from."""
    table = costs_of(swap, vcpus, prices).table()
    if csv:
        click.echo(table.write_csv(), nl=False)
        return
    for name, ns, low, high, source in table.iter_rows():
        click.echo(f"{name:22}{ns:12,.0f} ns  ({low:,.0f} to {high:,.0f})  {source}")


@click.command("contention")
def contention_command() -> None:
    """Print the contention model against every published time, left out and held out."""
    found = calibration.leave_one_out()
    percent = [
        (100 * (pl.col(name) / pl.col("published") - 1)).round(1).alias(f"{name} %")
        for name in ("fitted", "model", "line", "power")
    ]
    times = pl.col("published", "model").round(4)
    click.echo(
        "access_tracking_perf_test, published, and what is said of it: fitted to all; and by fits\n"
        "that had not seen any row of these vCPUs: the model, a straight line, a power law.\n"
    )
    click.echo(text(found.select("vcpus", "aging", "what", times, *percent)))
    click.echo("\nMedian relative errors, left out:\n")
    click.echo(text(calibration.errors(found).with_columns(pl.selectors.float().round(3))))
    click.echo("\nTables that it was not fitted to:\n")
    held = calibration.held_out().with_columns((100 * pl.col("error")).round(1).alias("error %"))
    times = pl.col("published", "model").round(3)
    click.echo(text(held.select("table", "row", times, "error %", "note")))
