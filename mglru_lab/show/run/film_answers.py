"""Two kernels' films for a notebook, and the answers about them. Markdown out."""

from collections.abc import Mapping

import numpy as np

from mglru_lab.lab.price.costs import Costs
from mglru_lab.lab.run.film import Film, film
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.film_scenarios import Shown
from mglru_lab.show.run import film_prose

_PLACE = 7
"""The bits of a page's byte that say where it is."""


def beside(shown: Shown, left: Kernel, right: Kernel) -> dict[str, Film]:
    """The same on both, by name."""
    names = film_prose.names(left, right)
    return {name: film(shown, one) for name, one in zip(names, (left, right), strict=True)}


def first_difference(films: Mapping[str, Film]) -> int | None:
    """The first frame in which a page is not in the same place on both; None: there is none."""
    one, other = (made.pages & _PLACE for made in films.values())
    frames = np.flatnonzero((one != other).any(axis=1))
    return int(frames[0]) if frames.size else None


def diverging(films: Mapping[str, Film], costs: Costs) -> str:
    """After which step two films diverge, and what came of it."""
    at = first_difference(films)
    if at is None:
        return "They never diverge: on both, every page is in the same place after each step."
    first = next(iter(films.values()))
    one, other = (made.pages[at] & _PLACE for made in films.values())
    apart = int(np.count_nonzero(one != other))
    return (
        f"They diverge at step {at + 1} of {len(first.captions)} (*{first.captions[at]}*): then "
        f"{apart:,} pages are in different places.\n\n{film_prose.verdict(films, costs)}"
    )


def who_loses(films: Mapping[str, Film]) -> str:
    """Whose pages come back, host's or guest's, on each of the two."""
    said = []
    for name, made in films.items():
        end = made.run.end
        said.append(
            f"**{name}**: the host refaults {end['host_majflt']:,} pages, the guest "
            f"{end['guest_majflt']:,}; {end['pgscan']:,} are scanned"
        )
    return (
        f"On *a host and its guest, both at work*, with half of their memory: {'; '.join(said)}. "
        "A kernel that does not ask finds out at the end of the list, one page at a time, that a "
        "guest's pages are in use, and rescues them into the youngest generation. So the guest's "
        "memory looks younger than the host's, although both are used alike, and the host pays in "
        "refaults."
    )
