"""What real kernels of several releases did with the same scenario, and the model beside them."""

import re
from collections.abc import Sequence

import polars as pl

from mglru_lab.choose import choose
from mglru_lab.lab.run.run import Run
from mglru_lab.lab.run.snapshot import PAGE_SIZE
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.lab.truth import findings, groundtruth, recordings
from mglru_lab.lab.truth.recordings import Recording

KERNEL, MODEL = "real kernel", "model"
RELEASES = ("6.1", "6.12", "6.18", "7.3")
"""Recorded with all that is asked for here."""
SHARES = (20, 50, 80)
ALONE = ("uniform", "zipf10")
BY = {"kvm": "guest", "user": "userspace (control)"}
"""Who makes the accesses to the second region: the same accesses, in the same memory."""
_COUNTERS = ("host", "guest")


def recorded(pattern: str, release: str) -> Recording:
    """A recording of a scenario whose name fits, begun settled where there is one (`_r6`).

    Raises ValueError where the release has none.
    """
    found = [
        one
        for one in recordings.shipped()
        if one.series == release and not one.is_switched and re.fullmatch(pattern, one.scenario)
    ]
    if not found:
        known = {r.series for r in recordings.shipped() if re.fullmatch(pattern, r.scenario)}
        raise ValueError(
            f"kernel {release!r} was not recorded with {pattern}; allowed are "
            f"{', '.join(sorted(known)) or 'none'}"
        )
    return min(found, key=lambda one: (not one.scenario.endswith("_r6"), one.scenario, one.file))


def _both(pattern: str, release: str) -> tuple[Recording, Run]:
    """A recording, and the model's run of it with what the recording does not tell."""
    found = recorded(pattern, release)
    known = findings.load().get((found.file, found.scenario), Unrecorded())
    return found, groundtruth.attempt(found, known)[1]


def who_pays(share: int = 50, releases: Sequence[str] = RELEASES) -> pl.DataFrame:
    """Refaults where a host process and a guest share half the memory that they use.

    `share`: percent of the accesses that are the guest's. Columns: kernel, source (KERNEL or
    MODEL), by (of BY), who (host or guest), refaults. With the control userspace makes the guest's
    accesses: no secondary MMU is involved.
    """
    choose("share", share, SHARES)
    rows: list[tuple[str, str, str, str, int]] = []
    for release in releases:
        for by, named in BY.items():
            found, model = _both(rf"m_share{share}_{by}_en7_y1_r[16]", release)
            end = found.stats["end"]
            for who in _COUNTERS:
                counter = f"{who}_majflt"
                rows.append((release, KERNEL, named, who, end.get(counter, 0)))
                rows.append((release, MODEL, named, who, model.end[counter]))
    return pl.DataFrame(rows, ["kernel", "source", "by", "who", "refaults"], orient="row")


def against_control(paid: pl.DataFrame) -> pl.DataFrame:
    """What being a guest changes: kernel, source, who, percent more refaults than the control."""
    guest, control = BY.values()
    wide = paid.pivot("by", index=["kernel", "source", "who"], values="refaults")
    percent = (100 * (pl.col(guest) / pl.col(control) - 1)).round(1)
    return wide.select("kernel", "source", "who", percent=percent)


def memory_kept(trace: str = "uniform", releases: Sequence[str] = RELEASES) -> pl.DataFrame:
    """Memory of a guest that is alone in too little of it, at each mark.

    Columns: kernel, source, access (of the mark), pages (memory.current), full (whether anything
    was evicted by then), swapins (pages swapped in so far).
    """
    choose("trace", trace, ALONE)
    rows = []
    for release in releases:
        found, model = _both(rf"kc_{trace}_20_en7_f0y1w0_r[16]", release)
        for label, snapshot in model.snapshots.items():
            if not label.startswith("mark"):
                continue
            theirs, ours = found.stats[label], snapshot.counters
            for source, counters, evicted, swapped in (
                (KERNEL, theirs, "vm.pgsteal_anon", "vm.pgmajfault"),
                (MODEL, ours, "pgsteal", "pgmajfault"),
            ):
                pages = counters["memory.current"] // PAGE_SIZE
                full = counters.get(evicted, 0) > 0
                swapins = counters.get(swapped, 0)
                rows.append((release, source, ours["accesses"], pages, full, swapins))
    columns = ["kernel", "source", "access", "pages", "full", "swapins"]
    return pl.DataFrame(rows, columns, orient="row")


def least_kept(kept: pl.DataFrame) -> pl.DataFrame:
    """Per kernel and source: the least memory since it was full, pages, and all swap-ins."""
    return kept.group_by("kernel", "source", maintain_order=True).agg(
        least=pl.col("pages").filter(pl.col("full")).min(), swapins=pl.col("swapins").last()
    )
