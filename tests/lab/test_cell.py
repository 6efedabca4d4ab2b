from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mglru_lab.lab.cell import in_turns
from mglru_lab.lab.grid import Grid

GRID = Grid.of({"kernel": ["existing", "6.12", "v3"], "seed": range(1, 8), "length": 512})


def test_workers_that_take_turns_each_stay_with_a_trace() -> None:
    turns = list(in_turns(GRID.cells, 2))
    ours = [dict(cell.values)["seed"] for cell in turns[:12]]
    assert ours == [1, 2] * 3 + [3, 4] * 3


@given(st.integers(1, 9), st.integers(0, 21))
def test_every_cell_has_its_turn_once(workers: int, count: int) -> None:
    cells = GRID.cells[:count]
    assert Counter(cell.key for cell in in_turns(cells, workers)) == Counter(c.key for c in cells)


def test_one_worker_takes_them_as_they_are() -> None:
    assert list(in_turns(GRID.cells, 1)) == list(GRID.cells)
