from pathlib import Path

from nbformat import v4
from playwright.sync_api import expect

from mglru_lab.show.kit.fold import answer
from mglru_lab.show.report.html import to_html
from tests.browser import browser_test, offline_page


def test_an_answer_is_folded_and_its_markdown_stays_markdown() -> None:
    text = answer("**a**", "- b").data
    assert text == "<details><summary>Answer</summary>\n\n**a**\n\n- b\n\n</details>"


@browser_test
def test_an_answer_in_a_report_opens_by_a_click_and_on_paper(tmp_path: Path) -> None:
    shown = v4.new_output("display_data", {"text/markdown": answer("It is **so**.").data})
    cells = [v4.new_markdown_cell("[next](01_bills.ipynb)"), v4.new_code_cell("1", outputs=[shown])]
    (tmp_path / "x.html").write_text(to_html(v4.new_notebook(cells=cells), "x"))
    with offline_page(tmp_path / "x.html") as (page, _):
        said = page.locator("strong", has_text="so")
        expect(said).to_be_hidden()
        page.emulate_media(media="print")
        expect(said).to_be_visible()
        page.emulate_media(media="screen")
        expect(said).to_be_hidden()
        page.get_by_text("Answer").click()
        expect(said).to_be_visible()
        link = page.get_by_role("link", name="next")  # no notebook lies beside a report
        expect(link).to_have_css("pointer-events", "none")
