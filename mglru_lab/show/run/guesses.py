"""What the notebooks about pages ask, and what is so. Runs in, guesses out."""

from collections.abc import Mapping

import numpy as np

from mglru_lab.lab.run.film import Film
from mglru_lab.lab.run.page_by_page import PLACES, Memory, between, where
from mglru_lab.lab.run.run import SWAPPED, Run
from mglru_lab.show.kit.predict import Guess
from mglru_lab.show.run.film_answers import first_difference


def sinking(told: Run, agings: int) -> Guess:
    """How far pages fall that are only aged."""
    behind = int(told.page_generations(str(agings)).max())
    return Guess(
        f"After {agings} agings without any use, how far behind the youngest generation are they?",
        behind,
        unit="behind",
    )


def _mostly(run: Run, label: str, first: int, end: int) -> str:
    """Where most of these pages are at a dump."""
    values, counts = np.unique(run.page_map(label)[first:end], return_counts=True)
    return PLACES[chr(values[np.argmax(counts)])]


def aged(memory: Memory, told: Run) -> Guess:
    """Where an aging puts what it finds used."""
    return Guess(
        "In which generation are the used pages after that aging?",
        _mostly(told, "used", 0, memory.used),
        choices=list(PLACES.values())[:4],
    )


def evicted(told: Run) -> Guess:
    """How many pages eviction looks up one by one."""
    return Guess(
        "How many pages does eviction look up one by one?",
        between(told, "idle", "evicted", "rmap_walks"),
        unit="pages",
    )


def returned(memory: Memory, told: Run) -> Guess:
    """Where pages are that came back."""
    return Guess(
        "In which generation are the pages that came back?",
        _mostly(told, "returned", memory.used, memory.pages),
        choices=list(PLACES.values())[:4],
    )


def who_reads(told: Mapping[str, Run], memory: Memory) -> Guess:
    """How much the first of several kernels takes of a guest's memory."""
    name, run = next(iter(told.items()))
    return Guess(
        f"How many of the guest's {memory.pages} pages does the first eviction take on {name}?",
        where(run, "evicted").get(PLACES["s"], 0),
        unit="pages",
    )


def diverging(films: Mapping[str, Film]) -> Guess:
    """When two films diverge."""
    at = first_difference(films)
    steps = len(next(iter(films.values())).captions)
    return Guess(
        f"At which of the {steps} steps do left and right diverge (0: never)?",
        0 if at is None else at + 1,
    )


def who_loses(films: Mapping[str, Film]) -> Guess:
    """Who refaults more on the first of two kernels."""
    name, made = next(iter(films.items()))
    end = made.run.end
    host, guest = end["host_majflt"], end["guest_majflt"]
    sides = ["the host's", "the guest's", "both alike"]
    truth = sides[2] if host == guest else sides[int(guest > host)]
    return Guess(f"On {name}, whose pages have to be swapped back in more often?", truth, sides)


def gone(told: Mapping[str, Run]) -> Guess:
    """How many pages of the smallest run are gone on the first kernel."""
    name, run = next(iter(told.items()))
    found = run.page_generations("evicted")
    return Guess(
        f"How many of the guest's {found.size:,} pages are gone at the end on {name}?",
        int(np.count_nonzero(found == SWAPPED)),
        unit="pages",
    )
