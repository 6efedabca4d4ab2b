"""Exercises: a few pages, random accesses, and the question which pages go. Any number of them."""

import os
from typing import Any

import ipywidgets as widgets
import polars as pl
from IPython.display import Markdown, display

from mglru_lab.lab.run.by_hand import PAGES, Algorithm, Story, exercise, first_difference, in_words
from mglru_lab.progress import IN_REPORT
from mglru_lab.show.kit.fold import answer
from mglru_lab.show.kit.panel import CLASS, show
from mglru_lab.show.kit.predict import Asked, Guess
from mglru_lab.show.report.provenance import table


def asked(story: Story) -> Guess:
    """Which pages the last eviction takes, and after that where all of them were at each step."""
    why = (
        "An aging gives the pages that it finds used the number of the generation that was the "
        "youngest, and all others stay behind. Eviction takes what is in the oldest generation, "
        "but keeps a page whose accessed bit is set."
    )
    return Guess("Which pages does this eviction take?", story.goes, unit="", of_pages=True).then(
        why, table(solution(story))
    )


def solution(story: Story) -> pl.DataFrame:
    """Where each page is after each step: step, then one column per page."""
    rows = []
    for number, step in enumerate(story.steps):
        places = ["swapped" if at is None else str(at) for at in story.places(number)]
        rows.append({"step": in_words(step)} | {f"p{p}": at for p, at in enumerate(places)})
    return pl.DataFrame(rows)


def told(story: Story) -> str:
    """What happens, as a list. Markdown."""
    lines = "".join(f"{n}. {in_words(step)}\n" for n, step in enumerate(story.steps, start=1))
    return f"Pages 0 to {story.pages - 1}, in a process of userspace:\n\n{lines}"


class Exercises:
    """One exercise per seed, with its solution; a button makes the next one."""

    def __init__(self, seed: int = 1) -> None:
        self.seed = widgets.BoundedIntText(value=seed, min=0, max=10**6, description="exercise")
        self.another = widgets.Button(description="Another one")
        self.another.on_click(lambda _: setattr(self.seed, "value", self.seed.value + 1))
        self.story = widgets.HTML()
        self.held = widgets.VBox()
        self.seed.observe(lambda _: self._ask(), "value")
        choose = widgets.HBox([self.seed, self.another], _dom_classes=("mglru-lab-controls",))
        self.widget = widgets.VBox([choose, self.story, self.held], _dom_classes=(CLASS,))
        self._ask()

    def _ask(self) -> None:
        story = exercise(self.seed.value)
        steps = "".join(f"<li>{in_words(step)}</li>" for step in story.steps)
        self.story.value = f"Pages 0 to {PAGES - 1}, used by a process: <ol>{steps}</ol>"
        self.asked = Asked(asked(story))
        self.held.children = (self.asked.widget,)

    def _ipython_display_(self) -> None:
        if os.environ.get(IN_REPORT):
            story = exercise(self.seed.value)
            display(Markdown(told(story)))
            asked(story)._ipython_display_()
        else:
            show(self.widget)


def checked(algorithm: Any, stories: int = 40) -> Markdown:
    """Whether a reader's algorithm does what the model does, or where it first differs."""
    made: type[Algorithm] = algorithm
    difference = first_difference(made, stories)
    if difference:
        return answer(f"They differ. {difference}.")
    return answer(
        f"In {stories} random stories of {PAGES} pages, after each step, every page is where the "
        "model has it. Real kernels have more: files and their tiers, batches, and look-around "
        "that sees 64 pages at a time."
    )
