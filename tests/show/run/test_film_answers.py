import numpy as np

import mglru_lab as ml
from mglru_lab.scenario.film_scenarios import Shown
from mglru_lab.show.run import film_answers

EXISTING, STOCK = ml.Kernel(variant="existing"), ml.Kernel(variant="6.12")


def test_films_part_where_a_page_is_elsewhere_for_the_first_time() -> None:
    films = film_answers.beside(Shown(), EXISTING, STOCK)
    at = film_answers.first_difference(films)
    assert at is not None
    one, other = (made.pages & 7 for made in films.values())
    assert np.array_equal(one[:at], other[:at])
    assert not np.array_equal(one[at], other[at])
    said = film_answers.diverging(films, ml.Costs())
    assert f"step {at + 1} of {len(one)} (*an aging, by command*)" in said


def test_equal_films_never_part() -> None:
    films = film_answers.beside(Shown(), STOCK, ml.Kernel(variant="6.15", rules="6.12"))
    assert "They never diverge" in film_answers.diverging(films, ml.Costs())


def test_who_loses_is_counted_for_host_and_guest() -> None:
    films = film_answers.beside(Shown(workload="mix"), EXISTING, STOCK)
    said = film_answers.who_loses(films)
    for made in films.values():
        end = made.run.end
        assert f"refaults {end['host_majflt']:,} pages, the guest {end['guest_majflt']:,}" in said
