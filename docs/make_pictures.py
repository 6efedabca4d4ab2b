"""Make the pictures of README and docs, as people see these things: `make pictures`."""

import tempfile
from pathlib import Path

import altair as alt

from mglru_lab.bench.jupyterlab import chromium, run_all, serve
from mglru_lab.bench.panel import CELLS
from mglru_lab.lab.truth import against
from mglru_lab.show.report.report import render
from mglru_lab.show.truth import charts

FOLDER = Path(__file__).parent / "pictures"
REPORT = Path(__file__).parents[1] / "notebooks" / "10_report.ipynb"


def panel(out: Path, scratch: Path) -> None:
    """The main panel in JupyterLab, in the middle of its film."""
    with (
        serve(scratch / "state") as lab,
        lab.open(lab.write("panel", CELLS), size=(1500, 1700), scale=0.75) as page,
    ):
        run_all(page)
        page.get_by_label("step of the film").fill("24")
        page.get_by_label("step of the film").blur()
        page.locator(".jp-OutputArea-child:has(.mglru-lab-film)").first.screenshot(path=out)


def report(out: Path, scratch: Path) -> None:
    """The top of a report."""
    made = render(REPORT, scratch / "report.html", None, print)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1040, "height": 1500}, device_scale_factor=0.75)
        page.goto(made.as_uri())
        page.locator("svg.marks").first.wait_for()
        page.screenshot(path=out)


def page_maps(out: Path) -> None:
    """The maps of pages of a real kernel and of the model."""
    beside = against.Beside.of("b_lookaround_en7", "6.12")
    title = "Each page at every dump: a recorded Linux 6.12, and the model"
    chart: alt.TopLevelMixin = charts.page_maps(beside.places, title)
    chart.save(str(out), scale_factor=0.85)


def main() -> None:
    """All of them, each small enough for a page."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        panel(FOLDER / "panel.png", Path(scratch))
        report(FOLDER / "report.png", Path(scratch))
    page_maps(FOLDER / "page_maps.png")
    for path in sorted(FOLDER.glob("*.png")):
        size = path.stat().st_size
        assert size <= 150_000, f"{path.name} has {size} bytes; allowed are 150,000"
        print(path)


if __name__ == "__main__":
    main()
