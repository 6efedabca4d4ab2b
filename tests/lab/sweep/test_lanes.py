from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mglru_lab.lab.sweep.cell import Cell
from mglru_lab.lab.sweep.grid import Grid
from mglru_lab.lab.sweep.lanes import Lanes

CELLS = Grid.of({"kernel": ["existing", "6.12", "v3"], "seed": range(1, 8), "length": 512}).cells
"""Seven traces, three cells each."""


def seed(cell: Cell | None) -> object:
    assert cell
    return dict(cell.values)["seed"]


def test_each_lane_stays_with_a_trace_however_quick_the_others_are() -> None:
    lanes = Lanes(CELLS, 2)
    assert seed(lanes.take(0)) == 1
    assert [seed(lanes.take(1)) for _ in range(7)] == [2, 2, 2, 3, 3, 3, 4]
    assert [seed(lanes.take(0)) for _ in range(3)] == [1, 1, 5]


def test_a_lane_without_a_trace_helps_the_one_that_has_most_before_it() -> None:
    lanes = Lanes(CELLS[:6], 3)
    taken = [lanes.take(lane) for lane in (0, 0, 1, 2)]
    assert [seed(cell) for cell in taken] == [1, 1, 2, 2]
    assert {seed(lanes.take(lane)) for lane in (2, 0)} == {1, 2}
    assert lanes.take(1) is None
    assert not lanes


def test_a_trace_that_is_put_back_is_taken_again() -> None:
    lanes = Lanes([], 2)
    assert not lanes
    lanes.put(CELLS[2:4])
    assert lanes
    assert [lanes.take(0), lanes.take(0), lanes.take(1)] == [*CELLS[2:4], None]


@given(st.integers(1, 9), st.integers(0, 21), st.data())
def test_every_cell_is_taken_once_in_whatever_order_lanes_ask(
    count: int, cells: int, data: st.DataObject
) -> None:
    lanes, taken = Lanes(CELLS[:cells], count), []
    while lanes:
        cell = lanes.take(data.draw(st.integers(0, count - 1)))
        assert cell, "while there are cells, every lane gets one"
        taken.append(cell.key)
    assert Counter(taken) == Counter(cell.key for cell in CELLS[:cells])
