"""The contention model checked against published measurements that it was not fitted to."""

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from mglru_lab.lab.price.contention import PAGES_PER_VCPU, Contention
from mglru_lab.lab.price.prices import PRICES
from mglru_lab.paths import DATA

PUBLISHED = DATA / "published"
NEAR = 0.02
"""Relative errors beyond it count by their size, not its square: single runs, no repeats."""
STARTS = [
    Contention(
        fault_us=3.5, serial_us=0.295, empty_ns=empty, drain_us_ns=drain, far=2.74, disturbed=0.034
    )
    for drain in (30, 45)
    for empty in (1.5, 3.5, 7)
]
"""Where fits begin: passes are counted whole, so that a fit may end in a valley of its own."""

Vector = npt.NDArray[np.float64]
Predict = Callable[[int, str], tuple[float, float | None]]


def published(name: str) -> pl.DataFrame:
    """A published table, by its name in data/published/."""
    return pl.read_csv(PUBLISHED / f"{name}.csv")


def _residuals(model: Contention, rows: pl.DataFrame) -> Vector:
    """Logarithms of predicted over published, wall times and passes."""
    found = []
    for vcpus, aging, *times in rows.iter_rows():
        said = model.predict(vcpus, aging)
        found += [np.log(p / t) for p, t in zip(said, times, strict=True) if p and t]
    return np.array(found)


def _loss(residuals: Vector) -> float:
    size = np.abs(residuals)
    return float(np.where(size < NEAR, size**2 / 2, NEAR * (size - NEAR / 2)).sum())


def fit(rows: pl.DataFrame) -> Contention:
    """The parameters that explain `rows` best, in relative errors."""
    return min((_descend(rows, start) for start in STARTS), key=lambda model: _of(model, rows))


def _of(model: Contention, rows: pl.DataFrame) -> float:
    return _loss(_residuals(model, rows))


def _descend(rows: pl.DataFrame, start: Contention) -> Contention:
    """Levenberg and Marquardt's steps on logarithms."""
    at = start.vector()
    damping, step = 1e-2, 1e-2
    left = _residuals(Contention.of(at), rows)
    for _ in range(60):
        columns = [_residuals(Contention.of(at + d), rows) - left for d in step * np.eye(at.size)]
        weight = 1 / np.sqrt(np.maximum(1, np.abs(left) / NEAR))
        slopes = np.stack(columns, axis=1) / step * weight[:, None]
        for _ in range(12):
            matrix = np.concatenate([slopes, np.sqrt(damping) * np.eye(at.size)])
            target = np.concatenate([-left * weight, np.zeros(at.size)])
            move = np.linalg.lstsq(matrix, target, rcond=None)[0]
            then = _residuals(Contention.of(at + move), rows)
            if _loss(then) < _loss(left):
                at, left, damping = at + move, then, damping / 3
                break
            damping *= 4
        else:
            break
    return Contention.of(at)


def _straight(x: Vector, y: Vector, at: float) -> float:
    """A straight line by least relative squares: the kinder of two to the line."""
    matrix = np.stack([np.ones_like(x), x], axis=1) / y[:, None]
    offset, slope = np.linalg.lstsq(matrix, np.ones_like(y), rcond=None)[0]
    return float(offset + slope * at)


def _power(x: Vector, y: Vector, at: float) -> float:
    slope, offset = np.polyfit(np.log(x), np.log(y), 1)
    return float(np.exp(offset + slope * np.log(at)))


@cache
def leave_one_out() -> pl.DataFrame:
    """Every published time beside what was said of it by fits that had not seen its vCPUs' rows.

    Columns: vcpus, aging, what (wall or pass), published (s), fitted (the model, having seen it),
    and left out: model, line, power. Line and power law have two parameters per column, ten in all.
    """
    table = published("aging_vcpus")
    everything = fit(table)
    made = []
    for vcpus in table["vcpus"].unique(maintain_order=True):
        rest = table.filter(pl.col("vcpus") != vcpus)
        blind = fit(rest)
        for _, aging, *times in table.filter(vcpus=vcpus).iter_rows():
            said = zip(everything.predict(vcpus, aging), blind.predict(vcpus, aging), strict=True)
            known = rest.filter(aging=aging)
            x = known["vcpus"].to_numpy().astype(float)
            for what, time, (seen, unseen) in zip(("wall", "pass"), times, said, strict=True):
                if time is not None:
                    y = known[f"{what}_s"].to_numpy()
                    simple = _straight(x, y, vcpus), _power(x, y, vcpus)
                    made.append((vcpus, aging, what, time, seen, unseen, *simple))
    schema = ["vcpus", "aging", "what", "published", "fitted", "model", "line", "power"]
    return pl.DataFrame(made, schema, orient="row")


def errors(frame: pl.DataFrame) -> pl.DataFrame:
    """Median relative errors, left out: what, model, line, power."""
    relative = [
        (pl.col(c) / pl.col("published") - 1).abs().median() for c in ("model", "line", "power")
    ]
    return frame.group_by("what", maintain_order=True).agg(relative)


def held_out() -> pl.DataFrame:
    """What the model says of tables that it was not fitted to: table, row, published, model, note.

    Seconds, unless the row says otherwise.
    """
    model = Contention()
    return pl.DataFrame(
        [*_shadow(model), *_notifiers(model), *_max_guest_memory(model)],
        ["table", "row", "published", "model", "note"],
        orient="row",
    ).with_columns(error=pl.col("model") / pl.col("published") - 1)


_Row = tuple[str, str, float, float, str]


def _shadow(model: Contention) -> list[_Row]:
    """v8's passes beside 64 vCPUs of a shadow MMU, whose faults take the lock for write.

    Nothing is known of the wall time but that 35 lockless passes just covered it.
    """
    table = published("aging_shadow")
    vcpus, wall = int(table["vcpus"][0]), float(table.filter(aging="lockless")["total_s"].item())
    pages = vcpus * PAGES_PER_VCPU
    wait = model.locked(vcpus, wall / PAGES_PER_VCPU * 1e6, shadow=True).wait_ns
    locked, lockless = table["pass_s"].to_list()
    far, near = model.page(vcpus), model.page_ns

    def row(what: str, time: float, page: float, wait: float, note: str) -> _Row:
        said = model.average_pass(wall, pages, page + wait, page)
        return "shadow MMU (v8)", what, time, said, note

    return [
        row("pass, locked", locked, far, wait, "waits until all is populated, then walks"),
        row(
            "pass, lockless",
            lockless,
            far,
            0,
            "fails: what makes passes expensive beyond 56 vCPUs is not here",
        ),
        row("pass, lockless, near", lockless, near, 0, "without that factor"),
    ]


def _notifiers(model: Contention) -> list[_Row]:
    """Passes over idle vCPUs' memory: a page's price alone; and arm64's populating."""
    table = {(arch, step): row for arch, _, pages, step, *row in published("notifiers").iter_rows()}
    x86 = 32 * PAGES_PER_VCPU * model.page(32) * 1e-9
    name = "one notifier call (2024)"
    rows: list[_Row] = [
        (name, f"x86, {step}", table["x86", step][0], x86, note)
        for step, note in (
            (
                "Aging (young in the SPTE only)",
                "no vCPU runs; price of a page: its first aging's",
            ),
            ("Aging (nothing touched)", "the model does not tell young pages from old ones"),
        )
    ]
    wall, pages = table["arm64", "Populating while aging: wall"][0], 16 * PAGES_PER_VCPU
    page = table["arm64", "Aging (after touch)"][0] / pages * 1e9
    said = model.average_pass(wall, pages, page, page)
    published_pass = table["arm64", "Populating while aging: pass"][0]
    note = "its own wall time and price of a page; no waiting for the read lock"
    rows.append((name, "arm64, pass while populating", published_pass, said, note))
    populating = table["x86", "Populating"][0]
    note = "fails: another machine, whose faults take other times"
    rows.append((name, "x86, Populating", populating, model.predict(32, "none")[0], note))
    return rows


def _max_guest_memory(model: Contention) -> list[_Row]:
    """The share of the notifier's time in kswapd's profile that is waiting for the lock."""
    rows: list[_Row] = []
    table = published("max_guest_memory")
    for posting, vcpus, kernel, run_s, *_, notifier, lock in table.iter_rows():
        if kernel == "before":
            fault_us = run_s * 1e6 * vcpus / (256 * PAGES_PER_VCPU)
            wait = model.locked(vcpus, fault_us).wait_ns
            note = f"percent; a vCPU faults every {fault_us:.0f} us"
            if posting == "v1":
                note += "; its TLB flush under the lock is not in the model"
            share = 100 * wait / (wait + PRICES["lookup_none"].ns)
            rows.append(
                (f"max_guest_memory_test ({posting})", "write lock in the notifier, %",
                 100 * lock / notifier, share, note)
            )  # fmt: skip
    return rows
