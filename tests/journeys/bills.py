"""A person plays the game of the bills: the other way, fewer bills, the backpack."""

from playwright.sync_api import Page

from mglru_lab.lab.price.bills import PICK, SURVEY, Room
from mglru_lab.show.price.bills import outcome
from tests.jupyterlab import reads


def go_on(page: Page) -> None:
    """Each kind of control once, a slider by keyboard."""
    page.get_by_role("button", name=PICK).click()
    reads(page, outcome(Room(), PICK))
    page.get_by_role("button", name=SURVEY).click()
    reads(page, outcome(Room(), SURVEY))
    handle = page.locator(".widget-slider", has_text="you take").get_by_role("slider")
    handle.focus()
    handle.press("ArrowLeft")
    reads(page, outcome(Room(take=9), SURVEY))
    page.get_by_label("500-lb backpack").check()
    reads(page, outcome(Room(take=9, backpack=True), SURVEY))
