"""Short random stories of a few pages: on the model, and on an algorithm that a reader wrote."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from mglru_lab.lab.run.run import SWAPPED, Run, run
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario

PAGES = 8
AGE, EVICT = "an aging", "the oldest generation is evicted"
Step = str | tuple[int, ...]
"""AGE, EVICT, or the pages that are used."""


class Algorithm(Protocol):
    """What a reader writes: pages are numbers from 0; a place is how far behind, None swapped."""

    def use(self, page: int) -> None:
        """Somebody uses a page; one that is not in memory comes in."""

    def age(self) -> None:
        """Open a new generation."""

    def evict(self) -> None:
        """Take what is in the oldest generation, but for pages that turn out to be in use."""

    def behind(self, page: int) -> int | None:
        """How far a page is behind the youngest generation; None: it is swapped out."""


@dataclass(frozen=True)
class Story:
    """All pages are written and aged; then, as `seed` draws it, some are used, aged, evicted."""

    seed: int
    pages: int = PAGES
    length: int = 7
    evictions: bool = False
    """Whether evictions come in between, too, and not only at the end."""

    @cached_property
    def steps(self) -> list[Step]:
        """What happens, in order; an eviction ends it."""
        random = np.random.default_rng(self.seed)
        made: list[Step] = [tuple(range(self.pages)), AGE]
        kinds = ["use", "use", AGE] + [EVICT] * self.evictions
        for _ in range(self.length):
            kind = str(random.choice(kinds))
            if kind == "use":
                some = random.choice(self.pages, random.integers(1, self.pages // 2), False)
                made.append(tuple(sorted(int(page) for page in some)))
            else:
                made.append(kind)
        return [*made, AGE, AGE, EVICT]

    @property
    def scenario(self) -> Scenario:
        """The story for a kernel; a dump after each step is named by its number."""
        lines = [f"region {self.pages} anon"]
        for number, step in enumerate(self.steps):
            if isinstance(step, tuple):
                lines += [f"touch {page} {page + 1}" for page in step] + ["settle"]
            else:
                lines.append({AGE: "age", EVICT: "evict old"}[step])
            lines.append(f"dump {number}")
        return Scenario("\n".join(lines) + "\n", f"story {self.seed}")

    @cached_property
    def told(self) -> Run:
        """The story on the model of the default kernel."""
        return run(self.scenario, Kernel())

    def places(self, step: int) -> list[int | None]:
        """How far each page is behind after a step; None: swapped out."""
        found = self.told.page_generations(str(step)).tolist()
        return [None if place == SWAPPED else place for place in found]

    @property
    def goes(self) -> tuple[int, ...]:
        """The pages that the last eviction takes."""
        last = len(self.steps) - 1
        before, after = self.places(last - 1), self.places(last)
        return tuple(
            page
            for page, (was, now) in enumerate(zip(before, after, strict=True))
            if was is not None and now is None
        )


def exercise(seed: int) -> Story:
    """The first of this seed's stories in which some pages go and others stay."""
    stories = (Story(1000 * seed + number) for number in itertools.count())
    return next(story for story in stories if 0 < len(story.goes) < PAGES)


def in_words(step: Step) -> str:
    """A step for people."""
    if isinstance(step, str):
        return step
    return f"used: {', '.join(map(str, step))}"


def first_difference(made: Callable[[int], Algorithm], stories: int = 50) -> str:
    """Where an algorithm first differs from the model over so many stories; empty: nowhere.

    `made` makes one that has so many pages.
    """
    for seed in range(stories):
        story = Story(seed, evictions=True)
        mine = made(story.pages)
        for number, step in enumerate(story.steps):
            if isinstance(step, tuple):
                for page in step:
                    mine.use(page)
            elif step == AGE:
                mine.age()
            else:
                mine.evict()
            ours = [mine.behind(page) for page in range(story.pages)]
            if ours != story.places(number):
                return (
                    f"Story {seed}, step {number} ({in_words(step)}): yours has {ours}, "
                    f"the model {story.places(number)} (how far behind, page by page)"
                )
    return ""
