"""The support matrix: what a check found on every listed kernel, one row per kernel."""

from collections.abc import Callable, Sequence

import polars as pl

from mglru_lab.lab.check.check_report import Report, share
from mglru_lab.recorder.tools import RecorderError

Make = Callable[[str], Report]


def rows(kernels: Sequence[str], make: Make, tell: Callable[[str], None]) -> pl.DataFrame:
    """Check each of `kernels` with `make`; one that cannot be checked is a row with the reason."""
    found = []
    for name in kernels:
        tell(f"kernel {name}")
        try:
            found.append(row(name, make(name)))
        except (RecorderError, OSError) as error:
            reason = str(error).splitlines()[0].replace("|", "/")
            found.append((name, "-", "0", "-", "-", "-", "-", f"not checked: {reason}"))
    names = ["kernel", "release", "scenarios run", "nearest rules", "scenarios equal"]
    names += ["aging asks KVM", "host and guest: KVM against control", "remarks"]
    return pl.DataFrame(found, names, orient="row")


def row(name: str, report: Report) -> tuple[str, ...]:
    """What a check found on one kernel, in cells."""
    checked, nearest = report.checked, report.nearest
    asked = {question.doing: question.calls for question in report.questions}
    aging = "-"
    if "aging" in asked:
        locked = ", ".join(asked["aging"].locked()) or "no mmu_lock"
        aging = f"{asked['aging'].asked:,} times, {locked}" if asked["aging"].asked else "no"
    shared, fair = report.shared, "-"
    if shared is not None:
        host, guest = zip(shared["kvm"], shared["control"], strict=True)
        fair = f"host {share(*host)}, guest {share(*guest)}"
    remarks = [f"not run: {', '.join(report.lacks)}"] if report.lacks else []
    remarks += ["its swap is a disk"] if report.swaps_to_disk else []
    return (
        name,
        checked.release,
        f"{len(checked.results)} of {len(checked.scenarios)}",
        nearest.rules,
        f"{nearest.equal} of {len(nearest.matches)}",
        aging,
        fair,
        "; ".join(remarks).replace("|", "/") or "-",
    )


def markdown(frame: pl.DataFrame) -> str:
    """The table of the page."""
    lines = [f"| {' | '.join(frame.columns)} |", "|---" * frame.width + "|"]
    lines += [f"| {' | '.join(map(str, cells))} |" for cells in frame.iter_rows()]
    return "\n".join(lines) + "\n"
