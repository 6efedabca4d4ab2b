import polars as pl

from mglru_lab.show.host import prose


def test_flaws_are_listed_escaped_and_counted() -> None:
    assert prose.flaws([]) == ""
    said = prose.flaws([f"<b>{n}" for n in range(prose.SHOWN + 3)])
    assert "- &lt;b&gt;0\n" in said
    assert said.endswith("- 3 more")


def test_why_counters_do_not_compare_is_said() -> None:
    kinds = {"counter": pl.String, "machine": pl.Int64, "memcg": pl.Int64}
    nothing = pl.DataFrame(schema=kinds)
    assert "were not copied" in prose.counted(nothing)
    assert prose.counted(nothing, ["Started anew."]) == "Started anew."
    some = pl.DataFrame([("pswpin", 5, None)], kinds, orient="row")
    assert (
        prose.counted(some, ["Made anew."])
        == "What grew most on the machine: `pswpin` 5. Made anew."
    )


def test_nothing_to_compute_is_said() -> None:
    assert "MGLRU is off" in prose.what_if(pl.DataFrame({"what": []}))


def test_counters_that_moved_come_by_size() -> None:
    schema = {"counter": pl.String, "machine": pl.Int64, "memcg": pl.Int64}
    assert "not copied" in prose.counted(pl.DataFrame(schema=schema))
    frame = pl.DataFrame([("a", 1, 0), ("b", 5, 0), ("c", 0, 0)], schema, orient="row")
    assert prose.counted(frame) == "What grew most on the machine: `b` 5, `a` 1."
    assert "No counter" in prose.counted(frame.filter(counter="c"))


def test_a_kernel_that_takes_pages_in_use_for_idle_is_named() -> None:
    frame = pl.DataFrame({"what": list("abcde"), "x": [9, 5, 4, 9, 0], "y": [9, 5, 0, 5, 5]})
    said = prose.what_if(frame)
    assert "**x** takes 5 of 9 pages for idle, " in said
    assert "although 4 of these are in use, and scans 9 to evict 0" in said
    assert "The aging of x does not see" in said
