"""Who runs a sweep's cells: processes of our own, or any executor, such as a Dask cluster's."""

import ast
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context, resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakSet

from mglru_lab.kernel.jit import is_compiled
from mglru_lab.lab.run.run import run
from mglru_lab.lab.sweep.cell import Cell, evaluate
from mglru_lab.scenario.language import Scenario

AHEAD = 2
"""Cells that each of our processes holds: one running, the next one ready."""
FAR_AHEAD = 1000
"""Cells given to an executor that does not say how many it runs at a time."""


class NoExecutor(RuntimeError):
    """There is no such scheduler, or what it takes to talk to one is not installed."""


class Unguarded(RuntimeError):
    """A script would be run again by each of its workers."""


def unguarded_script() -> str:
    """The script that is run, if nothing in it asks for `__name__`; empty for anything else.

    A process of our own begins by running it, as far as it is not guarded (multiprocessing's
    "spawn").
    """
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    if not path or getattr(main, "__spec__", None) is not None or hasattr(main, "get_ipython"):
        return ""
    try:
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return ""
    asks = any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(tree))
    return "" if asks else str(path)


class Workers(Protocol):
    """What a sweep needs: hand out a cell, know how many to hand out, go on without a dead worker.

    A lane is a worker that keeps what it has read: `lanes` of them, each given `ahead` cells.
    """

    lanes: int
    ahead: int

    def submit(self, cell: Cell, lane: int) -> "Future[bytes]":
        """Give a cell away."""

    def renew(self) -> bool:
        """Workers died and all that they had is lost: whether there are new ones."""

    def close(self) -> None:
        """Nothing is under way any more."""

    def kill(self) -> None:
        """Whatever is under way is not wanted any more."""


class Given:
    """An executor that somebody else began and will end; it decides which worker runs what."""

    lanes = 1
    ahead = FAR_AHEAD

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._given: WeakSet[Future[bytes]] = WeakSet()

    def submit(self, cell: Cell, lane: int) -> "Future[bytes]":
        """Give a cell away."""
        future = self._executor.submit(evaluate, cell)
        self._given.add(future)
        return future

    def renew(self) -> bool:
        """Not by us."""
        return False

    def close(self) -> None:
        """It stays."""

    def kill(self) -> None:
        """It stays, and what it has not begun is taken back."""
        for future in self._given:
            future.cancel()


class Processes:
    """Processes of our own: they end with this one, whatever ends it, and do not hear Ctrl-C."""

    ahead = AHEAD

    def __init__(self, count: int) -> None:
        script = unguarded_script()
        if script:
            raise Unguarded(
                f'{script} calls a sweep outside `if __name__ == "__main__":`; each worker would '
                "run the whole script again, so put the call below such a line"
            )
        self.lanes = count
        if not is_compiled():  # once, not once per process
            run(Scenario("region 64 anon\nlimit 32\ntouch 0 64\nstat end\n"))
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")  # a fork would copy locks that threads hold
        listener, self._line = context.Pipe(duplex=False)
        self._others = set(active_children())
        self._executors = [
            ProcessPoolExecutor(1, context, initializer=_end_with, initargs=(listener,))
            for _ in range(self.lanes)
        ]
        with _interrupts_held():
            for executor in self._executors:  # each begins its process now
                executor.submit(os.getpid)

    def submit(self, cell: Cell, lane: int) -> "Future[bytes]":
        """Give a cell to the process of this lane."""
        return self._executors[lane].submit(evaluate, cell)

    def renew(self) -> bool:
        """A pool gives up when its process dies; begin all of them anew."""
        self.kill()
        self._start()
        return True

    def close(self) -> None:
        """End them when what is under way is done."""
        for executor in self._executors:
            executor.shutdown()
        self._line.close()

    def kill(self) -> None:
        """End them now. No cell is taken back: the pool reports to each that its process died."""
        for process in set(active_children()) - self._others:
            process.kill()
        for executor in self._executors:
            executor.shutdown(cancel_futures=True)
        self._line.close()


def _end_with(line: Connection) -> None:
    """In a worker: end when the client's side of the line closes, as it does when the client dies.

    A thread waits for that; compiled code holds it up until a cell is through.
    """

    def wait() -> None:
        try:
            line.recv()
        finally:
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes begun here never hear Ctrl-C, which a terminal sends to all; this one, later."""
    resource_tracker.ensure_running()  # begun among them, it would let all hear it again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def cluster(address: str, timeout: int = 10) -> Iterator[Executor]:
    """The executor of the Dask scheduler at `address`, such as tcp://host:8786."""
    try:
        from distributed import Client
    except ImportError:
        raise NoExecutor(
            "a scheduler needs dask.distributed: pip install 'mglru-lab[cluster]'"
        ) from None
    try:
        client: Any = Client(address, timeout=timeout, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise NoExecutor(f"no Dask scheduler at {address!r}: {error}") from None
    with client:
        yield client.get_executor(pure=False)
