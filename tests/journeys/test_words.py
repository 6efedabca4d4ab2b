"""Words are explained where they stand, and the start page's map leads on."""

from playwright.sync_api import expect

from mglru_lab.bench.jupyterlab import PATIENCE
from mglru_lab.show.kit.glossary import WORDS
from tests.browser import browser_test
from tests.executed import FOLDER
from tests.jupyterlab import Desk


@browser_test
def test_words_and_answers_work_in_jupyterlab_and_the_map_leads_on(desk: Desk) -> None:
    start, _ = (desk.lab.put(FOLDER / f"{name}.ipynb") for name in ("00_start", "01_bills"))
    with desk.open(start) as page:
        mark = page.locator("abbr").filter(has_text="secondary MMU").first
        expect(mark).to_have_attribute("title", WORDS["secondary MMU"])
        listed = page.locator("li").filter(has_text=WORDS["secondary MMU"])
        expect(listed).to_be_hidden()
        words = page.locator("summary", has_text="The words used here")
        words.press("Enter")  # by the keyboard, too
        expect(listed).to_be_visible()
        page.get_by_role("link", name="01_bills").first.click()
        heading = page.get_by_role("heading", name="Bills on the floor")
        expect(heading).to_be_visible(timeout=PATIENCE)
