"""Words are explained where they first appear, and the start page's map leads on."""

import re

import nbformat
from playwright.sync_api import Locator, Page, expect

from mglru_lab.bench.jupyterlab import PATIENCE, run_all
from mglru_lab.show.kit.glossary import WORDS
from tests.browser import browser_test
from tests.executed import FOLDER
from tests.jupyterlab import Desk, save

ENABLE = "from mglru_lab.show.kit import offline\noffline.enable()"


def mark(page: Page, text: str) -> Locator:
    return page.locator("abbr.mglru-lab-word", has_text=re.compile(f"^{text}$"))


def says(page: Page, word: str) -> None:
    """The one box explains this word."""
    expect(page.get_by_role("tooltip")).to_have_text(WORDS[word])


@browser_test
def test_words_explain_themselves_in_jupyterlab_and_are_not_saved(desk: Desk) -> None:
    code = nbformat.v4.new_code_cell
    prose = nbformat.v4.new_markdown_cell
    cells = [
        prose("# A folio\n\nAn *rmap*, `mmu_lock`, `mmu_lock()` and [a PTE](x.md)."),
        code(ENABLE),
        code("from IPython.display import Markdown\nMarkdown('A tier of a folio.')"),
        prose("Two folios, an rmap."),
    ]
    path = desk.lab.write("words", [])
    book = nbformat.read(path, as_version=4)
    book.cells = cells
    nbformat.write(book, path)
    marks = "abbr.mglru-lab-word"
    with desk.open(path) as page:
        heading = page.get_by_role("heading", name="A folio")
        expect(heading).to_be_visible(timeout=PATIENCE)
        expect(page.locator(marks)).to_have_count(0)
        run_all(page)
        expect(page.locator(marks)).to_have_text(["rmap", "mmu_lock", "tier", "folios"])

        mark(page, "rmap").hover()
        says(page, "rmap")
        expect(mark(page, "rmap")).to_have_attribute("aria-describedby", "mglru-lab-says")
        page.get_by_role("tooltip").hover()  # the pointer may rest on it
        says(page, "rmap")
        heading.hover()
        expect(page.get_by_role("tooltip")).to_have_count(0)
        expect(mark(page, "rmap")).to_have_attribute("title", WORDS["rmap"])
        mark(page, "rmap").focus()
        says(page, "rmap")
        page.keyboard.press("Tab")
        says(page, "mmu_lock")
        page.keyboard.press("Escape")
        expect(page.get_by_role("tooltip")).to_have_count(0)

        # The first appearance moves up with an edit.
        heading.click()
        page.keyboard.press("Enter")
        editor = page.locator(".jp-MarkdownCell .cm-content").first
        expect(editor).to_be_focused()
        expect(editor).to_contain_text("An *rmap*, `mmu_lock`, `mmu_lock()`")
        page.keyboard.press("Control+End")
        page.keyboard.type(" A folio.")
        page.keyboard.press("Shift+Enter")
        expect(page.locator(marks)).to_have_text(["rmap", "mmu_lock", "folio", "tier"])
        save(page)
    saved = nbformat.read(path, as_version=4)
    assert saved.cells[0].source == cells[0].source + " A folio."
    assert saved.cells[3].source == cells[3].source
    with desk.open(path) as page:  # reopened: trusted, so its first output marks it again
        expect(page.locator(marks)).to_have_text(["rmap", "mmu_lock", "folio", "tier"])


@browser_test
def test_the_map_of_the_start_page_leads_on(desk: Desk) -> None:
    start, _ = (desk.lab.put(FOLDER / f"{name}.ipynb") for name in ("00_start", "01_bills"))
    with desk.open(start) as page:
        page.get_by_role("link", name="01_bills").first.click()
        heading = page.get_by_role("heading", name="Bills on the floor")
        expect(heading).to_be_visible(timeout=PATIENCE)
