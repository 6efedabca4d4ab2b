import numpy as np
import pytest

import mglru_lab as ml
from mglru_lab.lab.run.film import COUNTERS, PLACES, PRIMARY, SECONDARY, Film, film, shoot
from mglru_lab.lab.run.run import ABSENT, NO_GENERATION, SWAPPED, run
from mglru_lab.scenario.film_scenarios import Shown


def made(variant: str, **shown: object) -> Film:
    return film(Shown(**shown), ml.Kernel(variant=variant))  # type: ignore[arg-type]


def test_the_story_shows_who_sinks() -> None:
    existing, asks = made("existing"), made("6.12")
    third = [at for at, text in enumerate(asks.captions) if "aging" in text][2]
    # Used twice since it was written: whoever is not asked about sinks.
    assert existing.places(third)["3 behind (oldest possible)"] == 1024
    assert asks.places(third)["1 behind"] == 512
    used, idle = np.split(asks.pages[third] & 7, 2)
    assert set(used) == {1}
    assert set(idle) == {3}


def test_the_first_eviction_of_the_existing_approach_takes_nothing_the_second_does() -> None:
    existing = made("existing")
    evictions = [at for at, text in enumerate(existing.captions) if "eviction" in text]
    middle = evictions[9]
    assert existing.places(middle)["swapped out"] == 0
    assert existing.counters[middle][list(COUNTERS).index("rescues")] == 1025  # and the code's page
    assert existing.places(-1)["swapped out"] == 512


@pytest.mark.parametrize("workload", ["mix", "scan", "nested"])
def test_the_last_frame_is_what_a_dump_says(workload: str) -> None:
    kernel, shown = ml.Kernel(variant="v3", enabled=0xF), Shown(workload=workload, seed=3)
    last = film(shown, kernel)
    numbers = [0, 1, 2, 3, SWAPPED, ABSENT, NO_GENERATION]
    text = last.run.scenario.text.replace("settle\nstat end", "dump end")
    again = _again(shown, text, kernel)
    maps = [again.page_generations("end", at) for at in range(len(last.regions))]
    assert np.array_equal(np.array(numbers)[last.pages[-1] & 7], np.concatenate(maps))
    end = again.end
    assert last.counters[-1].tolist() == [end[name] for name in COUNTERS]
    marked = last.pages[-1] & (PRIMARY | SECONDARY)
    young = end["young_secondary_only"] - np.count_nonzero(marked == SECONDARY)
    assert young in (0, 1)  # the page of the guest's code is in no region


def _again(shown: Shown, text: str, kernel: ml.Kernel) -> ml.Run:
    return run(ml.Scenario(text, "again"), kernel, entries=shown.plot(nested=False)[1])


def test_shooting_says_how_far_it_is() -> None:
    shares = list(shoot(Shown(workload="phases"), ml.Kernel()))
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 100


def test_places_cover_every_page() -> None:
    mixed = made("6.12", workload="mix")
    assert mixed.regions == [("host", 512), ("guest", 512)]
    assert sum(mixed.places(40).values()) == 1024
    assert list(mixed.places(0)) == list(PLACES)
