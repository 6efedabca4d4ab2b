"""A saved notebook is opened again: its pictures are there, and nothing has run."""

from playwright.sync_api import Page, expect

from mglru_lab.bench.jupyterlab import PATIENCE


def go_on(page: Page) -> None:
    """Load the page again, of the saved notebook."""
    panel = page.locator(".jp-NotebookPanel:visible")
    expect(panel).to_contain_text("guest.parquet: 437611 accesses to 34694 pages")
    drawn = panel.locator("svg.marks")
    expect(drawn).to_have_count(4)
    page.reload()
    expect(drawn).to_have_count(4, timeout=PATIENCE)
    expect(drawn.first).to_contain_text("Which generation the guest's pages are in")
    expect(panel).to_contain_text("guest.parquet: 437611 accesses to 34694 pages")
