"""Every notebook opens in JupyterLab and runs all cells without an error."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import shots
from tests.browser import browser_test
from tests.jupyterlab import Lab, code_cells, outside, ran, run_all, save

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@browser_test
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_all_cells_without_an_error(lab: Lab, notebook: Path) -> None:
    copy = lab.put(notebook)
    with lab.open(copy) as (page, heard):
        run_all(page)
        ran(page)
        for wrong in ("Traceback", "No chart:", "Error displaying widget", "A chart. To see it"):
            expect(page.get_by_text(wrong)).to_have_count(0)
        expect(page.get_by_role("alert")).to_have_count(0)  # an error inside a panel
        save(page)
        cells = code_cells(copy)
        assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
        kinds = [out.output_type for cell in cells for out in cell.outputs]
        assert not {"error", "stream"} & set(kinds)  # nor a warning
        assert outside(heard) == []
        shots.keep_notebook(page, notebook.stem)
