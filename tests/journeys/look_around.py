"""A person compares look-around rules; a scenario that needs one host says so."""

from playwright.sync_api import Page, expect

import mglru_lab as ml
from mglru_lab.bench.jupyterlab import PATIENCE
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.show.thread.panel import look_around_table
from tests.jupyterlab import select


def go_on(page: Page) -> None:
    """Scenarios and rules; then a combination that cannot be, and one that can."""
    table = page.locator("table").filter(has_text="of these rescued by an accessed bit")

    def shows(case: str, rule: str) -> None:
        kernels = [ml.Kernel(variant="6.12", look_around=made) for made in ("variant", rule)]
        for what, own, other in look_around_table(CASES[case].compare(kernels)).iter_rows():
            expect(table).to_contain_text(f"{what}{own:,}{other:,}", timeout=PATIENCE)

    shows("regrow", "v4")
    select(page, "scenario", CASES["share50"].title)
    shows("share50", "v4")
    select(page, "look-around", "primary")
    shows("share50", "primary")
    select(page, "scenario", CASES["nested"].title)
    shows("nested", "primary")
    expect(page.get_by_label("MMU", exact=True)).to_be_hidden()
    page.get_by_text("not shown (why?)").click()
    expect(page.get_by_text("this scenario's host runs a nested guest")).to_be_visible()
