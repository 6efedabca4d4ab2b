"""The command `lab`: the notebooks in a folder of one's own, in JupyterLab."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from mglru_lab.cli.options import Here, Refused
from mglru_lab.files import whole
from mglru_lab.paths import NOTEBOOKS

FIRST = "00_start.ipynb"


@click.command()
@click.argument(
    "folder", default="mglru-lab", type=Here(file_okay=False, path_type=Path), metavar="[FOLDER]"
)
@click.option("--no-open", is_flag=True, help="Only copy the notebooks; do not start JupyterLab.")
def lab(folder: Path, no_open: bool) -> None:
    """Copy the notebooks into FOLDER (default: mglru-lab, here) and open JupyterLab there.

    A notebook that is there already is yours, and stays as it is.
    """
    try:
        copied, kept = copy_notebooks(folder)
    except OSError as error:
        raise Refused(f"{folder}: {error.strerror}") from None
    click.echo(f"{folder}: {copied} notebooks copied, {kept} were there already")
    if no_open:
        return
    if find_spec("jupyterlab") is None:
        raise ModuleNotFoundError("No module named 'jupyterlab'", name="jupyterlab")
    words = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder.absolute()}"]
    words.append(f"--LabApp.default_url=/lab/tree/{FIRST}")
    # Root, as in a container, has to say so; the server hears this machine only.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    sys.exit(subprocess.run(words + ["--allow-root"] * is_root, check=False).returncode)


def copy_notebooks(folder: Path) -> tuple[int, int]:
    """Copy those that are missing in `folder`; how many were copied, and were there."""
    folder.mkdir(parents=True, exist_ok=True)
    copied = kept = 0
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        if (folder / path.name).exists():
            kept += 1
            continue
        with whole(folder / path.name) as partial:
            shutil.copyfile(path, partial)
        copied += 1
    return copied, kept
