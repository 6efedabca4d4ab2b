"""The answers of *Against the real kernel*, with their numbers. Markdown out."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mglru_lab.lab.truth.against import KERNEL, Beside
from mglru_lab.lab.truth.first_difference import describe
from mglru_lab.lab.truth.match import Match


def maps(beside: Beside) -> str:
    """About `charts.page_maps`."""
    pages = beside.match.pages
    at = sum(len(snapshot.maps[0]) for snapshot in beside.model.snapshots.values() if snapshot.maps)
    return (
        f"{at:,} places of pages are compared, at {len(pages)} dumps; "
        f"**{sum(pages.values()):,}** differ."
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
    wide = frame.pivot("source", index=["run", "bits"], values="misses")
    kernels = wide[KERNEL].to_list()
    explained = wide.filter(pl.col(KERNEL) == pl.col("model, bits found")).height
    return (
        f"In {wide.height} recordings the kernel swaps in between {min(kernels):,} and "
        f"{max(kernels):,} pages. In **{explained}** of them the model with its bits swaps in "
        "exactly as many: its blue dot is in the ring. Point at a dot for its bits, which say by "
        "number which agings walked."
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
    return (
        f"`max_seq` is {end['max_seq']} at the end, as at the start: {end['agings']} agings. "
        f"{end['pgrefill']:,} times a page was moved on instead of evicted, and "
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
