from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mglru_lab.lab.sweep.cell import evaluate, unpacked
from mglru_lab.lab.sweep.folder import SweepError, finished, keep, read
from mglru_lab.lab.sweep.grid import Grid

CELLS = Grid.of({"pages": 64, "length": 256, "seed": [1, 2, 3]}).cells


@pytest.fixture(scope="module")
def rows() -> dict[str, bytes]:
    return {cell.key: unpacked(evaluate(cell)) for cell in CELLS}


@pytest.fixture
def folder(tmp_path: Path, rows: dict[str, bytes]) -> Path:
    for key, row in rows.items():
        keep(tmp_path, key, row)
    return tmp_path


def test_cells_of_several_kinds_are_one_table(folder: Path) -> None:
    more = pl.DataFrame({"key": ["f" * 24], "code": ["x"], "error": ["<script>"], "distance": [2]})
    more.write_parquet(folder / f"{'f' * 24}.parquet")
    (folder / "notes.txt").write_text("not a cell")
    (folder / f".{'e' * 24}.7.partial").write_bytes(b"PAR1")
    table = read(folder).collect()
    assert table["key"].to_list() == [*sorted(cell.key for cell in CELLS), "f" * 24]
    assert table["distance"].to_list() == [None, None, None, 2]
    assert table["seed"].null_count() == 1


def test_a_folder_without_cells_is_told(tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="no finished cell"):
        read(tmp_path)
    with pytest.raises(SweepError, match="no such folder"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pl.DataFrame({"a": [1]}), "no cell of a sweep"),
        (pl.DataFrame({"key": [[1]]}), "no cell of a sweep"),
        (pl.DataFrame({"key": ["x"], "seed": ["one"]}), "column 'seed' is String, elsewhere Int64"),
    ],
)
def test_another_table_under_a_cells_name_is_told(
    folder: Path, table: pl.DataFrame, message: str
) -> None:
    table.write_parquet(folder / f"{'f' * 24}.parquet")
    with pytest.raises(SweepError, match=message) as told:
        read(folder)
    assert str(folder / f"{'f' * 24}.parquet") in str(told.value)


@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_damaged_row_is_told_by_its_name_or_not_taken_for_finished(
    folder: Path, rows: dict[str, bytes], data: st.DataObject
) -> None:
    """Its bytes replaced or cut: an error with the file, another table, or not finished."""
    key = CELLS[0].key
    whole = bytearray(rows[key])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        whole[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    whole = whole[: data.draw(st.sampled_from([len(whole), len(whole) // 2, 0]))]
    path = folder / f"{key}.parquet"
    path.write_bytes(bytes(whole))
    told = ""
    try:
        if key in finished(folder):
            read(folder, [key])
    except SweepError as error:
        told = str(error)
    assert not told or str(path) in told
    assert path.read_bytes() == bytes(whole)
