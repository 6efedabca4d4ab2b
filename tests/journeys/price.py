"""A person plays the game of the price notebook and moves its prices."""

import re

from playwright.sync_api import Page, expect

import mglru_lab as ml
from mglru_lab.bench.jupyterlab import PATIENCE
from mglru_lab.lab.bills import PICK, SURVEY, Room
from mglru_lab.lab.look_around_cases import CASES
from mglru_lab.show import explain_price, price_panels
from tests.jupyterlab import select


def go_on(page: Page) -> None:
    """The other way, a smaller backpack; then swap, and a price by keyboard."""
    _plays(page)
    _prices(page)


def _reads(page: Page, markdown: str) -> None:
    """The page says this, less what Markdown marks."""
    text = re.sub(r"[*`]", "", markdown)
    expect(page.locator("body")).to_contain_text(text, timeout=PATIENCE)


def _plays(page: Page) -> None:
    room = Room(seed=1)
    _reads(page, explain_price.bills(room, PICK))
    page.get_by_role("button", name=SURVEY).click()
    _reads(page, explain_price.bills(room, SURVEY))
    handle = page.locator(".widget-slider", has_text="backpack").get_by_role("slider")
    handle.focus()
    handle.press("ArrowLeft")
    _reads(page, explain_price.bills(Room(seed=1, backpack=room.backpack - 1), SURVEY))


def _prices(page: Page) -> None:
    scenario = CASES["share50"].scenario(ml.Kernel(variant="proposed"))
    costs = ml.Costs(swap="zram")
    costs = costs.but(lookup_write_tlbflush=costs.prices["lookup_write"])  # as the notebook's
    found = ml.threshold(scenario, "proposed", "existing", costs)
    values = price_panels.prices(found).values
    for swap in ("zram", "disk"):
        select(page, "swap to", swap)
        at = found.at(price_panels.costs_of(values | {"swap": swap}))
        _reads(page, explain_price.threshold(at))
