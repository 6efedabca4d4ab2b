"""A person changes where pages are swapped to in the price notebook."""

from playwright.sync_api import Page

import mglru_lab as ml
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.show.price import panel, prose
from tests.jupyterlab import reads, select


def go_on(page: Page) -> None:
    """To disk and back: nothing runs again, the threshold follows."""
    scenario = CASES["share50"].scenario(ml.Kernel(variant="proposed"))
    costs = ml.Costs(swap="zram")
    costs = costs.but(lookup_write_tlbflush=costs.prices["lookup_write"])  # as the notebook's
    found = ml.threshold(scenario, "proposed", "existing", costs)
    values = panel.prices(found).values
    for swap in ("disk", "nvme"):
        select(page, "swap to", swap)
        at = found.at(panel.costs_of(values | {"swap": swap}))
        before, _, after = prose.threshold(at).partition("With every price")
        reads(page, before.strip())  # the range between may differ by 1 ns: sliders have steps
        reads(page, after.partition(" ns. ")[2])
