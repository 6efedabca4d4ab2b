import polars as pl

from mglru_lab.show.host import prose


def test_old_pages_of_a_host_are_counted_in_its_last_snapshot() -> None:
    frame = pl.DataFrame(
        {"seconds": [0, 1, 1, 1], "distance": [0, 0, 1, 2], "anon": [9, 1, 2, 3], "file": [0] * 4}
    )
    assert "3 of 6 pages (50%)" in prose.generations(frame)


def test_counters_that_moved_come_by_size() -> None:
    schema = {"counter": pl.String, "machine": pl.Int64, "memcg": pl.Int64}
    assert "not copied" in prose.counted(pl.DataFrame(schema=schema))
    frame = pl.DataFrame([("a", 1, 0), ("b", 5, 0), ("c", 0, 0)], schema, orient="row")
    assert prose.counted(frame) == "What grew most on the machine: `b` 5, `a` 1."
    assert "No counter" in prose.counted(frame.filter(counter="c"))


def test_a_kernel_that_takes_pages_in_use_for_idle_is_named() -> None:
    frame = pl.DataFrame({"what": list("abcde"), "x": [9, 5, 4, 9, 0], "y": [9, 5, 0, 5, 5]})
    said = prose.what_if(frame)
    said = said
    assert "**x** takes 5 of 9 pages for idle, " in said
    assert "although 4 of these are in use, and scans 9 to evict 0" in said
    assert "The aging of x does not see" in said
