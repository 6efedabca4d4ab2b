from pathlib import Path

import pytest

from mglru_lab.scenario.traces import formats
from mglru_lab.scenario.traces.entries import TraceError

MSR = (
    "128166372003061629,hm,0,Write,7014912,4096,26\n"
    "128166372016382155,hm,0,Read,1074696192,8192,113\n"
)
ALIBABA = "3,W,4096,512,1577808000000046\n"
TWITTER = "0,ab:x1,17,213,4,get,0\n0,ab:x2,27,27,5,set,0\n7,ab:x1,17,213,4,get,0\n"
META = "op_time,key,key_size,op,op_count,size\n604038471,b,48,GET,1,87\n604038472,a,24,GET,3,0\n"


def rows(path: Path, text: str, columns: str = "") -> list[tuple[int, int, int, bool]]:
    path.write_text(text)
    return formats.read(path, columns=columns, quantum=2).rows()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.csv"


def test_tracers_write_hexadecimal_and_words(file: Path) -> None:
    text = "address,w\n0x7f3c1000,W\n0X7F3C2fff,R\n"
    assert rows(file, text) == [(0, 0, 1, True), (0, 1, 1, False)]
    assert rows(file, "page,w\n1,write\n2,read\n") == [(0, 0, 1, True), (0, 1, 1, False)]
    assert rows(file, "t,page\n0x0,7\n16,0x8\n") == [(0, 0, 1, True), (16, 1, 1, True)]


def test_hexadecimal_without_its_mark_is_told(file: Path) -> None:
    with pytest.raises(TraceError, match=r"line 2: column address: '7f3c1000' .*begins with 0x"):
        rows(file, "address\n7f3c1000\n")


def test_a_block_trace_touches_every_page_of_an_access(file: Path) -> None:
    found = rows(file, MSR, "t=1/10000000,w=4,address=5,size=6")
    assert found == [(0, 0, 1, True), (0, 1, 1, True), (1, 2, 1, False), (1, 3, 1, False)]
    assert rows(file, "a,b\n4096,0\n4096,4096\n", "address=a,size=b") == [(0, 0, 2, True)]


def test_a_key_is_a_page_numbered_as_it_comes(file: Path) -> None:
    assert rows(file, TWITTER, "t=1,key=2,w=6") == [
        (0, 0, 1, False), (0, 1, 1, True), (7, 0, 1, False),
    ]  # fmt: skip
    assert rows(file, META, "t=op_time,key=key,w=op") == [(0, 0, 1, False), (1, 1, 1, False)]


def test_times_with_a_fraction_are_cut_to_quanta(file: Path) -> None:
    text = "s,p\n0.05,1\n0.15,1\n0.25,2\n"
    assert rows(file, text, "t=s/0.1,page=p") == [(0, 0, 1, True), (1, 0, 1, True), (2, 1, 1, True)]
    with pytest.raises(TraceError, match=r"line 2: column s \(t\): '0.05' is not allowed"):
        rows(file, text, "t=s,page=p")


@pytest.mark.parametrize(
    ("text", "what", "columns"),
    [
        (MSR, "block traces of MSR Cambridge; line 1 has", "t=1/10000000,w=4,address=5,size=6"),
        (TWITTER, "Twitter's cache traces; line 1 has no names", "t=1,key=2,w=6"),
        (META, "Meta's kvcache traces", "t=op_time,key=key,w=op"),
        (ALIBABA, "block traces of Alibaba", "w=2,address=3,size=4,t=5/1000000"),
    ],
)  # fmt: skip
def test_public_traces_are_recognized_and_the_advice_works(
    file: Path, text: str, what: str, columns: str
) -> None:
    with pytest.raises(TraceError) as error:
        rows(file, text)
    assert f"; it looks like {what}" in str(error.value)
    assert str(error.value).endswith(f"try --from csv --columns {columns}")
    assert rows(file, text, columns)


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("1,2\n3,4\n", "", "say which column is what: --columns page=2,t=1"),
        (TWITTER, "key", "columns 'key': allowed is ROLE=COLUMN; roles are page, address, key"),
        (TWITTER, "colour=2", "columns 'colour=2': allowed is ROLE=COLUMN"),
        (TWITTER, "key=2,key=3", "key is there twice"),
        (TWITTER, "key=9", "columns key=column_9: there is none; it has 7 columns"),
        (META, "key=kay", "columns key=kay: there is none; it has op_time, key"),
        (META, "key=2", "line 1 has names: give those instead of numbers: op_time, key"),
        (META, "key=2,t=1", "line 1 has names"),
        (MSR, "size=6", "a size needs an address"),
        (MSR, "address=5,t=1/0", "'0' is no number above 0"),
        (MSR, "t=1", "a column page or address is missing"),
        (MSR, "page=2", "line 1: column column_2 (page): 'hm' is not allowed: a whole number"),
        ("a,s\n0,99999999999\n", "address=a,size=s", "column s: 99999999999 bytes are too many"),
        (META, "key=key,w=key", "line 2: column key (w): 'b' is not allowed: 1, true"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(file: Path, text: str, columns: str, message: str) -> None:
    with pytest.raises(TraceError) as error:
        rows(file, text, columns)
    assert message in str(error.value)


def test_columns_are_for_csv(tmp_path: Path) -> None:
    (tmp_path / "x.u32").write_bytes(bytes(8))
    with pytest.raises(TraceError, match="columns are for csv, not for words"):
        formats.read(tmp_path / "x.u32", "words", columns="page=1")
