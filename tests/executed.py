"""The notebooks, executed once each with a parameter changed."""

import functools
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbformat import NotebookNode

from mglru_lab.progress import of_a_report

FOLDER = Path(__file__).parents[1] / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))

CHANGED: dict[str, dict[str, Any]] = {
    "00_start": {"right": "v7", "mmu": "arm64"},
    "01_bills": {"take": 5, "look": 1.5, "seed": 9, "rooms": 50, "asks": "v2"},
    "02_generations": {
        "pages": 48,
        "used": 12,
        "late": 0,
        "agings": 2,
        "right": "v4+kconfig",
        "workload": "mix",
        "seed": 3,
    },
    "03_who_is_asked": {
        "variant": "v5",
        "mmu": "x86-tdp-was-nested",
        "nested": 0.5,
        "enabled": "0xb",
    },
    "04_look_around": {
        "variant": "v4",
        "reading": "code",
        "rules": ["v4", "v2"],
        "mmu": "x86-tdp-ad",
    },
    "05_price": {"swap": "nvme", "asks": "6.12", "length": 4096, "kvm": "6.12"},
    "06_real_kernel": {
        "scenario": "a_noforce",
        "kernel": "7.3",
        "logged": "c_zipf10_15_en7_f0y1",
        "pattern": "a_*",
    },
    "08_your_host": {"host": str(FOLDER.parent / "tests/lab/host/host_6.1"), "used": 0.25},
    "09_your_policy": {"mmu": "arm64", "probe_every": 2, "kvm": "v4"},
    "10_report": {"trace": "zipf10_15", "memory": 0.3, "seed": 11},
    "11_sweep": {"workloads": ["mix", "scan"], "seeds": 2, "pages": 512, "length": 2048},
    "12_what_became_of_it": {"share": 20, "trace": "zipf10", "advised": 2048, "size": 3600},
}
"""What is changed; a notebook that is not named here is executed as it is."""


@functools.cache
def executed(name: str) -> NotebookNode:
    """A notebook of the folder, with the parameters of CHANGED."""
    return run(name, CHANGED.get(name, {}))


def run(name: str, parameters: dict[str, Any]) -> NotebookNode:
    """A notebook of the folder, with these parameters."""
    path, none = FOLDER / f"{name}.ipynb", None
    with of_a_report():
        book = papermill.execute_notebook(path, none, parameters, cwd=FOLDER, progress_bar=False)
    return nbformat.from_dict(book)


def texts(notebook: NotebookNode) -> str:
    """Everything that an executed notebook shows as Markdown or HTML."""
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    kinds = ("text/markdown", "text/html")
    return "\n".join(out["data"][k] for out in outputs for k in kinds if k in out.get("data", {}))
