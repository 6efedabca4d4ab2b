"""Render a notebook: check its parameters, run it cell by cell, write one HTML file.

Nothing runs before every parameter is known and fits its declaration. The report appears under its
name only when it is whole; a cell that fails leaves the executed notebook to look into instead.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from html import unescape
from pathlib import Path

import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from traitlets.config import Config

from mglru_lab.progress import of_a_report
from mglru_lab.show.report.html import headings, to_html
from mglru_lab.show.report.ingredients import ingredients
from mglru_lab.show.report.parameters import check
from mglru_lab.show.report.provenance import table

# The kernel of the Python that runs this, whatever name a notebook was saved with.
_KERNEL = {"kernel_name": "python3", "language": "python"}
_LONGEST_SOCKET_PATH = 100  # bytes; systems stop between 104 and 108


class ReportError(RuntimeError):
    """A cell failed: which one, why, and where the executed notebook is kept."""

    def __init__(self, cell: str, cause: str, kept: Path) -> None:
        super().__init__(f"{cell} failed: {cause}\nThe notebook as far as it ran: {kept}")
        self.cell = cell
        self.cause = cause
        self.kept = kept


def render(
    notebook: Path,
    out: Path,
    parameters: Mapping[str, object] | None,
    progress: Callable[[str], None],
) -> Path:
    """Run `notebook` with `parameters` and write it to `out` as HTML; return the absolute path.

    Values may be strings, as from a command line: the parameters cell says how they are read.
    `progress` hears of every cell as it starts. The notebook runs in its own folder, as in
    JupyterLab. The report ends with what it was made of; the same of that gives the same bytes.
    Raises ParameterError (a ValueError) before anything ran, ReportError after.
    """
    source = load_notebook_node(str(notebook))
    values = check(source, parameters or {})
    made_of = ingredients(source, values, notebook.absolute().parent)
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    if values:
        source = parameterize_notebook(source, values, **_KERNEL)
    executed = _execute(source, notebook.absolute().parent, out, progress)
    progress(f"writing {out.name}")
    last = f"<h2>What this report was made of</h2>\n{table(made_of.table()).data}"
    write(out, to_html(executed, notebook.stem, key=made_of.key, last=last))
    return out


def key_of(page: Path) -> str:
    """The key of the ingredients of a whole report; empty where there is none."""
    try:
        text = page.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    found = re.search(r'<meta content="(\w+)" name="mglru-lab-key"/>', text[:2000])
    return found[1] if found and text.rstrip().endswith("</html>") else ""


def first_answer(page: Path) -> str:
    """The first folded answer of a report, as text; empty where there is none."""
    fold = r"<details>\s*<summary>Answer</summary>(.*?)</details>"
    found = re.search(fold, page.read_text(encoding="utf-8"), re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", found[1])).split()) if found else ""


def _execute(
    source: NotebookNode, folder: Path, out: Path, progress: Callable[[str], None]
) -> NotebookNode:
    """Run the cells one after another; on a failure keep what ran next to `out`."""
    labels = _labels(source)
    started: list[str] = []

    def start(cell: NotebookNode, cell_index: int) -> None:
        if cell_index in labels:
            started.append(labels[cell_index])
            progress(labels[cell_index])

    kept = out.with_suffix(".failed.ipynb")
    kept.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="mglru-lab-") as scratch, of_a_report():
        ran = Path(scratch) / "executed.ipynb"
        try:
            executed: NotebookNode = papermill.execute_notebook(
                source,
                str(ran),
                cwd=str(folder),
                progress_bar=False,
                on_cell_start=start,
                config=_sockets(Path(scratch)),
                **_KERNEL,
            )
        except PapermillExecutionError as error:
            shutil.copyfile(ran, kept)
            cause = f"{error.ename}: {error.evalue}"
            raise ReportError(labels[error.cell_index], cause, kept) from None
        except DeadKernelError:
            shutil.copyfile(ran, kept)
            cause = "the kernel died; too little memory is the usual reason"
            raise ReportError(started[-1], cause, kept) from None
    return executed


def _labels(notebook: NotebookNode) -> dict[int, str]:
    """For each cell that will run, its place and the heading above it, by its index.

    The place is the number that the executed notebook shows in brackets next to the cell.
    """
    heading = ""
    found: dict[int, str] = {}
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            heading = ([heading, *headings(cell.source)])[-1]
        elif cell.cell_type == "code" and cell.source.strip():
            found[index] = heading
    return {
        index: f"cell {place} of {len(found)}" + (f": {heading}" if heading else "")
        for place, (index, heading) in enumerate(found.items(), start=1)
    }


def _sockets(scratch: Path) -> Config:
    """Let the kernel talk over socket files: kernels that start together cannot race for ports."""
    address = scratch / "kernel"
    if os.name != "posix" or len(os.fsencode(address)) > _LONGEST_SOCKET_PATH:
        return Config()
    return Config({"KernelManager": {"transport": "ipc", "ip": str(address)}})


def write(out: Path, text: str) -> None:
    """Put `text` at `out` in one step: no reader ever sees half of it."""
    part = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
