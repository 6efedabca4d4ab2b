"""A host's memcgs: which is meant, which are the largest, one over time."""

from collections.abc import Sequence

import polars as pl

from mglru_lab.lab.host.host import Host
from mglru_lab.lab.host.text import HostError

PAGES = pl.col("anon") + pl.col("file")


def overview(host: Host) -> pl.DataFrame:
    """One row per memcg, nodes added up, the largest first.

    memcg (its number), path, nodes, pages, anon, file, idle (pages two generations behind the
    youngest, or more).
    """
    idle = pl.when(pl.col("distance") >= 2).then(PAGES).otherwise(0)
    rows = host.generations.group_by("entry", "memcg", "path").agg(
        nodes=pl.col("node").n_unique(),
        pages=PAGES.sum(),
        anon=pl.col("anon").sum(),
        file=pl.col("file").sum(),
        idle=idle.sum(),
    )
    return rows.sort(["pages", "path", "entry"], descending=[True, False, False]).drop("entry")


def total(rows: pl.DataFrame) -> pl.DataFrame:
    """The sums of some rows of `overview`, as a row."""
    sums = rows.select(pl.col("pages", "anon", "file", "idle").sum())
    named = sums.select(
        pl.lit(None, pl.UInt64).alias("memcg"),
        pl.lit(f"{rows.height:,} memcgs in all").alias("path"),
        pl.lit(None, rows.schema["nodes"]).alias("nodes"),
        *[pl.col(name).cast(rows.schema[name]) for name in sums.columns],
    )
    return named


def chosen(host: Host, memcg: str) -> pl.DataFrame:
    """The generations of the memcg with this path or number: living ones before removed ones.

    Where only removed memcgs have the path, all of them. HostError names what there is.
    """
    table = host.generations
    by_path = table.filter(pl.col("path") == memcg)
    living = by_path.filter(pl.col("memcg") != 0)
    if living.height:
        return living
    if by_path.height:
        return by_path
    if memcg.isdecimal() and int(memcg) < 1 << 64:
        return table.filter(pl.col("memcg") == pl.lit(int(memcg), pl.UInt64))
    return by_path


def largest(host: Host) -> str:
    """The path of the memcg with the most pages."""
    paths = overview(host)["path"]
    if paths.is_empty():
        raise HostError(host.why_no_generations())
    return str(paths[0])


def over_time(hosts: Sequence[Host], path: str = "") -> pl.DataFrame:
    """Pages by generation of one memcg, all nodes: seconds, distance, seq, anon, file, age_ms.

    `path`: the memcg's, or its number; default is the one with the most pages at the end.
    """
    known = [host for host in hosts if host.generations.height]
    if not known:
        raise HostError(hosts[-1].why_no_generations())
    path = path or largest(known[-1])
    frames = [chosen(host, path).with_columns(seconds=pl.lit(host.taken)) for host in known]
    table = pl.concat(frames)
    if table.is_empty():
        names = overview(known[-1])["path"].head(8).to_list()
        raise HostError(f"memcg {path!r} is in no snapshot; the largest are {', '.join(names)}")
    sums = table.group_by("seconds", "distance").agg(
        pl.col("seq").max(), pl.col("anon", "file").sum(), pl.col("age_ms").max()
    )
    start = float(min(host.taken for host in known))
    return sums.with_columns(pl.col("seconds") - start).sort("seconds", "distance")


def most_pages(table: pl.DataFrame) -> int:
    """The most pages that the memcg of `over_time` had at one moment."""
    return int(table.group_by("seconds").agg(PAGES.sum().alias("pages"))["pages"].max() or 0)  # type: ignore[arg-type]
