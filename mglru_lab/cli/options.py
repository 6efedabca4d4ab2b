"""Options and types of arguments that several commands share."""

import functools
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import click

from mglru_lab.choose import choose
from mglru_lab.kernel.features import ALL, Enabled, enabled_store
from mglru_lab.kernel.jit import is_compiled
from mglru_lab.kernel.rules import RULES
from mglru_lab.policy.comparable import COMMON_KVM
from mglru_lab.policy.kernel import NEWEST
from mglru_lab.policy.kvm import KVMS
from mglru_lab.policy.mmu import DEFAULT_MMU, MMUS
from mglru_lab.policy.variants import NAMES
from mglru_lab.progress import COMPILING
from mglru_lab.scenario import examples

Folder = click.Path(exists=True, file_okay=False, path_type=Path)
File = click.Path(exists=True, dir_okay=False, path_type=Path)


class Here(click.Path):
    """A path of this machine to write to; an address such as s3://... is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; fails for an address, of which a folder `s3:` would be made."""
        if "://" in str(value):
            self.fail(f"{value!r}: files are written here only; copy them afterwards", param, ctx)
        return super().convert(value, param, ctx)


class ScenarioFile(click.Path):
    """A file with a scenario, or the name of an example of data/scenarios."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The file, or the example's; fails naming the examples where it is neither."""
        given = Path(value)
        if given.exists() or len(given.parts) > 1:
            return super().convert(value, param, ctx)
        try:
            return examples.path_of(str(value))
        except ValueError as error:
            self.fail(f"no file {str(value)!r} is here, and {error}", param, ctx)


class Refused(click.ClickException):
    """The input is wrong: exit code 2, as for a wrong option."""

    exit_code = 2


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does: what it started and made goes."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def tell_of_compiling() -> None:
    """Say why the first run of a version takes longer."""
    if not is_compiled():
        click.echo(COMPILING, err=True)


class Names(click.ParamType[list[str]]):
    """One or more of the allowed names, separated by commas."""

    name = "name"

    def __init__(self, allowed: Sequence[str]) -> None:
        self.allowed = allowed

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[str]:
        """The names in `value`; fails for the first one that is not allowed."""
        names = [name.strip() for name in str(value).split(",")]
        for name in names:
            try:
                choose(str(param and param.opts[0].lstrip("-")), name, self.allowed)
            except ValueError as error:
                self.fail(str(error), param, ctx)
        return names


class YesNo(click.ParamType[bool]):
    """A Kconfig symbol's value, as a truth value."""

    name = "y|n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool:
        """Whether `value` is y."""
        words = {"y": True, "yes": True, "1": True, "n": False, "no": False, "0": False}
        if isinstance(value, bool):
            return value
        if str(value).lower() not in words:
            self.fail(f"{value!r}: allowed are y and n", param, ctx)
        return words[str(value).lower()]


YES_NO = YesNo()


def _one_of(option: str, allowed: Iterable[str], default: str, says: str) -> Callable[..., Any]:
    return click.option(
        option, type=click.Choice(list(allowed)), default=default, show_default=True, help=says
    )


mmu_option = _one_of("--mmu", MMUS, DEFAULT_MMU, "Kind of secondary MMU.")
kvm_option = _one_of("--kvm", KVMS, COMMON_KVM, "Release or posting whose KVM code answers.")
rules_option = _one_of("--rules", RULES, NEWEST, "Family of kernels whose other rules hold.")
traces_option = click.option(
    "--traces",
    type=Folder,
    multiple=True,
    help="Look for traces in this folder first; may be repeated.",
)


def bits_of(_context: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    """`--enabled`: text as it is written to the kernel's file, as a number."""
    if value is None:
        return None
    try:
        return int(enabled_store(value, ALL | Enabled.SECONDARY_MMU))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def decision_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What chooses rows of the decision table: variant, reading, Kconfig, enabled, MMU."""
    options = [
        click.option(
            "--variant",
            "variants",
            type=Names([*NAMES, NEWEST]),
            multiple=True,
            help="One or more names, separated by commas.",
        ),
        click.option(
            "--reading",
            type=click.Choice(["mail", "code"]),
            help="As the mail sums a version up, or as its code does it.",
        ),
        click.option(
            "--kconfig",
            type=YES_NO,
            is_flag=False,
            flag_value="y",
            help="CONFIG_LRU_GEN_WALKS_SECONDARY_MMU: y (the same without a value) or n.",
        ),
        click.option(
            "--enabled",
            callback=bits_of,
            help="Written to /sys/kernel/mm/lru_gen/enabled, such as 0xf or y.",
        ),
        click.option(
            "--mmu",
            "mmus",
            type=Names(list(MMUS)),
            multiple=True,
            help="One or more kinds of secondary MMU, separated by commas.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return _flat(command)


def _flat(command: Callable[..., Any]) -> Callable[..., Any]:
    """Join the lists of `--variant a,b --variant c`."""

    @functools.wraps(command)
    def called(variants: list[list[str]], mmus: list[list[str]], **others: Any) -> Any:
        return command(variants=list(chain(*variants)), mmus=list(chain(*mmus)), **others)

    return called
