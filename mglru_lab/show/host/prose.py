"""The answers about a live machine, with its numbers. Markdown out."""

from collections.abc import Sequence
from html import escape

import polars as pl

from mglru_lab.lab.host.host import Host
from mglru_lab.policy.kernel import Kernel

SHOWN = 20
"""Flaws that are listed; the others are counted."""


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


def flaws(found: Sequence[str]) -> str:
    """Below an answer: what of the host's files could not be read; empty where all could."""
    shown = [f"- {escape(flaw)}" for flaw in found[:SHOWN]]
    more = [f"- {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return "\n\nNot read:\n\n" + "\n".join(shown + more) if found else ""


def counted(moved: pl.DataFrame, anew: Sequence[str] = ()) -> str:
    """About what reclaim counted between snapshots; moved: counter, machine, memcg.

    `anew`: sentences of `snapshots.began_anew`.
    """
    why = " ".join(escape(sentence) for sentence in anew)
    if moved.is_empty():
        return why or (
            "Nothing is known: `vmstat` and `memory.stat` were not copied, as in the sample."
        )
    return f"{_grown(moved)} {why}".rstrip()


def _grown(moved: pl.DataFrame) -> str:
    grown = moved.filter(pl.col("machine").fill_null(0) != 0).sort("machine", descending=True)
    if grown.is_empty():
        return "No counter of reclaim moved on the machine in that time."
    parts = [f"`{name}` {count:,}" for name, count in grown.select("counter", "machine").rows()[:4]]
    return f"What grew most on the machine: {', '.join(parts)}."


def what_if(frame: pl.DataFrame) -> str:
    """About the what-if on a host; frame: `what_if.in_use_by_a_guest`."""
    if frame.width == 1:
        return "There is nothing to compute: MGLRU is off on this host, or the memcg has no pages."
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


def whose_what_if(host: Host, kernel: Kernel) -> str:
    """Which machine the what-if is computed for; `kernel`: the model's for this host."""
    said = f"On the model of this host (rules of {kernel.rules}, KVM of {kernel.kvm_name}, "
    said += f"{kernel.mmu}, enabled {kernel.reads_back()})"
    return said if host.mmu else f"{said[:-1]}; KVM is not loaded here: {kernel.mmu} is assumed)"
