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


def render(generations: list[host_text.Generation]) -> list[str]:
    """The lines of lru_gen, written once more; without marks."""
    lines: list[str] = []
    for row in generations:
        head = [f"memcg {row.memcg:5d} {row.path}", f" node {row.node:5d}"]
        for line in head:
            if line not in lines[-20:] or row == generations[0]:
                lines.append(line)
        lines.append(f" {row.seq:10d} {row.age_ms:10d} {row.anon:10d}  {row.file:10d} ")
    return lines


def test_what_a_kernel_writes_is_read() -> None:
    rows, walks = read_lru_gen("x", WHOLE)
    assert [row[:1] + row[3:] for row in rows] == [
        (1, 7, 20000, 12, 0), (1, 8, 1000, 0, 345), (42, 1, 90, 1, 2), (42, 2, 4, 3, 4),
    ]  # fmt: skip
    assert rows[2].path == "/a slice"
    assert walks == [host_text.Walks(1, 0, 6562, 2308)]


@pytest.mark.parametrize(("text", "walks"), [(SAMPLE, (6562, 2308)), (OLD, None)])
def test_recorded_text_of_both_kernels_is_read(text: str, walks: tuple[int, int] | None) -> None:
    rows, found = read_lru_gen("x", text)
    assert {row.path for row in rows} == {"/o_k_mixed_en7"}
    assert sum(row.anon for row in rows) == 2050
    if walks:
        assert [walk[2:] for walk in found] == [walks]


LRU_GEN = """memcg     2 /g
 node     0
          2        192          0           0 \n\
          3        192       1792           0 \n\
          4          8        258           0 \n"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("", "", "no memcg in it"),
        ("memcg     2 /g\n", "", "line 1: a node before any memcg"),
        (" node     0\n", "", "line 2: '          2 "),
        ("          3        192", "          4        192", "line 4: generation 4 after 2"),
        ("      8        258", "    999        258", "generation 4 is older than the one before"),
        ("1792", "17 92", "line 4: "),
        ("1792", "-792", "line 4: "),
        ("       1792", "      1792", "line 4: '          3        192      1792"),
        ("258           0 \n", "258           0 ", "line 5: cut off, it does not end"),
        ("memcg     2 /g", "memcg 2 /g", "line 1: 'memcg 2 /g': the kernel writes 'memcg     2"),
    ],
)
def test_damage_is_told_with_line_and_reason(old: str, new: str, message: str) -> None:
    with pytest.raises(HostError) as error:
        read_lru_gen("name", LRU_GEN.replace(old, new) if old else "")
    assert str(error.value).startswith("name: ")
    assert message in str(error.value)


def test_one_generation_alone_or_a_memcg_twice_is_no_table() -> None:
    head, rows = LRU_GEN[:27], LRU_GEN.splitlines(keepends=True)[2:]
    with pytest.raises(HostError, match="1 generations; the kernel has 2 at least"):
        read_lru_gen("x", head + rows[0])
    with pytest.raises(HostError, match="line 6: memcg 2 is there twice"):
        read_lru_gen("x", LRU_GEN * 2)
    with pytest.raises(HostError, match="line 2: a memcg without a node"):
        read_lru_gen("x", "memcg     1 /\nmemcg     2 /g\n")


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_mutated_text_is_an_error_or_says_what_it_says(data: st.DataObject) -> None:
    """Never a wrong table: what was read, written once more, is the text."""
    text = data.draw(st.sampled_from([SAMPLE, OLD, LRU_GEN]))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        until = data.draw(st.integers(at, min(at + 30, len(text))))
        new = data.draw(st.text(" 0123456789xRTY\nmemcgnode/é", max_size=6))
        text = text[:at] + new + text[until:]
    error = ""
    try:
        rows, _ = read_lru_gen("name", text)
    except HostError as told:
        error = str(told)
    if error:
        assert error.startswith("name: ")
        return
    kept = [
        line.rstrip(" ").replace("x", "").rstrip(" ")
        for line in text.splitlines()
        if not line.startswith(" " * 12)
    ]
    shown = [line.rstrip(" ") for line in render(rows)]
    names = [line for line in kept if not line.startswith("memcg")]
    assert names == [line for line in shown if not line.startswith("memcg")]


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_counters_of_any_text_are_an_error_or_the_text(text: str) -> None:
    error = ""
    try:
        found = read_counters("name", text)
    except HostError as told:
        error = str(told)
    if not error:
        assert len(found) == text.count("\n")


def test_counters_are_read_and_doubled_ones_refused() -> None:
    assert read_counters("x", "nr_a 1\nb(anon) -2\n") == {"nr_a": 1, "b(anon)": -2}
    with pytest.raises(HostError, match="line 2: 'a 2' is no new counter"):
        read_counters("x", "a 1\na 2\n")


@pytest.mark.parametrize("text", ["", "7", "0x7", "0x00007\n", "y\n"])
def test_bits_are_four_digits(text: str) -> None:
    with pytest.raises(HostError, match="four digits"):
        host_text.read_bits("x", text)
