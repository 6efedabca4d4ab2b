import polars as pl

from mglru_lab.lab.host.memcgs import over_time
from mglru_lab.lab.host.snapshots import history
from mglru_lab.paths import DATA
from mglru_lab.show.host import charts


def test_bands_have_every_generation_and_no_type_without_pages() -> None:
    table = over_time(history(DATA / "host_sample"))
    every = charts.every_generation(table)
    assert every.group_by("seconds").len()["len"].to_list() == [4] * 5
    assert every["anon"].sum() == table["anon"].sum()
    spec = charts.generations(table, "/g").to_dict()
    (rows,) = spec["datasets"].values()
    assert {row["variable"] for row in rows} == {"anon"}
    ends = [row["pages"] for row in rows if row["seconds"] == 50]
    assert ends == [row["pages"] for row in rows if row["seconds"] == 40] != []
    assert "of /g are in" in spec["title"]


def test_one_moment_is_bars() -> None:
    table = over_time(history(DATA / "host_sample"))
    one = table.filter(pl.col("seconds") == 0)
    assert charts.generations(one, "/g").to_dict()["spec"]["mark"]["type"] == "bar"
    assert charts.generations(table, "/g").to_dict()["spec"]["mark"]["type"] == "area"
