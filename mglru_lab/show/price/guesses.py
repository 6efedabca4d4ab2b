"""What the notebooks about prices ask, and what is so. Numbers in, guesses out."""

from collections.abc import Mapping, Sequence

import polars as pl

from mglru_lab.lab.price import advise, calibration, verdict
from mglru_lab.lab.price.advise import Advice
from mglru_lab.lab.price.bills import LOAD, Room
from mglru_lab.lab.price.threshold import Threshold
from mglru_lab.show.kit.predict import Guess, highest
from mglru_lab.show.price.charts import CONTENDED, LOCKLESS


def equal_price(room: Room) -> Guess:
    """At which price of a look both ways are as good."""
    return Guess(
        "At which price of a look do both ways bring the same?",
        round(room.break_even, 2),
        unit="dollars",
    )


def pays_in(room: Room, prices: Sequence[float], backpack: bool) -> Guess:
    """In how many rooms a survey pays."""
    look = room.look * (LOAD if backpack else 1)
    return Guess(
        f"In how many of {len(prices):,} rooms does a survey pay "
        f"{'with' if backpack else 'without'} the backpack?",
        sum(price >= look for price in prices),
        unit="rooms",
    )


def worth_most(frame: pl.DataFrame) -> Guess:
    """How many bills one takes when looking is worth most; frame: take, break_even."""
    top = frame.sort("break_even", descending=True)["take"][0]
    return Guess(f"For how many of {frame.height} bills is a look worth most?", top, unit="bills")


def which_side(found: Threshold) -> Guess:
    """On which side of the threshold two published prices are."""
    pays = [
        f"at {price:g} ns it {'pays' if found.saved >= found.calls * price else 'does not'}"
        for price in (LOCKLESS, CONTENDED)
    ]
    choices = [
        f"at {LOCKLESS:g} ns it {a}, at {CONTENDED:g} ns it {b}"
        for a in ("pays", "does not")
        for b in ("pays", "does not")
    ]
    return Guess("Does asking pay at each of the two prices of a call?", ", ".join(pays), choices)


def decided(found: Threshold) -> Guess:
    """What the verdict on two kernels is."""
    kinds = {
        "below": "it pays up to some price of a call",
        "above": "it pays from some price of a call on",
        "always": "it always pays",
        "never": "it never pays, not even for free",
        "equal": "they are the same",
        "undecided": "the prices are too uncertain to say",
    }
    return Guess(
        f"{found.asks} against {found.instead}: does asking pay?",
        kinds[verdict.verdict(found).kind],
        choices=list(kinds.values()),
    )


def remains(found: Mapping[str, Threshold]) -> Guess:
    """On how many KVM codes asking saves time."""
    return Guess(
        f"On how many of these KVM codes ({', '.join(found)}) does asking save time?",
        sum(one.difference > 0 for one in found.values()),
        unit="of them",
    )


def published(frame: pl.DataFrame) -> Guess:
    """How many prices rest on something published; frame: of `Costs.table`."""
    assumed = frame.filter(pl.col("source").str.contains("assumed|given")).height
    return Guess(
        f"How many of these {frame.height} prices come from published numbers alone?",
        frame.height - assumed,
        unit="prices",
    )


def moves_most(found: Threshold) -> Guess:
    """Which price moves the sum most within its range."""
    moved = {
        verdict.name(row): abs(row["at_high"] - row["at_low"]) for row in found.levers.to_dicts()
    }
    return highest("Which price moves the sum most within its range?", moved)


def who_gains(frame: pl.DataFrame) -> Guess:
    """Whose accesses make asking worth more; frame: of a threshold map."""
    saved = frame.group_by("guest").agg(pl.col("saved_ms").mean()).sort("guest")["saved_ms"]
    return highest(
        "Where does asking save more, or cost less?",
        {"with a busy host": saved[0], "with a busy guest": saved[-1]},
    )


def refaults_more(paid: pl.DataFrame) -> Guess:
    """Who refaults more where aging does not ask; rows: the asking kernel, then the other."""
    asking, other = paid.select("host refaults", "guest refaults").rows()
    sides = [name for name, a, b in zip(("the host", "the guest"), asking, other, strict=True)
             if b > a]  # fmt: skip
    choices = ["the host", "the guest", "the host and the guest", "neither"]
    return Guess("Who refaults more if aging does not ask?", " and ".join(sides) or "neither",
                 choices)  # fmt: skip


def walks_more(rows: pl.DataFrame) -> Guess:
    """How many page tables v4's code visits in a process without a VM."""
    walked = dict(rows.select("kernel", "tables walked").rows())
    name = next(name for name in walked if name.startswith("v4/code"))
    return Guess(f"One of 8 page tables is in use. How many does {name} walk?", walked[name],
                 unit="tables")  # fmt: skip


def seen(sets: pl.DataFrame) -> Guess:
    """How large a working set looks to the last kernel; of `proactive_curves.working_set`."""
    last = sets.filter(pl.col("pass") == pl.col("pass").max())
    name, _, true, estimate = last.row(-1)
    return Guess(
        f"{true:,} pages were truly used since the last pass. How many does {name} see in its two "
        "youngest generations?",
        estimate,
        unit="pages",
    )


def off_by(frame: pl.DataFrame) -> Guess:
    """How far the queueing model is off for wall times that it had not seen."""
    found = {what: rest for what, *rest in calibration.errors(frame).iter_rows()}
    return Guess(
        "The model has not seen a row, and predicts its wall time. How far is it off (median)?",
        round(100 * found["wall"][0], 1),
        unit="%",
    )


def cheapest(found: Advice) -> Guess:
    """Which policy is the cheapest on average."""
    policies = dict.fromkeys(kernel.partition(":")[0] for kernel in found.totals["kernel"])
    return Guess(
        "Which policy is the cheapest on average?",
        advise.policy_of(found.chosen),
        choices=sorted(policies),
    )
