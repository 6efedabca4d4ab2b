from dataclasses import replace

import pytest

from mglru_lab.lab.check.check_report import Report
from mglru_lab.show.check import prose
from mglru_lab.show.check.page import html
from tests.lab.check.fakes import reported


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return reported(tmp_path_factory.mktemp("kept"))


def test_the_page_asks_no_network_and_escapes(report: Report) -> None:
    page = html(replace(report, checked=replace(report.checked, name="<script>x</script>")))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert page.count("<svg") == sum(bool(change.maps) for change in report.changes or [])
    assert prose.against(report) in page
