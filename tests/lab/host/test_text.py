import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mglru_lab.lab.host import text as host_text
from mglru_lab.lab.host.text import HostError, read_counters, read_lru_gen
from mglru_lab.paths import DATA

SAMPLE = (DATA / "host_sample/1/sys/kernel/debug/lru_gen_full").read_text()
OLD = (Path(__file__).parent / "host_6.1/1/sys/kernel/debug/lru_gen_full").read_text()
# As a kernel with two memcgs and a node each writes it, lines of zeros and marks included.
WHOLE = """memcg     1 /
 node     0
          7      20000         12           0x
                     0          0           0           0           0           0           0 \n\
                                0           0           0           0 \n\
          8       1000          0         345 \n\
                     0          1R          2T          3x          0R          0T          0x
                             6562T       2308Y         20F          6A
memcg    42 /a slice
 node     0
          1         90          1           2 \n\
          2          4          3           4 \n\
"""


def test_what_a_kernel_writes_is_read() -> None:
    rows, flaws = read_lru_gen("x", WHOLE)
    assert not flaws
    assert [row[1:2] + row[4:] for row in rows] == [
        (1, 7, 20000, 12, 0), (1, 8, 1000, 0, 345), (42, 1, 90, 1, 2), (42, 2, 4, 3, 4),
    ]  # fmt: skip
    assert rows[2].path == "/a slice"


@pytest.mark.parametrize("text", [SAMPLE, OLD])
def test_recorded_text_of_both_kernels_is_read(text: str) -> None:
    rows, flaws = read_lru_gen("x", text)
    assert {row.path for row in rows} == {"/o_k_mixed_en7"}
    assert sum(row.anon for row in rows) == 2050
    assert not flaws


def block(memcg: int | str, path: str, *rows: str, node: int = 0) -> str:
    head = f"memcg {memcg:>5} {path}\n node {node:5d}\n"
    return head + "".join(f" {row} \n" for row in rows or ("3 900 20 4", "4 400 30 2"))


def shown(text: str) -> list[tuple[int, str, int]]:
    """Number, path and seq of every generation."""
    rows, flaws = read_lru_gen("x", text)
    assert not flaws
    return [(row.memcg, row.path, row.seq) for row in rows]


@pytest.mark.parametrize(
    ("text", "memcg", "path"),
    [
        ("memcg 4294969345 /v\n node     0\n 3 9 1 1 \n 4 4 1 1 \n", 4294969345, "/v"),
        ("memcg     8     /user.slice\n node     0\n 3 9 1 1 \n 4 4 1 1 \n", 8, "/user.slice"),
        ("memcg\t8\t/user.slice  \r\n node 0\r\n\t3 9 1 1\r\n\r\n 4 4 1 1\r\n", 8, "/user.slice"),
        ("\ufeffmemcg     8 /a b\n node     0\n 3 9 1 1 \n 4 4 1 1 \n", 8, "/a b"),
        ("memcg     0 \n node     0\n 3 9 1 1 \n 4 4 1 1 \n", 0, ""),  # CONFIG_MEMCG=n
        ("memcg     1 /\n node     0\n 3 9 -0 1 \n 4 4 1 1 \n", 1, "/"),  # as backports wrote it
    ],
    ids=["7.x", "blanks", "copied", "byte order mark", "no memcgs", "-0"],
)  # fmt: skip
def test_what_any_kernel_or_copying_makes_of_a_memcg(text: str, memcg: int, path: str) -> None:
    assert shown(text) == [(memcg, path, 3), (memcg, path, 4)]


def test_memcgs_that_were_removed_share_a_number_and_a_path() -> None:
    rows, flaws = read_lru_gen(
        "x", block(0, "/a") + block(0, "/a") + block(0, "/b") + block(7, "/a")
    )
    assert [(row.entry, row.memcg, row.path) for row in rows[::2]] == [
        (0, 0, "/a"), (1, 0, "/a"), (2, 0, "/b"), (3, 7, "/a"),
    ]  # fmt: skip
    assert not flaws


@pytest.mark.parametrize("later", [4004, 4010, 4999])
def test_the_clock_may_tick_between_two_lines(later: int) -> None:
    ages = (4000, later, later, later)
    rows = [f"{seq} {age} 5 5" for seq, age in enumerate(ages)]
    assert len(shown(block(7, "/a", *rows))) == 4


def test_an_age_that_began_anew_is_kept_and_told() -> None:
    rows, flaws = read_lru_gen("x", block(7, "/a", "3 900 5 5", "4 4000000000 5 5"))
    assert [row.age_ms for row in rows] == [900, 4000000000]
    assert "line 4: generation 4 is 3999999100 ms older" in flaws[0]


MARKS = """ 5        900          0x          4 \n\
                     0          1r          9e          0p          2r          8e          1p
                     3          1r          9e          0p          2r          8e          1p
                                0x          0x          0x          0x
          6        800         20           4 \n\
                     0          0x          0x          0x          0x          0x          0x
                              512t         80y          2f          1a
          7        700         30           4 \n\
                     0          3R          7T          0x          3R          7T          0x
                              512T         80Y          2F          1A
"""


def test_lines_of_tiers_and_walks_are_known_and_passed_over() -> None:
    assert [row[2] for row in shown("memcg     1 /\n node     0\n" + MARKS)] == [5, 6, 7]
    assert [row[2] for row in shown("memcg 1 /\n node 0\n" + MARKS.replace("x", " "))] == [5, 6, 7]


def test_nodes_are_read_one_by_one() -> None:
    text = block(1, "/") + block(1, "", node=5).partition("\n")[2] + block(2, "/b")
    rows, flaws = read_lru_gen("x", text)
    assert [(row.memcg, row.node) for row in rows[::2]] == [(1, 0), (1, 5), (2, 0)]
    assert not flaws


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (block(5, "/b", "3 9 1 1"), "1 generations on node 0"),
        (block(5, "/b", "3 9 1 1", "5 4 1 1"), "generation 5 after 3"),
        (block(5, "/b", "3 9 1 1", "4 4 1 1", "root@host:~#"), "root@host:~#' is no line"),
        (block(5, "/b", *[f"{n} 9 1 1" for n in range(5)]), "more than 4 generations"),
        (block(5, "/b", "3 9 1 1", f"4 4 {1 << 64} 1"), "a number that no counter"),
        (block("9x", "/b"), "'9x' is no memcg's number"),
        (block(5, "b"), "a memcg's path begins with /, not 'b'"),
        ("memcg     5 /b\n", "a memcg without a node"),
        (block(1, "/a"), "it is there twice"),
        (block(5, "/b", "3 9 1 1", "4 4 1 1", "12t 1y"), "12t 1y' is no line"),
    ],
)
def test_one_flaw_costs_one_memcg_and_is_told(damaged: str, reason: str) -> None:
    rows, flaws = read_lru_gen("x", block(1, "/a") + damaged + block(6, "/c"))
    assert [row.path for row in rows[::2]] == ["/a", "/c"]
    assert len(flaws) == 1
    assert reason in flaws[0]
    assert re.match(r"x: line \d+: ", flaws[0])


def test_a_memcg_whose_first_line_the_read_skipped_is_not_taken_for_another() -> None:
    nameless = block(5, "/b").partition("\n")[2]
    rows, flaws = read_lru_gen("x", block(1, "/a") + nameless + block(6, "/c"))
    assert [row.path for row in rows] == ["/a", "/a", "/c", "/c"]
    assert "line 5: node 0 again: the next memcg's first line is missing" in flaws[0]


def test_thousands_of_memcgs_are_read_in_well_under_a_second() -> None:
    text = "".join(block(i, f"/pod{i:08x}.slice/cri-{i:064x}.scope") for i in range(1, 5001))
    start = time.process_time()
    rows, _ = read_lru_gen("x", text)
    assert time.process_time() - start < 0.8
    assert len(rows) == 10_000


LRU_GEN = """memcg     2 /g
 node     0
          2        192          0           0 \n\
          3        192       1792           0 \n\
          4          8        258           0 \n"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("", "", "no memcg in it"),
        ("memcg     2 /g\n", "", "line 1: ' node     0' is before any memcg"),
        (" node     0\n", "", "line 2: '2        192          0           0' stands where"),
        ("          3        192", "          4        192", "line 4: generation 4 after 2"),
        ("1792", "17 92", "line 4: "),
        ("1792", "-792", "line 4: "),
        ("memcg     2 /g", "memcg", "line 1: '' is no memcg's number"),
    ],
)
def test_where_nothing_is_left_the_first_flaw_is_the_error(
    old: str, new: str, message: str
) -> None:
    with pytest.raises(HostError) as error:
        read_lru_gen("name", LRU_GEN.replace(old, new) if old else "")
    assert str(error.value).startswith("name: ")
    assert message in str(error.value)


def test_a_text_that_may_be_cut_off_is_read_and_told() -> None:
    rows, flaws = read_lru_gen("x", LRU_GEN[:-2])
    assert len(rows) == 3
    assert "line 5: the text does not end with a line's end: is it cut off?" in flaws[0]


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_mutated_text_is_an_error_or_says_what_it_says(data: st.DataObject) -> None:
    """Never a wrong table: what was read without a flaw, written once more, is the text."""
    text = data.draw(st.sampled_from([SAMPLE, OLD, LRU_GEN]))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        until = data.draw(st.integers(at, min(at + 30, len(text))))
        new = data.draw(st.text(" 0123456789xRTY\nmemcgnode/é", max_size=6))
        text = text[:at] + new + text[until:]
    told = ""
    try:
        rows, flaws = read_lru_gen("name", text)
    except HostError as error:
        told = str(error)
    if told:
        assert told.startswith("name: ")
        return
    assert all(re.match(r"name: line \d+: ", flaw) for flaw in flaws)
    if flaws:
        return
    lines = [line.replace("x", " ").split() for line in text.split("\n")]
    numbers = [[*map(int, w)] for w in lines if len(w) == 4 and "".join(w).isdecimal()]
    # Walks that were not kept are four zeros, too.
    assert [n for n in numbers if n[0]] == [[*row[4:]] for row in rows if row.seq]


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_counters_of_any_text_are_an_error_or_the_text(text: str) -> None:
    told = ""
    try:
        found, flaws = read_counters("name", text)
    except HostError as error:
        told = str(error)
    if told:
        assert told.startswith("name: ")
        return
    assert len(found) + len(flaws) == sum(1 for line in text.split("\n") if line.split())


def test_counters_are_read_and_doubled_ones_told() -> None:
    assert read_counters("x", "nr_a 1\r\nb(anon) -2") == ({"nr_a": 1, "b(anon)": -2}, [])
    found, flaws = read_counters("x", "a 1\na 2\nc d e\n")
    assert found == {"a": 1}
    assert "x: line 2: 'a 2' is no new counter" in flaws[0]
    assert len(flaws) == 2


@pytest.mark.parametrize("text", ["", "7", "0x7", "0x00007\n", "y\n", "0x000"])
def test_bits_are_four_digits(text: str) -> None:
    with pytest.raises(HostError, match="four digits"):
        host_text.read_bits("x", text)


def test_bits_of_before_it_was_merged_are_off_or_on() -> None:
    assert [host_text.read_bits("x", text) for text in ("0\n", "1\n", "0x0003 \n")] == [0, 7, 3]


@pytest.mark.parametrize("blank", ["\x0b", "\x1c", " \x0b\0 \x0b"])
def test_a_line_of_any_white_space_is_no_crash(blank: str) -> None:
    with pytest.raises(HostError):
        read_lru_gen("here", f"{blank}\n")
