"""What *Against the real kernel* asks, and what is so. Comparisons in, guesses out."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mglru_lab.lab.truth.against import KERNEL, Beside
from mglru_lab.lab.truth.match import Match
from mglru_lab.show.kit.predict import Guess


def maps(beside: Beside) -> Guess:
    """In how many places of pages the model differs."""
    dumps = len(beside.match.pages)
    return Guess(
        f"In how many places does the model's map of pages differ, over {dumps} dumps?",
        sum(beside.match.pages.values()),
        unit="places",
    )


def log(beside: Beside) -> Guess:
    """How many outcomes of accesses differ."""
    missed, ours = beside.recording.missed(), beside.model.misses
    assert missed is not None
    assert ours is not None
    return Guess(
        f"For how many of {ours.size:,} accesses is the outcome another one?",
        int(np.count_nonzero(missed[: ours.size] != ours)),
        unit="accesses",
    )


def broken(match: Match, rules: str) -> Guess:
    """At which access a model on other rules diverges."""
    at = match.first_miss
    return Guess(
        f"At which access does the model diverge on the rules of {rules} (-1: never)?",
        -1 if at is None else at,
    )


def repeats(frame: pl.DataFrame) -> Guess:
    """By how much a kernel's swap-ins vary, in percent of the least."""
    kernels = frame.filter(source=KERNEL)["misses"].to_list()
    return Guess(
        "By how much do its swap-ins vary, from the least to the most?",
        round(100 * (max(kernels) / min(kernels) - 1), 2),
        unit="%",
    )


def first_eviction(frame: pl.DataFrame, kernel: str) -> Guess:
    """How many of a guest's pages are gone at the end of a recording; frame: of `by_step`."""
    ours = frame.filter(kernel=kernel)
    last = ours.filter(dump=ours["dump"][-1])
    gone = last.filter(place="swapped out")["pages"].sum()
    return Guess(
        f"How many of the guest's 2,048 pages has the first eviction taken on {kernel}?",
        int(gone),
        unit="pages",
    )


def read_file(beside: Beside) -> Guess:
    """How often a file that is only read is aged."""
    return Guess("How often is the file aged?", beside.model.end["agings"], unit="agings")


def differences(compared: Sequence[Match]) -> Guess:
    """How many recordings differ in anything."""
    apart = [c for c in compared if not c.equal and not c.not_modelled]
    return Guess(
        f"How many of these {len(compared)} recordings differ in anything?",
        len(apart),
        unit="recordings",
    )
