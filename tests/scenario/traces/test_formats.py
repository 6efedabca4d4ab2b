import json
import struct
import zlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mglru_lab.scenario.traces import formats
from mglru_lab.scenario.traces.entries import TraceError

FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
LACKEY = """==7== Lackey, an example Valgrind tool
I  04001100,3
 S 1ffeffe7e8,8
 L 00001010,8
 M 00001fff,4
 L 1ffeffe7e8,8
==7== done
"""
REGION = {"start": "4,096", "end": "12,288", "nr_accesses": {"samples": "3", "percent": None}}
IDLE = {"start": "12288", "end": "99999999999999", "nr_accesses": {"samples": 0}}
RECORDS = [
    {
        "target_id": 5,
        "snapshots": [
            {"start_time": "0 ns", "end_time": "100 ms", "regions": [REGION, IDLE]},
            {"start_time": "100 ms", "end_time": "1 s 5,000 us", "regions": [REGION]},
        ],
    }
]
PERF = (
    "kdamond.0  4452 [000] 82877.315633: damon:damon_aggregated: target_id=18446623435582458880 "
    "nr_regions=2 4096-12288: 3 3\n"
)
BINARY = b"damon_recfmt_ver" + struct.pack("<iqqIQI", 2, 7, 5, 1, 9, 2)
BINARY += struct.pack("<QQI", 4096, 12288, 3) + struct.pack("<QQI", 12288, 1 << 40, 0)


def rows(path: Path, form: str = "", quantum: int = 2) -> list[tuple[int, int, int, bool]]:
    return formats.read(path, form, quantum=quantum).rows()


def put(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def oracle(*records: tuple[int, int, int, int]) -> bytes:
    return b"".join(struct.pack("<IQIq", *record) for record in records)


def test_lackey_counts_data_accesses_only(tmp_path: Path) -> None:
    assert rows(put(tmp_path / "x.lackey", LACKEY)) == [
        (0, 1, 1, True), (0, 0, 1, False), (1, 0, 1, True), (1, 1, 1, False),
    ]  # fmt: skip


def test_csv_by_page_or_address_with_or_without_time(tmp_path: Path) -> None:
    by_page = put(tmp_path / "x.csv", "t,page,n,w\n5,70,2,r\n5,70,1,1\n9,60,4,false\n")
    assert rows(by_page) == [(0, 1, 3, True), (4, 0, 4, False)]
    by_address = put(tmp_path / "y.csv", "address\n8191\n4096\n0\n")
    assert rows(by_address) == [(0, 1, 2, True), (1, 0, 1, True)]


def test_numpy_is_a_row_of_pages(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([9, 9, -1]))
    assert rows(tmp_path / "x.npy") == [(0, 1, 2, True), (1, 0, 1, True)]


def test_oracle_general_is_24_bytes_an_object(tmp_path: Path) -> None:
    data = oracle((1, 7, 4096, 2), (1, 9, 100, -1), (3, 7, 4096, (1 << 63) - 1))
    path = put(tmp_path / "x.oracleGeneral.bin", data)
    assert rows(path) == [(0, 0, 1, True), (0, 1, 1, True), (1, 0, 1, True)]


@pytest.mark.parametrize(
    "data",
    [json.dumps(RECORDS).encode(), zlib.compress(json.dumps(RECORDS).encode())],
    ids=["json", "compressed"],
)
def test_damo_records_touch_every_page_of_an_accessed_region(tmp_path: Path, data: bytes) -> None:
    assert rows(put(tmp_path / "damon.data", data)) == [
        (0, 0, 3, True), (0, 1, 3, True), (1, 0, 3, True), (1, 1, 3, True),
    ]  # fmt: skip


@pytest.mark.parametrize("data", [PERF.encode(), BINARY], ids=["perf script", "old record"])
def test_damos_other_formats(tmp_path: Path, data: bytes) -> None:
    assert rows(put(tmp_path / "damon.data", data)) == [(0, 0, 3, True), (0, 1, 3, True)]


@pytest.mark.parametrize("form", ["x.parquet", "x.csv", "x.u32", "x.npy", "x.oracleGeneral"])
def test_what_is_written_is_read_again(tmp_path: Path, form: str) -> None:
    first = formats.read(put(tmp_path / "a.lackey", LACKEY), quantum=2)
    formats.write(first, tmp_path / form)
    again = formats.read(tmp_path / form, quantum=2)
    assert again["page"].to_list() == first["page"].to_list()
    if form in ("x.parquet", "x.csv"):
        assert again.equals(first)
    if form == "x.u32":
        assert again["w"].to_list() == first["w"].to_list()
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_next_access_is_the_next_one(tmp_path: Path) -> None:
    table = pl.DataFrame({"t": [0, 0, 1], "page": [3, 4, 3], "n": [1, 1, 1], "w": [True] * 3})
    formats.write(table, tmp_path / "x.oracleGeneral")
    written = (tmp_path / "x.oracleGeneral").read_bytes()
    assert written == oracle((0, 3, 4096, 2), (0, 4, 4096, -1), (1, 3, 4096, -1))


def npy(shape: str, data: bytes = b"") -> bytes:
    header = f"{{'descr': '<i8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("x.what", b"", "its name tells no format; say one of parquet, words"),
        ("x.npy", npy("(1000000000000000,)"), "no NumPy array"),
        ("x.npy", npy("(2, 1)", bytes(16)), "allowed is one row of whole numbers"),
        ("x.npy", b"PK", "no NumPy array"),
        ("x.csv", b"a,b\n1,2\n", "line 1: a column page or address is missing"),
        ("x.csv", b"page\n1\n-2\n", "line 3: column page: '-2' is not allowed: a whole number"),
        ("x.csv", b"t,page\n2,1\n1,1\n", "access 1 is earlier than the one before it"),
        ("x.csv", b"page,w\n1,maybe\n", "line 2: column w: 'maybe' is not allowed: 1, true"),
        ("x.csv", b"page\n", "no access in it"),
        ("x.lackey", b"I  04001100,3\nhello\n", "line 2: 'hello' is no line of lackey's"),
        ("x.oracleGeneral", bytes(25), "25 bytes are not a whole number of 24-byte records"),
        ("x.oracleGeneral", oracle((1, 7, 1, 0)), "record 0: next access 0 is not after it"),
        ("x.oracleGeneral", oracle((2, 7, 1, -1), (1, 8, 1, -1)), "record 1: its time is before"),
        ("x.damo", b"PERFILE2", "perf's own file: give what `perf script -i x.damo` prints"),
        ("x.damo", BINARY[:-1], "byte 72: cut off"),
        ("x.damo", zlib.compress(b"[]" * 99)[:-8], "compressed, but it is cut off"),
        ("x.damo", b'[{"snapshots": [{"regions": [{}]}]}]', "record 0, snapshot 0, region 0"),
        ("x.damo", b"hello\n", "line 1: 'hello' is no line of damon:damon_aggregated"),
        ("x.damo", PERF.replace("12288", str(1 << 60)).encode(), "pages; allowed are 1073741823"),
        ("x.damo", PERF.replace("12288", "1").encode(), "region 4096-1, 3 accesses: impossible"),
    ],
)
def test_damage_is_told_with_file_place_and_reason(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    path = put(tmp_path / name, data)
    with pytest.raises(TraceError) as error:
        formats.read(path)
    assert str(path) in str(error.value)
    assert message in str(error.value)


def test_a_count_of_regions_is_believed_only_as_far_as_the_file_goes(tmp_path: Path) -> None:
    data = b"damon_recfmt_ver" + struct.pack("<iqqIQI", 2, 7, 5, 1, 9, (1 << 32) - 1)
    with pytest.raises(TraceError, match="byte 52: cut off"):
        formats.read(put(tmp_path / "x.damo", data))


def sample(form: str, path: Path) -> bytes:
    table = formats.read(put(path / "a.lackey", LACKEY))
    if form in formats.WRITERS:
        formats.write(table, path / "a", form)
        return (path / "a").read_bytes()
    return {"lackey": LACKEY.encode(), "damo": json.dumps(RECORDS).encode()}[form]


@pytest.mark.parametrize("form", list(formats.READERS))
@given(data=st.data())
@FUZZ
def test_any_bytes_are_a_trace_or_an_error(tmp_path: Path, form: str, data: st.DataObject) -> None:
    """A good file with some of its bytes replaced, cut off or doubled; or any bytes at all."""
    start = bytearray(sample(form, tmp_path))
    if form == "damo":
        start = bytearray(data.draw(st.sampled_from([bytes(start), BINARY, PERF.encode()])))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(start)))
        start[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    whole = data.draw(st.one_of(st.just(bytes(start)), st.binary(max_size=200)))
    path = put(tmp_path / "fuzzed", whole)
    told = ""
    try:
        table = formats.read(path, form)
    except TraceError as error:
        told = str(error)
    if told:
        assert str(path) in told
        return
    assert table.columns == ["t", "page", "n", "w"]
    assert table.height > 0
    assert table["t"].is_sorted()
    assert not sum(table.null_count().row(0))
    assert not table.select("t", "page").is_duplicated().any()
