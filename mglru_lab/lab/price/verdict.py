"""Whether asking pays, from a threshold and its range: below a price, always, never, undecided.

A verdict is given only if it holds for every price within its range; where the range of the
break-even price crosses zero, or the range of what a call costs, it is undecided.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from mglru_lab.lab.price.cause import only_cause
from mglru_lab.lab.price.prices import IN_WORDS, MEASURE
from mglru_lab.lab.price.threshold import Threshold

Kind = Literal["below", "above", "always", "never", "equal", "undecided"]
MOST_OF_IT = 0.8
"""The parts that a sentence names make up this share of all that is saved and spent."""


@dataclass(frozen=True)
class Verdict:
    """One of the kinds; `price` is the break-even price, ns, where there is one from 0 up."""

    kind: Kind
    price: float | None
    low: float
    high: float

    @property
    def short(self) -> str:
        """For a cell of a table or a map."""
        if self.kind in ("below", "above"):
            return f"{self.kind} {self.price:,.0f} ns"
        return str(self.kind)


def verdict(found: Threshold) -> Verdict:
    """The verdict on two runs at their prices."""
    price = found.break_even
    low, high = found.interval
    at = price if price is not None and price > 0 else None
    return Verdict(_kind(found), at, low, high)


def _kind(found: Threshold) -> Kind:
    if not found.fewer:
        return "equal"
    if found.calls == 0:
        least, most = found.saved_range
        return "always" if least >= 0 else "never" if most <= 0 else "undecided"
    low, high = found.interval
    if high <= 0:
        return "never" if found.calls > 0 else "always"
    _, cheap, expensive = found.call
    if low > 0 and not (low < expensive and cheap < high):
        return "below" if found.calls > 0 else "above"
    return "undecided"


def table(found: Mapping[str, Threshold], what: str = "kernel") -> pl.DataFrame:
    """Several thresholds, one row each, by their names, which the column `what` holds.

    Calls in dispute and what they save (us), break-even and range, what a call costs (ns), saved in
    all (ms), the verdict.
    """
    rows = []
    for name, one in found.items():
        made = verdict(one)
        at = f"{one.break_even:,.0f}" if one.break_even is not None else "-"
        ends = f"{made.low:,.0f} to {made.high:,.0f}" if one.calls else "-"
        each = f"{one.call[0]:,.0f}" if one.calls else "-"
        times = (round(one.saved / 1e3), round(one.difference / 1e6, 1))
        rows.append((name, one.calls, times[0], at, ends, each, times[1], made.short))
    schema = [what, "calls in dispute", "saved by them (us)", "break-even (ns per call)", "range",
              "a call costs (ns)", "saved in all (ms)", "verdict"]  # fmt: skip
    return pl.DataFrame(rows, schema, orient="row")


def pays(found: Threshold) -> str:
    """Whether asking pays at the prices of the calls themselves: one clause."""
    if found.difference == 0:
        return "at these prices it neither saves nor costs"
    does = "saves" if found.difference > 0 else "costs"
    return f"at these prices it {does} {abs(found.difference) / 1e6:,.1f} ms in the whole run"


def headline(found: Threshold) -> str:
    """The verdict, its range and what a call costs here."""
    made = verdict(found)
    who = f"{found.asks} against {found.instead}"
    low, high = f"{made.low:,.0f}", f"{made.high:,.0f}"
    ns, cheap, expensive = found.call
    call = f"a call in dispute costs {ns:,.0f} ns here ({cheap:,.0f} to {expensive:,.0f})"
    match made.kind:
        case "equal":
            return f"{who}: the same, in everything that has a price"
        case "below" | "above":
            side = "pays" if found.difference > 0 else "does not pay"
            return (
                f"{who}: asking pays {made.kind} {made.price:,.0f} ns per call (range {low} to "
                f"{high}); {call}, so it {side}"
            )
        case "never" | "always" if found.calls:
            free = ", not even for free" if made.kind == "never" and found.calls > 0 else ""
            return (
                f"{who}: asking {made.kind} pays{free} (break-even {found.break_even:,.0f} ns a "
                f"call, range {low} to {high})"
            )
        case "undecided" if found.calls:
            free = " (below 0: not even for free)" if (found.break_even or 0) < 0 else ""
            return (
                f"{who}: undecided; break-even is {found.break_even:,.0f} ns per call{free}, but "
                f"with all prices wrong in the same direction it is {low} to {high}, and {call}"
            )
    least, most = (end / 1e6 for end in found.saved_range)
    return (
        f"{who}: {made.kind}; both make as many calls by walks and windows, the rest saves "
        f"{found.saved / 1e6:,.1f} ms (range {least:,.1f} to {most:,.1f})"
    )


def by_parts(found: Threshold) -> str:
    """What asking saves and what it spends, from the largest part on, with its sign."""
    frame = found.parts.filter(pl.col("saved_ms") != 0)
    if frame.is_empty():
        return "Nothing that has a price differs."
    size = pl.col("saved_ms").abs()
    told = frame.filter((size.cum_sum() - size) / size.sum() < MOST_OF_IT)
    sums: dict[bool, list[str]] = {True: [], False: []}
    for part, _, ms, *_ in told.iter_rows():
        sums[ms > 0].append(f"{abs(ms):,.1f} ms on {part}")
    said = [f"saves {', '.join(sums[True])}"] if sums[True] else []
    said += [f"spends {', '.join(sums[False])}"] if sums[False] else []
    rest = frame.height - told.height
    others = f" ({rest} smaller part{'s' * (rest > 1)} left out)" if rest else ""
    return f"Asking {' and '.join(said)}{others}: {pays(found)}."


def deciding(found: Threshold) -> pl.DataFrame:
    """The one or two prices that decide an undecided verdict, rows of `Threshold.levers`.

    Those that turn the sign alone, within their range, or else the two that move it most.
    """
    levers = found.levers.filter(pl.col("at_low") != pl.col("at_high"))
    alone = levers.filter("decides")
    return (alone if alone.height else levers).head(2)


def what_decides(found: Threshold) -> str:
    """For an undecided verdict: which prices decide it, and what would have to be measured."""
    if verdict(found).kind != "undecided":
        return ""
    rows = deciding(found).to_dicts()
    if rows and rows[0]["decides"]:
        said = [
            f"{name(row)} turns it at {row['turns_at']:,.0f} ns (range {row['low']:,.0f} to "
            f"{row['high']:,.0f})"
            for row in rows
        ]
        how = "What decides it"
    else:
        said = [
            f"{name(row)} ({_saves(row['at_low'])} at {row['low']:,.0f} ns, "
            f"{_saves(row['at_high'])} at {row['high']:,.0f})"
            for row in rows
        ]
        how = "No single price turns it within its range; most is moved by"
    measure = [f"{name(row)}: {MEASURE[row['price']]}" for row in rows]
    joined = " and ".join(said)
    return f"{how}{':' * (how[-1] == 't')} {joined}. To be measured: {'; '.join(measure)}."


def _saves(ms: float) -> str:
    return f"{'saves' if ms >= 0 else 'costs'} {abs(ms):,.1f} ms"


def name(row: dict[str, object]) -> str:
    """A lever's price for people."""
    return IN_WORDS[str(row["price"])]


def in_words(found: Threshold) -> str:
    """The verdict in plain sentences: compared, verdict, parts, what decides."""
    cause = ""
    if found.same_pages and found.fewer:
        cause = f"Same pages on both; {only_cause(found.asking, found.existing, found.costs)} "
    said = (found.compared, f"{headline(found)}.", cause + by_parts(found), what_decides(found))
    return " ".join(part for part in said if part)
