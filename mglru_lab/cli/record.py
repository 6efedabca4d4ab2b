"""The command `record`: run a scenario on a real kernel, on your own machine."""

from pathlib import Path

import click

from mglru_lab.cli.options import File, traces_option
from mglru_lab.lab.host.recorded import recorded_hosts
from mglru_lab.lab.host.snapshots import FILES
from mglru_lab.recorder.record import record
from mglru_lab.recorder.tools import RecorderError


@click.command("record")
@click.argument("scenarios", type=File, nargs=-1, required=True)
@click.option(
    "--kernel",
    default="6.12",
    show_default=True,
    help="6.1 or 6.12 (its newest package), or a release such as 6.1.0-56-cloud-amd64.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default="recorded.txt",
    show_default=True,
    help="File for the recorder's text.",
)
@traces_option
@click.option("--timeout", default=3600.0, show_default=True, help="Seconds for the whole boot.")
@click.option(
    "--hosts",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also keep, at every dump, the files that `host snapshot` reads; in this folder.",
)
def record_command(
    scenarios: tuple[Path, ...],
    kernel: str,
    out: Path,
    traces: tuple[Path, ...],
    timeout: float,
    hosts: Path | None,
) -> None:
    """Boot an unmodified Debian kernel in QEMU and record what it does with the SCENARIOS.

    QEMU emulates in software and needs no /dev/kvm. `convert` reads the text that comes out.
    """

    def tell(line: str) -> None:
        click.echo(line, err=True)

    try:
        made = record(
            scenarios, kernel, out, tell,
            traces=traces, timeout=timeout, host_files=FILES if hosts else (),
        )  # fmt: skip
        if hosts:
            hosts.mkdir(parents=True, exist_ok=True)
            for found in recorded_hosts(made):
                found.write(hosts / found.name)
    except (RecorderError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(made)
