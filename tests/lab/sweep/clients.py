"""Clients of a sweep in processes of their own, a real Dask scheduler, and what was computed."""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from mglru_lab.lab.sweep.sweep import sweep
from mglru_lab.lab.sweep.workers import Given, Processes, cluster

ROOT = Path(__file__).parents[3]

# A client begins in a few milliseconds, as a copy of a process that has imported everything.
_clients = multiprocessing.get_context("forkserver")
_clients.set_forkserver_preload(["mglru_lab.lab.sweep.sweep", "distributed"])


def contents(folder: Path) -> dict[str, bytes]:
    """Every file by its name, but for the claims."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".claims"}


class Counting(Executor):
    """Another executor, whose workers note in a file the key of every cell that they begin.

    `slow`: seconds by which each cell takes longer.
    """

    def __init__(self, executor: Executor, log: Path, slow: float = 0) -> None:
        self.executor, self.log, self.slow = executor, log, slow

    def submit(self, function: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        return self.executor.submit(counted, self.log, self.slow, function, *args)


def counted(log: Path, slow: float, function: Callable[..., Any], cell: Any) -> Any:
    with log.open("ab", buffering=0) as file:
        file.write(f"{cell.key}\n".encode())
    time.sleep(slow)
    return function(cell)


def _client(grid: Any, out: Path, log: Path, address: str, slow: float) -> None:
    if address:
        with cluster(address) as executor:
            sweep(grid, Counting(executor, log, slow), out=out)
        return
    workers = Processes(1)
    Given.ahead = 4  # so that there is something for others
    sweep(grid, Counting(workers._executors[0], log), out=out)
    workers.close()


def client(grid: Any, out: Path, log: Path, address: str = "", slow: float = 0) -> BaseProcess:
    """A client in a process of its own, begun; with one worker process, or on a cluster."""
    process = _clients.Process(target=_client, args=(grid, out, log, address, slow))
    process.start()
    return process


@dataclass
class Cluster:
    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]
    folder: Path

    def worker(self) -> subprocess.Popen[bytes]:
        """One more worker process."""
        began = _python(
            "distributed.cli.dask_worker", self.address, "--no-nanny", "--nthreads", "1",
            "--no-dashboard", "--local-directory", str(self.folder),
        )  # fmt: skip
        self.workers.append(began)
        return began


def _python(module: str, *words: str) -> subprocess.Popen[bytes]:
    null = subprocess.DEVNULL
    command = [sys.executable, "-m", module, *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=null, stderr=null)


@contextmanager
def real_cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A Dask scheduler and its workers, each a process of its own, on this machine."""
    file = folder / "scheduler.json"
    scheduler = _python(
        "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
        "--no-dashboard", "--scheduler-file", str(file),
    )  # fmt: skip
    began = Cluster("", scheduler, [], folder)
    try:
        patience = time.monotonic() + 30
        while not file.exists() or not file.read_text():
            assert time.monotonic() < patience
            time.sleep(0.02)
        began.address = json.loads(file.read_text())["address"]
        for _ in range(workers):
            began.worker()
        yield began
    finally:
        for process in [scheduler, *began.workers]:
            process.kill()
            process.wait()


def alive(group: int) -> bool:
    """Whether a process of this process group is there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
