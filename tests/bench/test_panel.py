from mglru_lab.bench import panel
from tests.browser import browser_test


@browser_test
def test_the_panel_is_timed_change_by_change() -> None:
    found = panel.measure(quick=True)
    assert found["changes"] == 5
    assert 0 < found["median_ms"] <= found["worst_ms"]
