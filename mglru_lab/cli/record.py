"""The command `record`: run scenarios on real kernels, on your own machine."""

import re
from pathlib import Path

import click

from mglru_lab.cli.options import (
    Here,
    Refused,
    ScenarioFile,
    ended_by_sigterm,
    traces_option,
)
from mglru_lab.lab.host.host_files import FILES
from mglru_lab.lab.host.recorded import recorded_hosts
from mglru_lab.recorder import packages
from mglru_lab.recorder.kernels import NAMES, named
from mglru_lab.recorder.record import record
from mglru_lab.recorder.tools import RecorderError


def _tell(line: str) -> None:
    click.echo(line, err=True)


@click.command("record")
@click.argument("scenarios", type=ScenarioFile(), nargs=-1, required=True)
@click.option(
    "--kernel",
    default="6.12",
    show_default=True,
    help=f"A name ({', '.join(NAMES)}: its newest package), a release, or the path of your own "
    "(a bzImage, a folder with an installed kernel, a built source tree); several by commas, "
    "names also by patterns: '6.1*,7.*'.",
)
@click.option(
    "--out",
    type=Here(dir_okay=False, path_type=Path),
    default="recorded.txt",
    show_default=True,
    help="File for the recorder's text; of several kernels each has its own: recorded_7.3.txt.",
)
@traces_option
@click.option("--timeout", default=3600.0, show_default=True, help="Seconds for a kernel's boot.")
@click.option(
    "--hosts",
    type=Here(file_okay=False, path_type=Path),
    help="Also keep, at every dump, the files that `host snapshot` reads; in this folder.",
)
@ended_by_sigterm()
def record_command(
    scenarios: tuple[Path, ...],
    kernel: str,
    out: Path,
    traces: tuple[Path, ...],
    timeout: float,
    hosts: Path | None,
) -> None:
    """Boot unmodified kernels in QEMU and record what they do with the SCENARIOS.

    QEMU emulates in software and needs no /dev/kvm. `convert` reads the text that comes out.
    """
    try:
        kernels = named(kernel)
    except ValueError as error:
        raise Refused(str(error)) from None
    failed = []
    for name in kernels:
        several = len(kernels) > 1
        try:
            image = packages.kernel(name, _tell)
            label = name if name in NAMES else re.sub(r"[^\w.+-]", "_", image.release)
            made = record(
                scenarios, image, out.with_stem(f"{out.stem}_{label}") if several else out, _tell,
                traces=traces, timeout=timeout, host_files=FILES if hosts else (),
            )  # fmt: skip
            if hosts:
                _keep_hosts(made, hosts / label if several else hosts)
            click.echo(made)
        except (RecorderError, ValueError, OSError) as error:
            failed.append(str(error))
            if several:
                _tell(f"kernel {name}: {error}")
    if failed:
        raise Refused(
            f"{len(failed)} of {len(kernels)} kernels were not recorded, as said above"
            if len(kernels) > 1
            else failed[0]
        )


def _keep_hosts(raw: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for found in recorded_hosts(raw):
        found.write(folder / found.name)
