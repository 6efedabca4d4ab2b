"""Sentences for *Against the real kernel*, with the numbers of its runs. Markdown out."""

import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from mglru_lab.lab.truth.against import KERNEL, WITH_FOUND, Beside, releases_with
from mglru_lab.lab.truth.first_difference import describe
from mglru_lab.lab.truth.match import Match


def maps(beside: Beside) -> str:
    """About `charts.page_maps`."""
    pages = beside.match.pages
    at = sum(len(snapshot.maps[0]) for snapshot in beside.model.snapshots.values() if snapshot.maps)
    return (
        f"{at:,} places of pages are compared, at {len(pages)} dumps; "
        f"**{sum(pages.values()):,}** differ{_because(beside.match)}."
    )


def _because(match: Match) -> str:
    """Why a recording of this kind may differ, if it does."""
    why = match.group.reason
    return f" ({why})" if why and not match.equal else ""


def not_recorded(scenario: str, kernel: str) -> str:
    """Instead of a section whose recording this kernel lacks."""
    others = releases_with(scenario)
    return (
        f"Linux {kernel} was not recorded running `{scenario}`. Try `kernel` "
        f"{', '.join(others[:-1])}{' or ' * (len(others) > 1)}{others[-1]}."
    )


def log(beside: Beside) -> str:
    """About `charts.misses`."""
    missed, ours = beside.recording.missed(), beside.model.misses
    assert missed is not None
    assert ours is not None
    differing = int(np.count_nonzero(missed[: ours.size] != ours))
    return (
        f"The kernel missed {int(missed.sum()):,} of {ours.size:,} accesses, the model "
        f"{int(ours.sum()):,}; of the {ours.size:,} bits **{differing:,}** differ."
    )


def broken(match: Match, rules: str) -> str:
    """The first access at which a model with another kernel's rules diverges from the recording."""
    at, log = match.first_miss, match.recording.missed()
    if log is None or at is None or at < 0:
        return f"With the rules of {rules} every logged access has the same outcome."
    kernels, models = ("missed" if missed else "hit" for missed in (log[at], not log[at]))
    ours, theirs = match.misses
    return (
        f"With the rules of {rules} they diverge at access **{at:,}**: the kernel {kernels}, the "
        f"model {models}. By the end the model has brought in {ours:,} pages and the kernel "
        f"{theirs:,}, a difference of {match.apart:.1%}."
    )


def repeats(frame: pl.DataFrame) -> str:
    """About `charts.repeats`."""
    wide = frame.pivot("source", index=["run", "found"], values="misses")
    if wide.height < 2:
        times = "once" if wide.height else "never"
        return f"This kernel was recorded running it {times}: there is nothing to compare."
    least, most = min(wide[KERNEL].to_list()), max(wide[KERNEL].to_list())
    explained = wide.filter(pl.col(KERNEL) == pl.col(WITH_FOUND)).height
    swapped = f"between {least:,} and {most:,}" if least < most else f"exactly {most:,}"
    exact = all(re.match(r"f\d+y1", name) for name in wide["run"])
    said = " All of these runs are in exact mode; ordinary ones vary more." if exact else ""
    return (
        f"In {wide.height} recordings the kernel swaps in {swapped} pages.{said} In "
        f"**{explained}** of them the model, given what was found, swaps in exactly as many: its "
        "blue dot is in the ring. Point at a dot to read what was found."
    )


def guest(scanned: pl.DataFrame) -> str:
    """About `charts.scanning`."""
    wide = scanned.pivot("by", index=["kernel", "trace"], values="scanned").drop_nulls()
    wide = wide.sort("kernel")
    ratios = {
        kernel: [row["a guest"] / row["userspace"] for row in part.iter_rows(named=True)]
        for (kernel,), part in wide.group_by(["kernel"], maintain_order=True)
    }
    parts = [
        f"**{kernel}** scans {_span(found)} times as much for a guest as for userspace"
        for kernel, found in ratios.items()
    ]
    return (
        "; ".join(parts)
        + ". A guest's idle and busy pages look alike to 6.1 until each has been asked about once."
    )


def _span(values: Sequence[float]) -> str:
    """The range of these, to one decimal; one number where both ends read the same."""
    ends = dict.fromkeys(f"{value:.1f}" for value in (min(values), max(values)))
    return " to ".join(ends)


def read_file(beside: Beside) -> str:
    """About the counters of a file that is read."""
    end = beside.model.end
    state = "equal" if beside.match.equal else "not equal"
    agings, seq = end["agings"], end["max_seq"]
    times = f"{agings} times" if agings else "never"
    return (
        f"The file is aged **{times}**: `max_seq` is {seq - agings} at the start and {seq} at the "
        f"end. {end['pgrefill']:,} times a page was moved on instead of evicted, and "
        f"{end['workingset_refault_file']:,} pages came back. Model and kernel are {state}, access "
        "by access."
    )


def differences(compared: Sequence[Match]) -> str:
    """What differs among these matches, the first few by name."""
    apart = [c for c in compared if not c.equal and not c.not_modelled]
    if not apart:
        return f"None of these {len(compared)} recordings differs in anything that is compared."
    listed = "\n".join(f"- {describe(c)} ({c.recording.file})" for c in apart[:5])
    return f"Of these {len(compared)} recordings {len(apart)} differ, for example:\n\n{listed}"
