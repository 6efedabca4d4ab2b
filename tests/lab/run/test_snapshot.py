import numpy as np
import pytest

from mglru_lab.lab.run.snapshot import asked, page_map, take
from tests.lab.run.played import machine

PAGE = 4096


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("region 4 anon", "...."),
        ("region 4 anon\ntouch 0 2", "AA.."),  # in a batch
        ("region 4 anon\ntouch 0 2\nsettle", "00.."),
        ("region 4 anon\ntouch 0 4\nsettle\nage\nage\ntouch 0 1\nage", "1333"),
        ("region 4 anon\ntouch 0 4\nsettle\nage\nage\nage\ntouch 0 1\nevict old", "0sss"),
        ("enabled 0\nregion 4 anon\ntouch 0 2\nsettle", "nn.."),
        ("region 4 rfile\nrtouch 0 2\nsettle", "22.."),
    ],
)
def test_a_letter_says_where_a_page_is(text: str, letters: str) -> None:
    made = machine(text)
    assert page_map(made.v, made.layout.regions()[0]).tobytes().decode() == letters


def test_sizes_are_pages_by_generation_oldest_first() -> None:
    made = machine("region 8 anon\ntouch 0 8\nsettle\nage\ntouch 0 3\nage")
    seen = take(made.v, "x", made.layout.regions(), [0, 0])
    assert (seen.min_seq, seen.max_seq) == (made.v.lru.min_seq[0], made.v.lru.max_seq)
    assert len(seen.sizes) == seen.max_seq - seen.min_seq + 1
    assert sum(seen.sizes) == sum(seen.anon_sizes) == 8
    assert seen.sizes[-2:] == [3, 0]  # used before the last aging


def test_memory_is_in_bytes_and_who_was_asked_by_place() -> None:
    made = machine("region 8 kvm\ntouch 0 8\nsettle\nage\nstat s")
    counters = made.log.snapshots[0].counters
    assert counters["anon"] == 9 * PAGE  # and the guest's code
    assert counters["memory.current"] >= counters["anon"]
    assert counters["asks_aging"] == asked(made.v)["asks_aging"] == 9
    assert counters["asks_eviction"] == 0


def test_two_regions_are_counted_each_and_their_pages_add_up() -> None:
    made = machine("region 8 anon\nregion 8 kvm\ntouch 0 5\ngtouch 0 2\nstat s")
    counters = made.log.snapshots[0].counters
    assert (counters["host_resident"], counters["guest_resident"]) == (5, 2)
    resident = np.array([counters["host_resident"], counters["guest_resident"]])
    assert counters["anon"] // PAGE >= resident.sum()
