"""Panels and guesses on a small screen, 1280 x 800: what a person sees, points at and enters."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

import mglru_lab as ml
from mglru_lab.bench.jupyterlab import PATIENCE, run_all
from mglru_lab.bench.panel import CELLS
from mglru_lab.lab.run.by_hand import exercise
from mglru_lab.lab.run.film import film
from mglru_lab.lab.thread import decisions
from mglru_lab.scenario.film_scenarios import Shown
from mglru_lab.show.kit.panel import REVIVE
from tests import shots
from tests.browser import browser_test
from tests.executed import FOLDER
from tests.jupyterlab import Desk, save

SMALL = {"width": 1280, "height": 800}


def put_on_top(page: Page, shown: Locator) -> None:
    """Scroll so that this begins where the notebook begins."""
    shown.evaluate("node => node.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(200)


@pytest.fixture
def main(desk: Desk) -> Iterator[Page]:
    with desk.open(desk.lab.write("small", CELLS)) as page:
        page.set_viewport_size(SMALL)
        run_all(page)
        yield page


@browser_test
def test_controls_film_and_counters_are_on_one_screen(main: Page) -> None:
    put_on_top(main, main.locator(".mglru-lab-panel"))
    for part in (".mglru-lab-controls", ".film-controls", ".film-time", ".film-table"):
        expect(main.locator(part).first).to_be_in_viewport(ratio=0.99)
    for strip in main.locator(".film-side canvas").all():
        expect(strip).to_be_in_viewport(ratio=0.99)
    body = main.locator(".film-body").bounding_box()
    assert body
    assert body["height"] <= SMALL["height"] / 2
    expect(main.get_by_label("Kconfig set").first).to_be_hidden()  # neither kernel has one
    main.get_by_text("What each control does").click()
    helps = main.locator(".mglru-lab-folds li", has_text="0x4: non-leaf")
    expect(helps.filter(has_text="Walks skip tables whose PMD is old").first).to_be_visible()
    main.get_by_text("What each control does").click()
    shots.keep_screen(main, "panel-on-one-screen")


@browser_test
def test_a_page_and_a_mark_of_the_ruler_answer_the_pointer(main: Page) -> None:
    made = film(Shown(), ml.Kernel(variant="6.12", kvm="6.15", enabled=0x7))
    put_on_top(main, main.locator(".mglru-lab-panel"))
    ruler = main.locator(".film-ruler").bounding_box()
    assert ruler
    aging = next(i for i, caption in enumerate(made.captions) if "aging" in caption)
    x = ruler["x"] + ruler["width"] * (aging + 0.5) / len(made.captions)
    main.mouse.move(x, ruler["y"] + 8)
    tip = main.get_by_role("tooltip")
    expect(tip).to_contain_text(f"step {aging + 1}: an aging, by command")
    expect(tip).to_contain_text("6.12: 1 agings, 0 pages swapped out")
    main.mouse.click(x, ruler["y"] + 8)
    caption = main.locator(".film-caption")
    expect(caption).to_have_text(f"step {aging + 1} of 49: an aging, by command")

    main.mouse.click(x + ruler["width"] / len(made.captions), ruler["y"] + 8)
    strip = main.locator(".film-side canvas").nth(1)  # the right side's
    strip.hover(position={"x": 3, "y": 3})
    expect(tip).to_contain_text("6.12, guest's page 0: 1 behind, since step 9 (an aging, by")
    expect(tip).to_contain_text("the secondary MMU (KVM) knows")
    expect(tip).to_contain_text(f"A use was last noted at step {aging + 2} (pages 0 to 127 are")
    shots.keep_screen(main, "page-under-the-pointer")
    strip.focus()
    main.keyboard.press("ArrowDown")
    main.keyboard.press("ArrowRight")
    expect(tip).to_contain_text("6.12, guest's page 65: 1 behind")
    main.keyboard.press("Escape")
    expect(tip).to_have_count(0)


@browser_test
def test_without_its_kernel_a_panel_says_how_to_revive_it(desk: Desk, main: Page) -> None:
    save(main)
    main.get_by_role("menuitem", name="Kernel", exact=True).click()
    main.get_by_text("Restart Kernel…", exact=True).first.click()
    main.get_by_role("button", name="Confirm Kernel Restart").click()
    panel = main.locator(".mglru-lab-panel.jupyter-widgets-disconnected")
    expect(panel).to_be_visible(timeout=PATIENCE)
    expect(panel.locator(".mglru-lab-controls")).to_be_hidden()
    assert REVIVE in panel.evaluate("node => getComputedStyle(node, '::before').content")
    expect(panel.locator(".film-table")).to_be_visible()  # the last answer stays
    shots.keep_screen(main, "panel-after-a-restart")
    expect(main.get_by_text("| Idle")).to_be_visible(timeout=PATIENCE)
    main.wait_for_timeout(1000)  # a kernel that is just starting cannot be ended


@browser_test
def test_a_panel_of_a_notebook_that_is_opened_again_says_how_to_revive_it(desk: Desk) -> None:
    path = desk.lab.write("again", CELLS)
    with desk.open(path) as page:
        run_all(page)
        save(page)
    with desk.open(path) as page:  # its kernel has ended
        expect(page.get_by_text(REVIVE)).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("model not found")).to_have_count(0)


@browser_test
def test_nothing_tells_the_answer_before_a_guess(desk: Desk) -> None:
    with desk.open(desk.lab.put(FOLDER / "00_start.ipynb")) as page:
        page.set_viewport_size(SMALL)
        run_all(page)
        asked = page.locator(".mglru-lab-guess")
        expect(asked).to_have_count(2)
        first, second = asked.nth(0), asked.nth(1)
        put_on_top(page, first)
        expect(page.locator(".mglru-lab-chart")).to_have_count(0)
        expect(page.get_by_text("Evicted: ")).to_have_count(0)
        compare = first.get_by_role("button", name="Compare")
        expect(compare).to_be_disabled()
        field = first.get_by_role("textbox")
        field.fill("all of them")
        expect(first).to_contain_text("is no number")
        expect(compare).to_be_disabled()
        field.fill("512")
        expect(compare).to_be_enabled()
        shots.keep_screen(page, "guess-before")
        compare.click()
        expect(first).to_contain_text("Your guess: 512 pages. No: it is 0 pages.")
        expect(first).to_contain_text("Neither is free: that is the argument.")
        expect(first.locator("svg.marks")).to_have_count(1, timeout=PATIENCE)
        shots.keep_screen(page, "guess-after")

        expect(second.get_by_role("radio", checked=True)).to_have_count(0)
        second.get_by_label("without it no, with it yes").check()
        second.get_by_role("button", name="Compare").click()
        expect(second).to_contain_text("Right.")


@browser_test
def test_exercises_are_as_many_as_one_likes(desk: Desk) -> None:
    cells = (
        "from mglru_lab.show.kit import offline\n"
        "from mglru_lab.show.run import exercise\noffline.enable()",
        "exercise.Exercises(1)",
    )
    with desk.open(desk.lab.write("exercise", cells)) as page:
        page.set_viewport_size(SMALL)
        run_all(page)
        for seed in (1, 2):
            panel = page.locator(".mglru-lab-panel").first
            expect(panel.locator("li").first).to_contain_text("used: 0, 1, 2", timeout=PATIENCE)
            goes = ", ".join(map(str, exercise(seed).goes))
            panel.get_by_placeholder("such as 0, 3, 7; or none").fill(goes)
            panel.get_by_role("button", name="Compare").click()
            expect(panel).to_contain_text(f"Your guess: pages {goes}. Right.", timeout=PATIENCE)
            expect(panel.locator("table")).to_contain_text("swapped")
            shots.keep_screen(page, f"exercise-{seed}")
            panel.get_by_role("button", name="Another one").click()
            expect(panel).not_to_contain_text("Right.")


@browser_test
def test_a_cell_of_the_decision_map_says_why(desk: Desk) -> None:
    cells = (
        "from mglru_lab.show.kit import offline\nfrom mglru_lab.show.thread import charts\n"
        "from mglru_lab.lab.thread import decisions\noffline.enable()",
        "charts.decision_map(decisions.rows(bits=0xF))",
    )
    with desk.open(desk.lab.write("map", cells)) as page:
        page.set_viewport_size(SMALL)
        run_all(page)
        cell = page.locator(".mglru-lab-chart svg .mark-rect path[aria-label*='row: v5 (code)']")
        cell.nth(3).hover(force=True)
        tip = page.locator("#vg-tooltip-element")
        kernel = ml.Kernel(variant="v5", mmu="x86-tdp-was-nested", enabled=0xF)
        expect(tip).to_contain_text(decisions.sentence(kernel), timeout=PATIENCE)
        box = tip.locator("td.value").last
        assert box.evaluate("node => node.scrollHeight <= node.clientHeight + 2")  # whole
        shots.keep_screen(page, "decision-map-says-why")
