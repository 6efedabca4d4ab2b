"""Every notebook opens in JupyterLab, runs all cells without an error, and its panels answer."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from mglru_lab.bench.jupyterlab import run_all
from tests import shots
from tests.browser import browser_test
from tests.executed import FOLDER, NAMES
from tests.journeys import bills, look_around, price, report, who_is_asked
from tests.jupyterlab import Desk, code_cells, save

GO_ON: dict[str, Callable[[Page], None]] = {
    "01_bills": bills.go_on,
    "03_who_is_asked": who_is_asked.go_on,
    "04_look_around": look_around.go_on,
    "05_price": price.go_on,
    "10_report": report.go_on,
}
"""What a person does in a notebook once it ran."""


@browser_test
@pytest.mark.parametrize("notebook", NAMES)
def test_a_notebook_runs_all_cells_without_an_error(desk: Desk, notebook: str) -> None:
    copy = desk.lab.put(FOLDER / f"{notebook}.ipynb")
    with desk.open(copy) as page:
        run_all(page)
        for wrong in (
            "Traceback",
            "No chart:",
            "No film:",
            "Error displaying widget",
            "To see it:",
        ):
            expect(page.get_by_text(wrong)).to_have_count(0)
        expect(page.get_by_role("alert")).to_have_count(0)  # an error inside a panel
        save(page)
        cells = code_cells(copy)
        assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
        kinds = [out.output_type for cell in cells for out in cell.outputs]
        assert not {"error", "stream"} & set(kinds)  # nor a warning
        shots.keep_notebook(page, notebook)
        if notebook in GO_ON:
            GO_ON[notebook](page)


def test_every_journey_is_of_a_notebook() -> None:
    assert set(GO_ON) <= set(NAMES)
