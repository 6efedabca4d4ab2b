"""The answers about a trace or a host that somebody brought, with their numbers. Markdown out."""

import polars as pl

from mglru_lab.lab.trace_facts import TraceFacts


def working_set(facts: TraceFacts) -> str:
    """Beside `trace_charts.working_set`."""
    values = dict(facts.summary.rows())
    pages = values["pages touched (footprint)"]
    median = values["pages in the median window (working set)"]
    largest = values["pages in the largest window"]
    return (
        f"Of {pages:,} pages touched the median window of {facts.window} quanta needs {median:,} "
        f"({median / pages:.1%}), the largest {largest:,} ({largest / pages:.0%}). What a window "
        "does not need is idle, and reclaim has something to find; where the largest is near all, "
        "it must find it again and again."
    )


def reuse(facts: TraceFacts) -> str:
    """Beside `trace_charts.reuse`."""
    shares = facts.reuse
    first = shares["share"][-1]
    soon = shares["share"][0] if shares.height > 1 else 0.0
    later = max(1 - first - soon, 0.0)
    return (
        f"{soon:.0%} of the touches find a page that was used in the quantum before, {later:.0%} "
        f"one that rested longer, and {first:.0%} are a page's first. Those that rest longest are "
        "the hard ones: an aging finds such a page idle many times before it is used again."
    )


def heat(facts: TraceFacts) -> str:
    """Beside `trace_charts.heat`."""
    bands = facts.heat.group_by("page").agg(pl.col("touches").sum()).sort("touches")
    touches = bands["touches"].to_numpy()
    top = max(round(len(touches) / 10), 1)
    share = float(touches[-top:].sum() / touches.sum())
    return (
        f"The hottest tenth of the places takes {share:.0%} of the touches. A bright stripe along "
        "time is such a hot spot, a slanted line a scan."
    )


def pressed(totals: pl.DataFrame) -> str:
    """Below the counts of a trace that ran under pressure on some kernels."""
    rows = {row[0]: row[1:] for row in totals.iter_rows()}
    refaults = rows["pages swapped in again (refaults)"]
    scanned = rows["pages scanned at the end of the list"]
    parts = [
        f"**{name}** swaps in {back:,} pages again and scans {looked:,}"
        for name, back, looked in zip(totals.columns[1:], refaults, scanned, strict=True)
    ]
    apart = max(refaults) / max(min(refaults), 1) - 1
    said = (
        "Knowing or not knowing what the guest used hardly changes what comes back on this trace; "
        "what it changes is how often eviction has to look"
        if apart < 0.02
        else f"They are {apart:.0%} apart in what comes back"
    )
    return f"{'; '.join(parts)}. {said}. With another memory or trace the order may change."


def generations(table: pl.DataFrame) -> str:
    """Beside a host's generations; the last snapshot. `table`: as `host.over_time` makes it."""
    last = table.filter(pl.col("seconds") == pl.col("seconds").max())
    pages = last.with_columns(pages=pl.col("anon") + pl.col("file"))
    total = int(pages["pages"].sum())
    old = int(pages.filter(pl.col("distance") >= 2)["pages"].sum())
    share = f" ({old / total:.0%})" if total else ""
    return (
        f"In the last snapshot {old:,} of {total:,} pages{share} are two generations behind the "
        "youngest, or more: eviction may take them. They are idle, or used in a way that this "
        "machine's aging does not see."
    )


def counted(moved: pl.DataFrame) -> str:
    """Beside what reclaim counted between snapshots; moved: counter, machine, memcg."""
    if moved.is_empty():
        return "Nothing is known: `vmstat` and `memory.stat` were not copied, as in the sample."
    grown = moved.filter(pl.col("machine").fill_null(0) != 0).sort("machine", descending=True)
    if grown.is_empty():
        return "No counter of reclaim moved on the machine in that time."
    parts = [f"`{name}` {count:,}" for name, count in grown.select("counter", "machine").rows()[:4]]
    return f"On the machine most grew: {', '.join(parts)}."


def what_if(frame: pl.DataFrame) -> str:
    """Beside the what-if on a host; frame: `host_what_if.in_use_by_a_guest`."""
    values = {name: frame[name].to_numpy() for name in frame.columns[1:]}
    parts = [
        f"**{name}** takes {of[1]:,} of {of[0]:,} pages for idle, {of[2]:,} of them in use, and "
        f"scans {of[3]:,} to evict {of[4]:,}"
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
