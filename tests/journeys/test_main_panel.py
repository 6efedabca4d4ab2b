"""A person turns the controls of the main panel; the engine says what must be read."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

import mglru_lab as ml
from mglru_lab.bench.jupyterlab import PATIENCE, run_all
from mglru_lab.bench.panel import CELLS
from mglru_lab.lab.run.film import COUNTERS, Film, film
from mglru_lab.lab.thread import decisions
from mglru_lab.policy.comparable import COMMON_KVM
from mglru_lab.scenario.film_scenarios import TITLES, Shown
from tests import shots
from tests.browser import browser_test
from tests.jupyterlab import Desk, save, select

BASELINE = ml.Kernel(variant="existing", enabled=0x7)


@pytest.fixture
def page(desk: Desk) -> Iterator[Page]:
    with desk.open(desk.lab.write("panel", CELLS)) as page:
        run_all(page)
        yield page


def shows_frame(page: Page, films: list[Film], frame: int) -> None:
    """The strips' and the table's numbers are the films'."""
    caption = f"step {frame + 1} of {len(films[0].captions)}: {films[0].captions[frame]}"
    expect(page.locator(".film-caption")).to_have_text(caption, timeout=PATIENCE)
    counts = [
        ", ".join(f"{place}: {n:,}" for place, n in made.places(frame).items() if n)
        for made in films
    ]
    expect(page.locator(".film-counts")).to_have_text(counts, timeout=PATIENCE)
    rows = page.locator(".film-table tbody tr")
    for row, counter in enumerate(COUNTERS):
        cells = rows.nth(row).locator("td")
        for column, made in enumerate(films, start=1):
            total = made.counters[frame][list(COUNTERS).index(counter)]
            expect(cells.nth(column)).to_have_text(re.compile(rf"^{total:,}( \(|$)"))


def answers(page: Page, right: ml.Kernel, workload: str = "half") -> list[Film]:
    """The sentence is about this kernel on the right, the film is of it, at its last step."""
    right = replace(right, kvm=COMMON_KVM)  # both sides are compared on one KVM code
    baseline = replace(BASELINE, kvm=COMMON_KVM)
    films = [film(Shown(workload=workload), kernel) for kernel in (baseline, right)]
    said = re.sub(r"[*`]", "", decisions.sentence(right))
    expect(page.locator("body")).to_contain_text(said, timeout=PATIENCE)
    expect(page.locator("body")).to_contain_text(
        f"scanned {films[1].total('pgscan'):,} ({films[0].total('pgscan'):,})",
        timeout=PATIENCE,
    )
    shows_frame(page, films, len(films[0].captions) - 1)
    return films


@browser_test
def test_every_kind_of_control_changes_strip_counters_and_sentence(page: Page) -> None:
    right, bit = 1, "0x8: ask"
    answers(page, ml.Kernel(variant="6.12", enabled=0xF))
    select(page, "variant", "v4", right)
    answers(page, ml.Kernel(variant="v4", reading="code", enabled=0xF))
    page.get_by_label("Kconfig set").nth(right).check()
    answers(page, ml.Kernel(variant="v4", reading="code", enabled=0xF, kconfig=True))
    page.get_by_label(bit).nth(right).uncheck()
    answers(page, ml.Kernel(variant="v4", reading="code", enabled=0x7, kconfig=True))
    page.get_by_label(bit).nth(right).check()
    select(page, "MMU", "x86-shadow", right)
    shadow = ml.Kernel(variant="v4", reading="code", enabled=0xF, kconfig=True, mmu="x86-shadow")
    answers(page, shadow)
    select(page, "workload", TITLES["phases"])
    answers(page, shadow, "phases")
    shots.keep_notebook(page, "main_panel")


@browser_test
def test_a_film_is_stepped_scrubbed_and_played_by_keyboard(page: Page) -> None:
    films = answers(page, ml.Kernel(variant="6.12", enabled=0xF))
    page.get_by_label("one step back").focus()
    page.keyboard.press("Enter")
    shows_frame(page, films, len(films[0].captions) - 2)
    page.get_by_label("step of the film").focus()
    page.keyboard.press("Home")
    shows_frame(page, films, 0)
    page.keyboard.press("ArrowRight")
    shows_frame(page, films, 1)
    page.get_by_label("play or pause").focus()
    page.keyboard.press("Space")
    page.wait_for_function("Number(document.querySelector('.film-time input').value) > 3")
    page.keyboard.press("Space")
    shows_frame(page, films, int(page.get_by_label("step of the film").input_value()))


@browser_test
def test_controls_work_by_keyboard_and_the_code_says_what_is_set(page: Page) -> None:
    bits = page.get_by_label("0x2: walk")
    bits.nth(1).focus()
    page.keyboard.press("Space")
    answers(page, ml.Kernel(variant="6.12", enabled=0xD))
    page.get_by_label("variant", exact=True).nth(1).focus()
    page.keyboard.press("ArrowDown")
    answers(page, ml.Kernel(variant="6.15", enabled=0xD))
    page.get_by_text("Take it with you").click()
    page.get_by_role("button", name="copy as code").click()
    code = page.locator(".film-copy code").first.inner_text()
    assert "right='6.15'" in code
    assert "right_enabled='0x5'" in code


@browser_test
def test_a_saved_panel_reopens_with_its_film(page: Page) -> None:
    films = answers(page, ml.Kernel(variant="6.12", enabled=0xF))
    save(page)
    page.reload()
    shows_frame(page, films, len(films[0].captions) - 1)


@browser_test
def test_an_error_in_an_answer_is_seen(desk: Desk) -> None:
    broken = (
        CELLS[0],
        "from mglru_lab.lab.thread import decisions\n"
        "sound = decisions.sentence\nmade = panel.lab()",
        "def broken(kernel):\n    if kernel.variant == 'v3':\n        raise OSError('<injected>')\n"
        "    return sound(kernel)\ndecisions.sentence = broken\nmade",
    )
    with desk.open(desk.lab.write("broken", broken)) as page:
        run_all(page)
        select(page, "variant", "v3", 1)
        expect(page.get_by_role("alert")).to_contain_text("OSError('<injected>')", timeout=PATIENCE)
        select(page, "variant", "v2", 1)
        expect(page.get_by_role("alert")).to_have_count(0, timeout=PATIENCE)
        answers(page, ml.Kernel(variant="v2", reading="code", enabled=0xF))
