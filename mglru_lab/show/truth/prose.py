"""A sentence beside each chart of *Against the real kernel*, with its numbers. Markdown out."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mglru_lab.lab.truth.against import KERNEL, Beside
from mglru_lab.lab.truth.first_difference import describe
from mglru_lab.lab.truth.match import Match


def maps(beside: Beside) -> str:
    """Beside `against_charts.page_maps`."""
    pages = beside.match.pages
    at = sum(len(snapshot.maps[0]) for snapshot in beside.model.snapshots.values() if snapshot.maps)
    return (
        f"*What to see:* at {len(pages)} dumps {at:,} places of pages are compared; "
        f"**{sum(pages.values()):,}** differ. Dark is young, yellow is old, grey is swapped out."
    )


def log(beside: Beside) -> str:
    """Beside `against_charts.misses`."""
    missed, ours = beside.recording.missed(), beside.model.misses
    assert missed is not None
    assert ours is not None
    differing = int(np.count_nonzero(missed[: ours.size] != ours))
    return (
        f"*What to see:* the kernel missed {int(missed.sum()):,} of {ours.size:,} accesses, the "
        f"model {int(ours.sum()):,}; of the {ours.size:,} bits **{differing:,}** differ."
    )


def broken(match: Match, rules: str) -> str:
    """The first access at which a model with another kernel's rules parts from the recording."""
    at, log = match.first_miss, match.recording.missed()
    if log is None or at is None or at < 0:
        return f"With the rules of {rules} no logged access has another outcome."
    kernels, models = ("missed" if missed else "hit" for missed in (log[at], not log[at]))
    ours, theirs = match.misses
    return (
        f"With the rules of {rules} they part at access **{at:,}**: the kernel {kernels}, the "
        f"model {models}. In the end the model brings in {ours:,} pages, the kernel {theirs:,}, "
        f"{match.apart:.1%} apart."
    )


def repeats(frame: pl.DataFrame) -> str:
    """Beside `against_charts.repeats`."""
    wide = frame.pivot("source", index=["run", "bits"], values="misses")
    kernels = wide[KERNEL].to_list()
    explained = wide.filter(pl.col(KERNEL) == pl.col("model, bits found")).height
    return (
        f"*What to see:* {wide.height} recordings swap in between {min(kernels):,} and "
        f"{max(kernels):,} pages; in **{explained}** of them the model with its bits swaps in "
        "exactly as many: its blue dot lies in the ring. Point at a dot for the bits, the ordinals "
        "of agings that walked."
    )


def guest(scanned: pl.DataFrame) -> str:
    """Beside `against_charts.scanning`."""
    wide = scanned.pivot("by", index=["kernel", "trace"], values="scanned").drop_nulls()
    wide = wide.sort("kernel")
    ratios = {
        kernel: [row["a guest"] / row["userspace"] for row in part.iter_rows(named=True)]
        for (kernel,), part in wide.group_by(["kernel"], maintain_order=True)
    }
    parts = [
        f"**{kernel}** scans {min(found):.1f} to {max(found):.1f} times as much for a guest"
        for kernel, found in ratios.items()
    ]
    return (
        "*What to see:* grey is swapped out, yellow the oldest generation that there may be. "
        + "; ".join(parts)
        + ". A guest's idle and busy pages look alike to 6.1 until each has been asked about once."
    )


def read_file(beside: Beside) -> str:
    """Beside the counters of a file that is read."""
    end = beside.model.end
    state = "equal" if beside.match.equal else "not equal"
    return (
        f"*What to see:* `max_seq` is {end['max_seq']} at the end, as at the start: "
        f"{end['agings']} agings. {end['pgrefill']:,} times a page was moved on instead of "
        f"evicted, {end['workingset_refault_file']:,} pages came back. Model and kernel are "
        f"{state}, access by access."
    )


def differences(compared: Sequence[Match]) -> str:
    """What differs among these matches, the first few by name."""
    apart = [c for c in compared if not c.equal and not c.not_modelled]
    if not apart:
        return f"Of these {len(compared)} recordings none differs in anything that is compared."
    listed = "\n".join(f"- {describe(c)} ({c.recording.file})" for c in apart[:5])
    return f"Of these {len(compared)} recordings {len(apart)} differ, for example:\n\n{listed}"
