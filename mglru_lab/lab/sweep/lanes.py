"""`Lanes`: which cell of a sweep a worker gets next, so that it keeps the trace it has read."""

from collections import deque
from collections.abc import Iterable
from itertools import groupby

from mglru_lab.lab.sweep.cell import Cell


class Lanes:
    """Cells that nobody has yet, trace by trace; a lane is a worker's.

    A lane takes the cells of one trace, then of another. When no trace is left that nobody has
    begun, it helps the lane that has most before it: no worker idles while there are cells.
    """

    def __init__(self, cells: Iterable[Cell], lanes: int) -> None:
        self._waiting: deque[deque[Cell]] = deque()
        self._begun: list[deque[Cell]] = [deque() for _ in range(lanes)]
        self.put(cells)

    def put(self, cells: Iterable[Cell]) -> None:
        """More cells; those of a trace come one after another."""
        self._waiting.extend(deque(same) for _, same in groupby(cells, lambda cell: cell.accesses))

    def take(self, lane: int) -> Cell | None:
        """The next cell of this lane; None if there is none left for anybody."""
        if not self._begun[lane]:
            most = max(self._begun, key=len)
            self._begun[lane] = self._waiting.popleft() if self._waiting else most
        return self._begun[lane].popleft() if self._begun[lane] else None

    def __bool__(self) -> bool:
        return bool(self._waiting or any(self._begun))
