"""The commands about the thread's question: decide, selftest, compare."""

from collections.abc import Callable
from pathlib import Path

import click
import polars as pl

from mglru_lab.cli.options import (
    YES_NO,
    Refused,
    ScenarioFile,
    decision_options,
    kvm_option,
    mmu_option,
    traces_option,
)
from mglru_lab.cli.tables import items, paragraph, text
from mglru_lab.lab.mechanisms.divergence import divergences
from mglru_lab.lab.price.cause import only_cause
from mglru_lab.lab.price.costs import Costs, counts, is_priced
from mglru_lab.lab.run import comparison
from mglru_lab.lab.run.machine import OutOfMemory
from mglru_lab.lab.run.run import lock_text
from mglru_lab.lab.thread import decisions
from mglru_lab.lab.thread.selftest import by_mmu, knows, table, verdicts
from mglru_lab.policy.comparable import stands_for
from mglru_lab.policy.kernel import AS_VARIANT, Kernel
from mglru_lab.policy.mmu import MMUS
from mglru_lab.policy.policy import IN_VAIN
from mglru_lab.policy.variants import LOOK_AROUND, NAMES, Reading, readings
from mglru_lab.progress import counted
from mglru_lab.scenario.language import Scenario


def _readings(name: str) -> list[Reading]:
    """Those of a variant; a release has its code alone."""
    return readings(name) or ["code"]


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """One column `kernel` in place of variant and reading."""
    both = [len(readings(name)) > 1 for name in frame["variant"]]
    kernel = pl.when(pl.Series(both)).then(pl.format("{}/{}", "variant", "reading"))
    named = kernel.otherwise("variant").alias("kernel")
    return frame.select(named, pl.exclude("variant", "reading"))


@click.command()
@decision_options
@click.option(
    "--look-around",
    "looks",
    type=click.Choice([AS_VARIANT, *LOOK_AROUND]),
    default=AS_VARIANT,
    help="Use this look-around rule instead of the variant's own.",
)
@click.option("--csv", is_flag=True, help="Print every case as CSV, one row per case.")
def decide(
    variants: list[str],
    reading: str | None,
    kconfig: bool | None,
    enabled: int | None,
    mmus: list[str],
    looks: str,
    csv: bool,
) -> None:
    """Print who is asked about a guest page, when, and under which lock.

    Without options, tables. For one variant and one MMU, a sentence with the reason. With --csv,
    every case that the options allow.
    """
    if reading:
        variants = [name for name in variants or NAMES if reading in _readings(name)]
        if not variants:
            raise click.ClickException(f"none of these variants has the reading {reading}")
    if csv:
        rows = decisions.rows(variants, reading or "", kconfig, enabled, mmus, looks)
        click.echo(decisions.table(rows).write_csv(), nl=False)
        return
    if len(variants) == 1 and len(mmus) == 1:
        for which in [reading] if reading else _readings(variants[0]):
            kernel = Kernel(
                variant=variants[0],
                reading=which or "",
                kconfig=bool(kconfig),
                enabled="y" if enabled is None else enabled,
                mmu=mmus[0],
                look_around=looks,
            )
            click.echo(paragraph(decisions.sentence(kernel)))
        if kernel.never_released:
            click.echo(paragraph(kernel.never_released))
        return
    bits = 0xF if enabled is None else enabled
    chosen = True if kconfig is None else kconfig

    def grid(kconfig: bool, value: Callable[[decisions.Row], str]) -> pl.DataFrame:
        rows = decisions.rows(variants, reading or "", kconfig, bits, mmus, looks)
        return _named(decisions.by_mmu(rows, value))

    click.echo(
        f"enabled 0x{bits:x}, the Kconfig {'set' if chosen else 'off'}; ppc-radix and other on a "
        "host whose CPUs set accessed bits;\n- where KVM cannot be asked: on s390 before 7.2.\n\n"
        "Whether a page table walk learns about a guest page: yes/ and the lock it takes, or no.\n"
    )
    click.echo(text(grid(chosen, decisions.harvests)))
    if kconfig is None:
        without = grid(False, decisions.harvests)
        changed = without.join(grid(True, decisions.harvests), on=without.columns, how="anti")
        if changed.height:
            click.echo("\nThese change with the Kconfig off:\n")
            click.echo(text(changed))
    click.echo("\nThe lock under which eviction asks about the page at hand.\n")
    click.echo(text(grid(chosen, lambda row: row.eviction_lock)))
    click.echo(
        "\nLook-around in a process with a VM: never, or in which MMU a page must be young to "
        "start it,\nand what its window reads: primary bits; the secondary MMU by fast calls "
        "(if-fast in batches,\nfast-only page by page); the secondary MMU whatever that locks.\n"
    )
    click.echo(text(grid(chosen, decisions.looks)))


@click.command()
@decision_options
@click.option(
    "--nested", default="", help="Share of the pages that a nested guest uses: nested=0.3."
)
@click.option("--csv", is_flag=True, help="Print CSV, one row per verdict.")
def selftest(
    variants: list[str],
    reading: str | None,
    kconfig: bool | None,
    enabled: int | None,
    mmus: list[str],
    nested: str,
    csv: bool,
) -> None:
    """Run access_tracking_perf_test on the model: PASS, FAIL or SKIP.

    The last table answers the mail's question: do the Kconfig and bit 0x8 alone show whether aging
    works?
    """

    def made(mmus: list[str]) -> pl.DataFrame:
        readings = [reading] if reading else []
        kconfigs = (False, True) if kconfig is None else (kconfig,)
        bits = (0x7, 0xF) if enabled is None else (enabled,)
        found = verdicts(variants, readings, kconfigs, bits, mmus, nested)
        return table(counted(found, None, "verdict"))

    try:
        found = made(mmus)
    except ValueError as error:
        raise Refused(str(error)) from None
    if csv:
        click.echo(found.write_csv(), nl=False)
        return
    click.echo(text(_named(by_mmu(found)), keys=3))
    if found.height <= 2 * len(MMUS):
        reasons = found.select("variant", "reading", "mmu", "enabled", "verdict", "reason")
        click.echo(f"\n{items(_named(reasons))}")
    if not nested:
        click.echo("\nWhat the Kconfig and bit 0x8 alone show about aging, whatever the host:\n")
        known = _named(knows(made([]) if mmus else found))
        click.echo(text(known.drop("works_on", "fooled_on")))
        unsure = known.filter(pl.col("sure") == "cannot know")
        said = pl.format("aging works on {}; a test is fooled on {}", "works_on", "fooled_on")
        if unsure.height:
            told = unsure.select("kernel", pl.format("(0x8 {})", "bit_0x8"), said.alias("says"))
            click.echo(f"\n{items(told)}")


@click.command()
@click.argument("scenario", type=ScenarioFile())
@click.option(
    "--variants",
    help="Policies on one set of rules, separated by commas: existing,v4+kconfig,6.12:primary.",
)
@click.option(
    "--kernels",
    help="Releases instead, each with its own rules and KVM code: 6.1,6.12,6.18,7.3.",
)
@mmu_option
@click.option(
    "--kconfig",
    type=YES_NO,
    is_flag=False,
    flag_value="y",
    default="n",
    help="CONFIG_LRU_GEN_WALKS_SECONDARY_MMU of all of them: y or n.",
)
@kvm_option
@click.option("--rules", default="", help="Rules of all kernels that name none: 6.12, 6.1 ...")
@traces_option
@click.option("--all", "all_", is_flag=True, help="Also print the counters that do not differ.")
def compare(
    scenario: Path,
    variants: str | None,
    kernels: str | None,
    mmu: str,
    kconfig: bool,
    kvm: str,
    rules: str,
    traces: tuple[Path, ...],
    all_: bool,
) -> None:
    """Run the SCENARIO on several kernels and show what differs from the first one.

    With --variants policies are compared, on the same rules and KVM code; with --kernels releases,
    and where they diverge: the first page elsewhere, and the first access that ends otherwise.
    """
    if (variants is None) == (kernels is None):
        raise click.UsageError("allowed is one of --variants and --kernels")
    releases = variants is None
    names = str(kernels if releases else variants).split(",")
    try:
        result = comparison.compare(
            Scenario.read(scenario),
            names,
            rules=rules,
            kvm="" if releases else kvm,
            releases=releases,
            traces=traces,
            mmu=mmu,
            kconfig=kconfig,
        )
        said = stands_for(names)
        on = {name: made.kernel for name, made in result.runs.items()}
        found = divergences(result.scenario, on, traces=traces) if releases else []
    except OutOfMemory as error:
        raise click.ClickException(str(error)) from None
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None
    notes = [result.compared, *said, *result.notes, *_costs_alone(result)]
    notes += [made.limit_note for made in list(result.runs.values())[:1] if made.limit_note]
    click.echo("\n".join(map(paragraph, notes)) + "\n")
    for one in found:
        click.echo(paragraph(one.in_words) + "\n")
    if releases and not found:
        click.echo("They never diverge: every page and every access is the same.\n")
    click.echo(text(result.switched))
    counters = result.counters
    if not all_:
        counters = counters.filter("differs")
    click.echo("\nCounters at the end that differ:\n" if not all_ else "\nCounters at the end:\n")
    click.echo(text(counters.drop("differs")) if counters.height else "none")
    click.echo(f"\nWhat was spent ({lock_text(IN_VAIN)}: a call that learned nothing):\n")
    click.echo(text(result.events, keys=3))
    if result.maps.height:
        click.echo(f"\nPages in another place (generation, swap) than on {result.names[0]}:\n")
        maps = result.maps.filter(pl.col("kernel") != result.names[0])
        wide = maps.pivot("kernel", index=["dump", "region", "pages"], values="differing")
        click.echo(text(wide, keys=3))


def _costs_alone(result: comparison.Comparison) -> list[str]:
    """For kernels on which every page goes the first one's way: what alone differs in price."""
    if not result.same_pages or not is_priced(result.scenario):
        return []
    first, costs = result.names[0], Costs()
    paid = {name: counts(result.runs[name]) for name in (first, *result.same_pages)}
    return [
        f"{name} and {first}: same pages; {only_cause(paid[name], paid[first], costs)}"
        for name in result.same_pages
    ]
