"""A person changes where pages are swapped to in the price notebook."""

from playwright.sync_api import Page

import mglru_lab as ml
from mglru_lab.lab.price import verdict
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.show.price import panel
from tests.jupyterlab import reads, select


def go_on(page: Page) -> None:
    """To disk and back: nothing runs again, the threshold follows."""
    scenario = CASES["share50"].scenario(ml.Kernel(variant="proposed"))
    found = ml.threshold(scenario, "proposed", "existing")
    values = panel.prices(found).values
    for swap in ("disk", "nvme"):
        select(page, "swap to", swap)
        at = found.at(panel.costs_of(values | {"swap": swap}, found.costs))
        reads(page, verdict.headline(at))
        reads(page, verdict.by_parts(at))
