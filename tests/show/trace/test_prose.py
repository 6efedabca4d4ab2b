import polars as pl

from mglru_lab.scenario.traces.facts import TraceFacts
from mglru_lab.show.trace import prose


def facts() -> TraceFacts:
    """Page 0 in each of ten quanta; ten others in the first and the last one."""
    rows = [(t, 0) for t in range(10)] + [(t, page) for t in (0, 9) for page in range(1, 11)]
    table = pl.DataFrame(sorted(rows), ["t", "page"], orient="row")
    return TraceFacts(table.with_columns(n=pl.lit(1), w=pl.lit(False)))


def test_a_traces_answers_are_its_numbers() -> None:
    assert "Of 11 pages touched the median window of 1 quanta needs 1 (9.1%), the largest 11" in (
        prose.working_set(facts())
    )
    said = prose.reuse(facts())  # 30 touches: 11 first ones, 9 of page 0, 10 after a rest
    assert "30% of the touches find" in said
    assert "33% one that rested longer, and 37% are a page's first" in said
    assert "takes 33% of the touches" in prose.heat(facts())


def totals(*refaults: int) -> pl.DataFrame:
    what = ["pages swapped in again (refaults)", "pages scanned at the end of the list"]
    return pl.DataFrame({"what": what} | {f"k{n}": [back, 5] for n, back in enumerate(refaults)})


def test_kernels_that_hardly_differ_are_not_called_apart() -> None:
    assert "hardly changes what comes back" in prose.pressed(totals(1000, 1010))
    assert "They are 50% apart" in prose.pressed(totals(1500, 1000))
    assert "**k0** swaps in 1,500 pages again and scans 5" in prose.pressed(totals(1500, 1))


def test_old_pages_of_a_host_are_counted_in_its_last_snapshot() -> None:
    frame = pl.DataFrame(
        {"seconds": [0, 1, 1, 1], "distance": [0, 0, 1, 2], "anon": [9, 1, 2, 3], "file": [0] * 4}
    )
    assert "3 of 6 pages (50%)" in prose.generations(frame)


def test_counters_that_moved_come_by_size() -> None:
    schema = {"counter": pl.String, "machine": pl.Int64, "memcg": pl.Int64}
    assert "not copied" in prose.counted(pl.DataFrame(schema=schema))
    frame = pl.DataFrame([("a", 1, 0), ("b", 5, 0), ("c", 0, 0)], schema, orient="row")
    assert prose.counted(frame) == "On the machine most grew: `b` 5, `a` 1."
    assert "No counter" in prose.counted(frame.filter(counter="c"))


def test_a_kernel_that_takes_pages_in_use_for_idle_is_named() -> None:
    frame = pl.DataFrame({"what": list("abcde"), "x": [9, 5, 4, 9, 0], "y": [9, 5, 0, 5, 5]})
    said = prose.what_if(frame)
    assert "**x** takes 5 of 9 pages for idle, 4 of them in use, and scans 9 to evict 0" in said
    assert "The aging of x does not see" in said
