import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mglru_lab.kernel.replay import GUEST_BIT, PAGE_MASK, READ_BIT
from mglru_lab.paths import DATA
from mglru_lab.scenario.generators import WORKLOADS, trace
from mglru_lab.scenario.traces.entries import (
    TraceError,
    check_entries,
    load_trace,
    read_quanta,
    read_trace,
)

untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

READ, GUEST = 1 << READ_BIT, 1 << GUEST_BIT


def parquet(path: Path, **columns: Any) -> Path:
    pl.DataFrame(columns).write_parquet(path)
    return path


@pytest.fixture
def quanta(tmp_path: Path) -> Path:
    return tmp_path / "trace.parquet"


# Files of 32-bit words


@untimed
@given(words=st.lists(st.integers(0, (1 << 32) - 1), min_size=1))
def test_words_are_little_endian_entries(
    words: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "words.u32"
    path.write_bytes(b"".join(word.to_bytes(4, "little") for word in words))
    entries = read_trace(path)
    assert entries.tolist() == words
    assert (entries.dtype.name, entries.flags.writeable) == ("uint32", True)


@pytest.mark.parametrize("size", [0, 1, 3, 6, 4097])
def test_a_file_that_is_no_whole_number_of_words_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x.u32"
    path.write_bytes(bytes(size))
    with pytest.raises(TraceError, match=f"x.u32: {size} bytes are not a whole number of 32-bit"):
        read_trace(path)


# Tables of quanta


def test_every_record_of_a_table_is_one_access_in_its_order(quanta: Path) -> None:
    parquet(quanta, t=[0, 0, 5], page=[9, 2, 9], w=[True, False, True])
    assert read_trace(quanta).tolist() == [9, 2 | READ, 9]


def test_what_is_not_told_to_be_read_is_written(quanta: Path) -> None:
    assert read_trace(parquet(quanta, t=[0, 1], page=[9, PAGE_MASK])).tolist() == [9, PAGE_MASK]
    assert read_quanta(quanta)["w"].to_list() == [True, True]


@untimed
@given(
    records=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, PAGE_MASK), st.booleans()), min_size=1
    ),
    kind=st.sampled_from([pl.Int64, pl.UInt32, pl.Int32]),
)
def test_a_table_reads_back_whatever_its_integers(
    records: list[tuple[int, int, bool]],
    kind: type[pl.DataType],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    records.sort(key=lambda record: record[0])
    path = tmp_path_factory.getbasetemp() / "table.parquet"
    schema: dict[str, Any] = {"t": pl.Int64, "page": kind, "w": pl.Boolean}
    pl.DataFrame(records, schema, orient="row").write_parquet(path)
    expected = [page | (0 if written else READ) for _, page, written in records]
    assert read_trace(path).tolist() == expected


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"t": [0]}, "an integer column 'page' is missing: ['t']"),
        ({"page": [0]}, "an integer column 't' is missing: ['page']"),
        ({"t": [0.5], "page": [0]}, "an integer column 't' is missing"),
        ({"t": [0], "page": ["a"]}, "an integer column 'page' is missing"),
        ({"t": [0], "page": [0], "w": [1]}, "column 'w' is Int64, allowed is Boolean"),
        ({"t": [1, 0], "page": [0, 0]}, "column 't' is not in ascending order"),
        ({"t": [0, 0], "page": [-1, 5]}, f"pages -1 to 5; allowed are 0 to {PAGE_MASK}"),
        ({"t": [0], "page": [1 << 30]}, f"allowed are 0 to {PAGE_MASK}"),
        ({"t": [0, None], "page": [0, 0]}, "the table is empty or has nulls"),
        ({"t": [0, 0], "page": [0, None]}, "the table is empty or has nulls"),
        ({"t": [0, None], "page": [0, None]}, "the table is empty or has nulls"),
        ({"t": pl.Series([], dtype=pl.Int64), "page": pl.Series([], dtype=pl.Int64)}, "is empty"),
    ],
)
def test_a_table_that_is_no_trace_is_refused_by_its_column(
    quanta: Path, columns: dict[str, Any], message: str
) -> None:
    with pytest.raises(TraceError, match=re.escape(message)) as error:
        read_trace(parquet(quanta, **columns))
    assert str(error.value).startswith(f"{quanta}: ")


@untimed
@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_are_no_table(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.parquet"
    for content in (data, b"PAR1" + data):
        path.write_bytes(content)
        with pytest.raises(TraceError, match="no Parquet table"):
            read_trace(path)


def test_a_table_cut_short_anywhere_is_refused(quanta: Path) -> None:
    parquet(quanta, t=[0, 0, 5], page=[9, 2, 9], w=[True, False, True])
    whole = quanta.read_bytes()
    for size in range(len(whole)):
        quanta.write_bytes(whole[:size])
        with pytest.raises(TraceError, match="no Parquet table"):
            read_trace(quanta)


def test_a_table_without_its_last_magic_is_refused(quanta: Path) -> None:
    buffer = io.BytesIO()
    pl.DataFrame({"t": [0], "page": [1]}).write_parquet(buffer)
    quanta.write_bytes(buffer.getvalue()[:-4] + b"PARX")
    with pytest.raises(TraceError, match="no Parquet table"):
        read_trace(quanta)


@pytest.mark.parametrize("name", ["guest.parquet", "sqlite.parquet"])
def test_the_traces_of_real_programs_can_be_read(name: str) -> None:
    table, entries = read_quanta(DATA / name), read_trace(DATA / name)
    assert (table.columns, table.height) == (["t", "page", "w"], entries.size)
    assert int((entries & PAGE_MASK).max()) == table["page"].max()
    assert int(np.count_nonzero(entries < READ)) == table["w"].sum()


# Where they are looked for


def word(folder: Path, value: int, name: str = "x.u32") -> Path:
    folder.mkdir(exist_ok=True)
    np.array([value], "<u4").tofile(folder / name)
    return folder


def test_a_trace_is_looked_up_by_its_name_in_folder_after_folder(tmp_path: Path) -> None:
    first, second = word(tmp_path / "1", 1), word(tmp_path / "2", 2)
    path, entries = load_trace("/on/the/recorder/x.u32", [tmp_path, None, second, first])
    assert (path, entries.tolist()) == (str(second / "x.u32"), [2])


def test_a_file_goes_before_the_recorders_own_trace_of_that_name(tmp_path: Path) -> None:
    folder = word(tmp_path / "1", 77, "cyclic_15")
    assert load_trace("cyclic_15", [folder])[1].tolist() == [77]


def test_data_of_the_project_is_found_without_a_folder() -> None:
    path, entries = load_trace("traces/guest.parquet", [])
    assert (path, entries.size > 0) == (str(DATA / "guest.parquet"), True)


@pytest.mark.parametrize("name", ["uniform_15", "uniform_15.u32", "/traces/uniform_15.u32"])
def test_the_recorders_own_traces_are_made_anew(name: str) -> None:
    path, entries = load_trace(name, [])
    assert path == Path(name).name
    assert np.array_equal(entries, trace("uniform_15"))


@pytest.mark.parametrize("name", ["uniform_15@7", "uniform_15@7.u32", "/trace/uniform_15_7.u32"])
def test_a_seed_after_the_name_makes_another_one(name: str) -> None:
    assert np.array_equal(load_trace(name, [])[1], trace("uniform_15", 7))
    assert not np.array_equal(load_trace(name, [])[1], trace("uniform_15"))


@pytest.mark.parametrize("name", ["nowhere.u32", "uniform_16", "uniform_15@x", "uniform_15@-1", ""])
def test_an_unknown_trace_is_refused_with_the_places_and_the_names(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(TraceError) as error:
        load_trace(name, [tmp_path])
    assert f"trace {name!r} is in none of: {tmp_path}, {DATA}" in str(error.value)
    assert all(workload in str(error.value) for workload in WORKLOADS)


@pytest.mark.parametrize("name", ["x.csv", "x.npy", "x.oracleGeneral.zst", "x.damo"])
def test_a_trace_of_another_format_is_never_taken_for_words(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(bytes(8))
    with pytest.raises(TraceError, match=f"mglru-lab trace convert {name} NAME.parquet"):
        load_trace(name, [tmp_path])


def test_a_damaged_file_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "cyclic_15").write_bytes(b"123")
    with pytest.raises(TraceError, match="3 bytes"):
        load_trace("cyclic_15", [tmp_path])


# Entries and regions


@pytest.mark.parametrize(
    ("entries", "pages"),
    [([9], [10]), ([9 | READ], [10]), ([9, 19 | GUEST], [10, 20]), ([19 | GUEST | READ], [10, 20]),
     ([], [10])],
)  # fmt: skip
def test_entries_inside_the_regions_are_allowed(entries: list[int], pages: list[int]) -> None:
    check_entries("x", np.array(entries, np.uint32), pages)


@pytest.mark.parametrize(
    ("entries", "pages", "message"),
    [
        ([0, 10], [10], "x: entry 1: page 10 of the first region; allowed are 0 to 9"),
        ([10 | READ], [10], "x: entry 0: page 10 of the first region; allowed are 0 to 9"),
        ([15 | GUEST, 15], [10, 20], "x: entry 1: page 15 of the first region"),
        ([20 | GUEST], [10, 20], "x: entry 0: page 20 of the second region; allowed are 0 to 19"),
        ([0 | GUEST], [10], "x: entry 0: page 0 of the second region; there is none"),
        ([0], [], "x: entry 0: page 0 of the first region; there is none"),
    ],
)
def test_the_first_entry_outside_the_regions_is_named(
    entries: list[int], pages: list[int], message: str
) -> None:
    with pytest.raises(TraceError, match=re.escape(message)):
        check_entries("x", np.array(entries, np.uint32), pages)


def test_nulls_in_any_column_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "nulls.parquet"
    pl.DataFrame({"t": [0, 1], "page": [1, 2], "w": [True, None]}).write_parquet(path)
    with pytest.raises(TraceError, match="has nulls"):
        read_trace(path)


@pytest.mark.parametrize("name", ["x" * 300, "uniform_15@x"])
def test_a_name_that_no_file_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="trace '"):
        load_trace(name, [tmp_path])


def test_a_seed_is_taken_modulo_2_to_the_64(tmp_path: Path) -> None:
    _, entries = load_trace(f"uniform_15@{(1 << 64) + 7}", [tmp_path])
    assert entries.tolist() == load_trace("uniform_15@7", [tmp_path])[1].tolist()
