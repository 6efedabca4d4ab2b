"""The command `record`: what a real kernel does with a scenario, on your own machine."""

from pathlib import Path

import click

from mglru_lab.cli.options import File, Folder
from mglru_lab.lab.host.files import FILES
from mglru_lab.lab.host.recorded import recorded_hosts
from mglru_lab.recorder.record import record
from mglru_lab.recorder.tools import RecorderError


@click.command("record")
@click.argument("scenarios", type=File, nargs=-1, required=True)
@click.option(
    "--kernel",
    default="6.12",
    show_default=True,
    help="6.1, 6.12 (the newest package of it), or a release such as 6.1.0-56-cloud-amd64.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="recorded.txt")
@click.option("--traces", type=Folder, multiple=True, help="Folder in which traces are looked up.")
@click.option("--timeout", default=3600.0, show_default=True, help="Seconds for the whole boot.")
@click.option(
    "--hosts",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also keep what `host snapshot` reads, at every dump, in a folder each below this one.",
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

    Software emulation, no /dev/kvm. The raw text that comes out is what `convert` reads.
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
