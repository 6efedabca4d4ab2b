"""The answers about a live machine, with its numbers. Markdown out."""

import polars as pl


def generations(table: pl.DataFrame) -> str:
    """About a host's generations in the last snapshot. `table`: as `over_time` makes it."""
    last = table.filter(pl.col("seconds") == pl.col("seconds").max())
    pages = last.with_columns(pages=pl.col("anon") + pl.col("file"))
    total = int(pages["pages"].sum())
    old = int(pages.filter(pl.col("distance") >= 2)["pages"].sum())
    share = f" ({old / total:.0%})" if total else ""
    return (
        f"In the last snapshot {old:,} of {total:,} pages{share} are at least two generations "
        "behind the youngest: eviction may take them. They are idle, or used in a way that this "
        "machine's aging does not see."
    )


def counted(moved: pl.DataFrame) -> str:
    """About what reclaim counted between snapshots; moved: counter, machine, memcg."""
    if moved.is_empty():
        return "Nothing is known: `vmstat` and `memory.stat` were not copied, as in the sample."
    grown = moved.filter(pl.col("machine").fill_null(0) != 0).sort("machine", descending=True)
    if grown.is_empty():
        return "No counter of reclaim moved on the machine in that time."
    parts = [f"`{name}` {count:,}" for name, count in grown.select("counter", "machine").rows()[:4]]
    return f"What grew most on the machine: {', '.join(parts)}."


def what_if(frame: pl.DataFrame) -> str:
    """About the what-if on a host; frame: `what_if.in_use_by_a_guest`."""
    values = {name: frame[name].to_numpy() for name in frame.columns[1:]}
    parts = [
        f"**{name}** takes {of[1]:,} of {of[0]:,} pages for idle, although {of[2]:,} of these are "
        f"in use, and scans {of[3]:,} to evict {of[4]:,}"
        for name, of in values.items()
    ]
    wrong = [name for name, of in values.items() if of[2] > 0]
    why = (
        f" The aging of {', '.join(wrong)} does not see the guest's use; eviction must then ask "
        "about every page, one by one, before it finds one that it may take."
        if wrong
        else ""
    )
    return f"{'; '.join(parts)}.{why}"
