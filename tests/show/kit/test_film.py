import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import mglru_lab as ml
from mglru_lab.lab.run.film import COUNTERS, Film, film
from mglru_lab.scenario.film_scenarios import Shown
from mglru_lab.show.kit import film as show_film
from tests.browser import browser_test, offline_page

MIX = Shown(workload="mix")


@pytest.fixture(scope="module")
def films() -> list[Film]:
    return [film(MIX, ml.Kernel(variant=name)) for name in ("existing", "6.12")]


def held(html: str) -> dict[str, Any]:
    found = re.search(r"const film = (\{.*\});\n", html)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def write(folder: Path, *outputs: str) -> Path:
    cells = "".join(f"<div>{html}</div>" for html in (show_film.script(), *outputs))
    file = folder / "page.html"
    file.write_text(f"<!DOCTYPE html><meta charset='utf-8'><body>{cells}</body>")
    return file


def test_the_page_holds_every_byte_of_every_film(films: list[Film]) -> None:
    data = held(show_film.shown(films).data)
    for side, made in zip(data["sides"], films, strict=True):
        bytes_ = zlib.decompress(base64.b64decode(side["pages"]))
        assert np.array_equal(np.frombuffer(bytes_, np.uint8), made.pages.ravel())
        assert side["totals"] == made.counters.tolist()


def test_text_of_a_user_cannot_end_the_script(films: list[Film]) -> None:
    html = show_film.shown({"</script><b>": films[0]}, copies={"x": "<i>"}).data
    assert html.count("</script>") == 1
    assert held(html)["sides"][0]["name"] == "</script><b>"


def said(made: Film, frame: int) -> str:
    return ", ".join(f"{place}: {n:,}" for place, n in made.places(frame).items() if n)


def expect_frame(page: Page, films: list[Film], frame: int) -> None:
    caption = f"step {frame + 1} of {len(films[0].captions)}: {films[0].captions[frame]}"
    expect(page.locator(".film-caption")).to_have_text(caption)
    expect(page.locator(".film-counts")).to_have_text([said(made, frame) for made in films])
    for row, (counter, name) in enumerate(COUNTERS.items()):
        cells = page.locator(".film-table tbody tr").nth(row).locator("td")
        expect(cells.first).to_have_text(name)
        for column, made in enumerate(films, start=1):
            total = made.counters[frame][list(COUNTERS).index(counter)]
            expect(cells.nth(column)).to_have_text(re.compile(rf"^{total:,}( \(|$)"))


@browser_test
def test_a_person_steps_scrubs_and_plays(films: list[Film], tmp_path: Path) -> None:
    last = len(films[0].captions) - 1
    with offline_page(write(tmp_path, show_film.shown(films).data)) as (page, heard):
        expect_frame(page, films, last)
        page.get_by_label("one step back").click()
        expect_frame(page, films, last - 1)
        page.get_by_label("to the first step").click()
        expect_frame(page, films, 0)
        scrub = page.get_by_label("step of the film")
        scrub.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")  # by keyboard
        expect_frame(page, films, 3)
        scrub.fill("60")
        expect_frame(page, films, 60)
        page.get_by_label("steps per second").select_option("32")
        page.get_by_label("play or pause").click()
        page.wait_for_function("Number(document.querySelector('[type=range]').value) > 64")
        page.get_by_label("play or pause").click()
        still = int(scrub.input_value())
        page.wait_for_timeout(200)
        assert int(scrub.input_value()) == still
        expect_frame(page, films, still)
        assert heard.errors == []


@browser_test
def test_every_cell_has_the_colour_of_its_place(films: list[Film], tmp_path: Path) -> None:
    read = """(region) => { const c = document.querySelectorAll('canvas[role=img]')[region];
        const cell = c.width / 64, pen = c.getContext('2d');
        return Array.from({length: 512}, (_, p) => Array.from(pen.getImageData(
            (p % 64) * cell + 1, Math.floor(p / 64) * cell + 1, 1, 1).data.slice(0, 3))) }"""
    with offline_page(write(tmp_path, show_film.shown(films).data)) as (page, _):
        page.set_viewport_size({"width": 1900, "height": 900})
        page.get_by_label("step of the film").fill("70")
        expect_frame(page, films, 70)
        drawn = page.evaluate(read, 1)  # 0 is the ruler, then existing's host and guest
    colors = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in show_film.COLORS]
    places = films[0].pages[70][:512] & 7
    moved = (places == 4) != (films[0].pages[69][:512] & 7 == 4)  # has a frame
    for page_, place in enumerate(places):
        assert moved[page_] or drawn[page_] == colors[place], page_


@browser_test
def test_the_next_film_of_the_same_name_goes_on_at_the_same_step(
    films: list[Film], tmp_path: Path
) -> None:
    one = show_film.shown(films, "a").data
    with offline_page(write(tmp_path, one)) as (page, heard):
        page.get_by_label("step of the film").fill("17")
        expect_frame(page, films, 17)
        swapped = films[::-1]
        page.evaluate(
            "film => mglruLabFilm(document.querySelector('.mglru-lab-film'), film)",
            held(show_film.shown(swapped, "a").data),
        )
        expect_frame(page, swapped, 17)
        assert heard.errors == []


@browser_test
def test_a_film_that_cannot_be_read_says_so(films: list[Film], tmp_path: Path) -> None:
    broken = held(show_film.shown(films).data)
    broken["sides"][0]["pages"] = "AAAA"
    with offline_page(write(tmp_path)) as (page, _):
        page.set_content("<div id=here></div>")
        page.add_script_tag(path=str(Path(show_film.__file__).parent / "film.js"))
        page.evaluate("film => mglruLabFilm(document.querySelector('#here'), film)", broken)
        expect(page.locator("#here")).to_contain_text("No film: ")
