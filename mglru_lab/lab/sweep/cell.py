"""`Cell`: one run of a sweep, from its parameters to the row that it leaves; a worker runs it."""

import hashlib
import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

from mglru_lab.kernel.replay import GUEST_BIT, PAGE_MASK
from mglru_lab.lab.price.costs import counts, is_priced
from mglru_lab.lab.run.run import run
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario
from mglru_lab.scenario.traces.entries import Entries, load_trace, read_trace
from mglru_lab.scenario.workloads import Workload, workload

Scalar = int | float | str
_ROOMS = ("kernel", "policy", "scenario", "lab")
_LONGEST_ERROR = 2000
OWN = "own"
"""Of rules or KVM code: those of the kernel's own release or posting."""


class NotHere(RuntimeError):
    """This worker cannot run the cell: other code, another trace. It is not the cell's fault."""


@cache
def code_version() -> str:
    """Sixteen digits of a checksum of all that decides a run: our code, and what it computes with.

    An edit of a comment counts: a stale result is worse than a second run.
    """
    package = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((package / room).rglob("*.py")):
            digest.update(
                str(path.relative_to(package)).encode() + b"\0" + path.read_bytes() + b"\0"
            )
    for library in ("numpy", "numba", "polars"):
        digest.update(f"{library} {version(library)}\n".encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class TraceFile:
    """A file that a worker reads by itself: its name in the scenario, where it is, its checksum."""

    name: str
    path: str
    sha256: str


@dataclass(frozen=True)
class Cell:
    """A run's whole configuration; `text` is its scenario, or empty for a workload."""

    values: tuple[tuple[str, Scalar], ...]
    text: str = ""
    traces: tuple[TraceFile, ...] = ()
    code: str = ""

    @cached_property
    def key(self) -> str:
        """24 hexadecimal digits that name exactly this; where its traces lie is no part of it."""
        traces = [(trace.name, trace.sha256) for trace in self.traces]
        whole = [sorted(self.values), self.text, traces, self.code]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:24]

    @property
    def accesses(self) -> tuple[object, ...]:
        """What its trace is made of: cells that share it are quicker on the worker that has it."""
        values = dict(self.values)
        made_of = [values.get(name) for name in ("workload", "pages", "length", "seed")]
        return (self.text, *self.traces, *made_of)


def evaluate(cell: Cell) -> bytes:
    """Run the cell; its row, or the row that holds its error, as a Parquet file, compressed.

    A pipe takes up to 16 KB in one piece: nobody waits for the rest of an answer because its
    worker was killed. `unpacked` makes it a file again.

    Raises NotHere, OSError or MemoryError where it is the machine that failed.
    """
    if cell.code != code_version():
        raise NotHere(f"this worker runs other code ({code_version()}) than its client")
    row: dict[str, Scalar] = {"key": cell.key, "code": cell.code, **dict(cell.values)}
    try:
        row |= outcome(cell)
    except (OSError, MemoryError, NotHere):
        raise
    except Exception as error:  # whatever it is, it is this cell's result
        row["error"] = f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]
    file = io.BytesIO()
    pl.DataFrame([row]).write_parquet(file, compression="uncompressed", statistics=False)
    return zlib.compress(file.getvalue(), level=1)


def unpacked(answer: bytes) -> bytes:
    """The Parquet file that `evaluate` made."""
    return zlib.decompress(answer)


def kernel_of(values: Mapping[str, Scalar]) -> Kernel:
    """The kernel of a cell's parameters: its name's, on the rules and KVM code that they say."""
    rules, kvm = str(values["rules"]), str(values["kvm"])
    return Kernel.parse(
        str(values["kernel"]),
        mmu=str(values["mmu"]),
        enabled=str(values["enabled"]),
        **({} if rules == OWN else {"rules": rules}),
        **({} if kvm == OWN else {"kvm": kvm}),
    )


def outcome(cell: Cell) -> dict[str, Scalar]:
    """Counters at the end, and as `WHERE/PRICE` how often each price is paid."""
    values = dict(cell.values)
    kernel = kernel_of(values)
    if cell.text:
        entries = {trace.name: _read(trace.path, trace.sha256) for trace in cell.traces}
        done = run(Scenario(cell.text, str(values["scenario"])), kernel, entries=entries)
    else:
        made, touched = _made(cell)
        resident = max(round(float(values["memory"]) * touched), 1)
        text = f"sysctl vm/swappiness {values['swappiness']}\n{made.text(resident)}"
        named = {f"{made.name}.u32": made.entries.astype(np.uint32)}
        done = run(Scenario(text, made.name), kernel, entries=named)
    paid = counts(done) if is_priced(done.scenario) else {}
    row: dict[str, Scalar] = {**done.end}
    return row | {f"{where}/{price}": count for (where, price), count in paid.items()}


def _made(cell: Cell) -> tuple[Workload, int]:
    """A workload or a trace as one, and of how many pages its memory is a share."""
    values = dict(cell.values)
    name, seed = str(values["workload"]), int(values.get("seed", 0))
    if cell.traces:
        return _of_trace(cell.traces[0].path, cell.traces[0].sha256)
    if "pages" in values:
        made = _of_seed(name, int(values["pages"]), int(values["length"]), seed)
        return made, made.host + made.guest
    return _of_trace(f"{name}@{seed}", "")


# A worker makes or reads the same few again and again: cells come workload by workload.
_of_seed = lru_cache(maxsize=4)(workload)


@lru_cache(maxsize=2)
def _of_trace(path: str, sha256: str) -> tuple[Workload, int]:
    """A trace's accesses as those of a guest, or of a host and its guest; pages touched."""
    entries = _read(path, sha256) if sha256 else load_trace(path, [])[1]
    page = entries & np.uint32(PAGE_MASK)
    guest = (entries >> np.uint32(GUEST_BIT)) & np.uint32(1) == 1
    touched = int(np.unique(entries & np.uint32(PAGE_MASK | 1 << GUEST_BIT)).size)
    if not guest.any():
        return Workload("trace", entries.astype(np.int64), 0, int(page.max()) + 1), touched
    host = int(page[~guest].max()) + 1 if not guest.all() else 1
    return Workload("trace", entries.astype(np.int64), host, int(page[guest].max()) + 1), touched


@lru_cache(maxsize=2)
def _read(path: str, sha256: str) -> Entries:
    """The entries of a trace file; raises NotHere if it is not the one that was planned with."""
    found = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    if found != sha256:
        raise NotHere(f"{path} is not the file that the sweep was begun with: it has changed")
    return read_trace(Path(path))
