"""`sweep`: every cell of a grid, run by many workers; finished cells are kept, so it can resume."""

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED as FIRST
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from typing import Any

import polars as pl

from mglru_lab.lab.price.costs import Costs
from mglru_lab.lab.sweep.cell import Cell, unpacked
from mglru_lab.lab.sweep.claims import Claims
from mglru_lab.lab.sweep.folder import SweepError, finished, is_there, keep, read
from mglru_lab.lab.sweep.grid import Grid
from mglru_lab.lab.sweep.lanes import Lanes
from mglru_lab.lab.sweep.workers import Given, Processes, Workers, cluster
from mglru_lab.paths import cache_folder
from mglru_lab.progress import bar

LOOK_AGAIN = 0.2
"""Seconds until cells that another client works on are looked at again."""
DEATHS = 3
"""Workers that may die while they run a cell alone, before the cell is given up."""


@dataclass(frozen=True)
class Sweep:
    """A finished sweep: its grid, and the folder that its cells are in."""

    grid: Grid
    folder: Path

    @property
    def frame(self) -> pl.LazyFrame:
        """One row per cell of this grid, as `read` gives them."""
        return read(self.folder, [cell.key for cell in self.grid.cells])

    @property
    def failed(self) -> pl.DataFrame:
        """The parameters and the error of each cell that failed."""
        names = list(dict.fromkeys(name for cell in self.grid.cells for name, _ in cell.values))
        failed = self.frame.filter(pl.col("error").is_not_null()).select(*names, "error")
        try:
            return failed.collect()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise SweepError(f"{self.folder}: a file in it is damaged: {error}") from None

    def priced(self, costs: Costs) -> pl.LazyFrame:
        """The frame with `ms`: the cost of everything counted, in ms; nothing runs again."""
        names = [name for name in self.frame.collect_schema().names() if "/" in name]
        paid = [pl.col(name).fill_null(0) * costs.ns(name.split("/")[1]) for name in names]
        priced = pl.when(pl.any_horizontal(pl.col(names).is_not_null()))
        return self.frame.with_columns(ms=priced.then(pl.sum_horizontal(paid) / 1e6))

    @staticmethod
    def read(folder: str | Path) -> pl.LazyFrame:
        """All finished cells in `folder`, of whatever grid and code version, sorted by key.

        `key`, `code`, `error` (null: it ran), parameters, counters at the end, `WHERE/PRICE`.
        """
        return read(Path(folder))


def sweep(
    grid: Grid | Mapping[str, object] | str | Path,
    executor: Executor | str | None = None,
    *,
    out: str | Path | None = None,
    workers: int | None = None,
) -> Sweep:
    """Run every cell of `grid` that is not in the folder `out` yet.

    `grid`: values and lists of them by parameter, such as {"kernel": ["existing", "6.12"], "seed":
    range(9)}, or a TOML file of them. `executor`: any of concurrent.futures, or a Dask scheduler's
    address; by default `workers` processes, one per core. `out`: by default the user's cache; what
    is there is never computed again. A script that calls it needs `if __name__ == "__main__"`.
    Raises GridError before anything runs, SweepError where cells could not be computed here;
    a cell whose run fails is a row with its error.
    """
    planned = Grid.of(grid)
    folder = Path(out) if out is not None else cache_folder() / "sweeps"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = finished(folder)
        left = [cell for cell in planned.cells if cell.key not in there]
        count = min(workers or cpu_count() or 1, len(left))
        if left:
            done = len(planned.cells) - len(left)
            with (
                bar(len(planned.cells), done, "cell") as shown,
                Claims(folder) as claims,
                _begun(executor, count) as begun,
            ):
                _Client(folder, claims, begun, shown).run(left)
    except OSError as error:
        raise SweepError(f"{folder}: {error.strerror or error}; what is finished is kept") from None
    return Sweep(planned, folder)


@contextmanager
def _begun(executor: Executor | str | None, count: int) -> Iterator[Workers]:
    """Workers that are ended on the way out: at once if by an error, Ctrl-C included."""
    there = cluster(executor) if isinstance(executor, str) else nullcontext(executor)
    with there as found:
        begun: Workers = Processes(count) if found is None else Given(found)
        try:
            yield begun
        except BaseException:
            begun.kill()
            raise
        begun.close()


class _Client:
    """One client of a folder: hands out cells, keeps what comes back, waits for other clients."""

    def __init__(self, folder: Path, claims: Claims, workers: Workers, shown: Any) -> None:
        self.folder, self.claims, self.workers, self.shown = folder, claims, workers, shown
        self.missing = Lanes((), workers.lanes)
        self.flying: dict[Future[bytes], tuple[Cell, int]] = {}
        """Cells under way, and in which lane."""
        self.elsewhere: deque[Cell] = deque()
        """Cells that another client has claimed."""
        self.lost: deque[Cell] = deque()
        """Cells under way when a worker died. One of them may have killed it: each runs alone."""
        self.deaths: dict[str, int] = {}
        self.unfinished: list[str] = []

    def run(self, cells: Iterable[Cell]) -> None:
        """All cells, until each is in the folder; raises SweepError if some are not."""
        self.missing.put(cells)
        looked = time.monotonic()
        while self.missing or self.flying or self.lost or self.elsewhere:
            self._give_away()
            if not self.flying and self.lost:
                self._submit(self.lost.popleft(), 0)
            if self.flying:
                wait(self.flying, LOOK_AGAIN if self.elsewhere else None, FIRST)
                self._take_back()
            elif self.elsewhere:
                time.sleep(LOOK_AGAIN)
            if self.elsewhere and time.monotonic() - looked > LOOK_AGAIN:
                self.missing.put(self.elsewhere)
                self.elsewhere.clear()
                looked = time.monotonic()
        if self.unfinished:
            count = len(self.unfinished)
            raise SweepError(f"{count} cells could not be computed here: {self.unfinished[0]}")

    def _give_away(self) -> None:
        """Give every lane as many cells as it may have before it."""
        under_way = Counter(lane for _, lane in self.flying.values())
        for lane in range(self.workers.lanes):
            while under_way[lane] < self.workers.ahead and (cell := self.missing.take(lane)):
                if not self.claims.take(cell.key):
                    self.elsewhere.append(cell)
                elif is_there(self.folder, cell.key):  # another client's, meanwhile
                    self.claims.give_up(cell.key)
                    self.shown.update()
                elif self._submit(cell, lane):
                    under_way[lane] += 1
                else:
                    return

    def _submit(self, cell: Cell, lane: int) -> bool:
        """Give it to the worker of this lane; false if that one turns out to be dead."""
        try:
            self.flying[self.workers.submit(cell, lane)] = cell, lane
        except BrokenExecutor:
            self.lost.append(cell)
            wait(self.flying)
            if not self._take_back():
                self._renew()
            return False
        return True

    def _take_back(self) -> bool:
        """Keep what is done; whether a worker died meanwhile, and all were begun anew."""
        done = [future for future in self.flying if future.done()]
        if any(not f.cancelled() and isinstance(f.exception(), BrokenExecutor) for f in done):
            wait(self.flying)  # the others have their results, or are lost, too
            done = list(self.flying)
        lost = []
        for future in done:
            cell, _ = self.flying.pop(future)
            try:
                row = unpacked(future.result())
            except BrokenExecutor:
                lost.append(cell)
            except CancelledError:
                raise SweepError("the executor gave up its cells; is its scheduler gone?") from None
            except Exception as error:  # the machine's: a failed run is a row
                self._give_up(cell, f"{type(error).__name__}: {error}")
            else:
                keep(self.folder, cell.key, row)
                self.claims.give_up(cell.key)
                self.shown.update()
        if lost:
            self._lose(lost)
        return bool(lost)

    def _lose(self, cells: list[Cell]) -> None:
        """A worker died with these under way, perhaps by one of them."""
        alone = cells[0]
        if len(cells) == 1:
            self.deaths[alone.key] = self.deaths.get(alone.key, 0) + 1
        if len(cells) == 1 and self.deaths[alone.key] == DEATHS:
            self._give_up(alone, f"{DEATHS} workers died of it: {dict(alone.values)}")
        else:
            self.lost.extend(cells)
        self._renew()

    def _renew(self) -> None:
        if not self.workers.renew():
            raise SweepError("the executor's workers are gone")

    def _give_up(self, cell: Cell, reason: str) -> None:
        self.unfinished.append(reason)
        self.claims.give_up(cell.key)
