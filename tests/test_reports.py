"""Every notebook as a report, opened with the network off."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from mglru_lab.show.report.html import to_html
from tests import shots
from tests.browser import browser_test, offline_page
from tests.executed import NAMES, executed

DEAD = ":is(input, select, button, textarea):not(.mglru-lab-film *)"
"""Controls outside of films, which need no kernel."""


@browser_test
@pytest.mark.parametrize("notebook", NAMES)
def test_a_report_needs_no_network_and_has_no_dead_control(notebook: str, tmp_path: Path) -> None:
    file = tmp_path / f"{notebook}.html"
    file.write_text(to_html(executed(notebook), notebook))
    drawn = file.read_text().count('<div class="mglru-lab-chart">')
    with offline_page(file) as (page, heard):
        expect(page.locator(".mglru-lab-chart svg.marks")).to_have_count(drawn)
        expect(page.get_by_text("Traceback")).to_have_count(0)
        expect(page.locator(DEAD)).to_have_count(0)
        shots.keep_report(page, notebook)
        assert heard.errors == []
        assert heard.requests == [file.as_uri()]
