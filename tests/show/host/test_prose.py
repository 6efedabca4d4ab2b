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
    assert prose.counted(some, ["Made anew."]) == "On the machine most grew: `pswpin` 5. Made anew."


def test_nothing_to_compute_is_said() -> None:
    assert "MGLRU is off" in prose.what_if(pl.DataFrame({"what": []}))
