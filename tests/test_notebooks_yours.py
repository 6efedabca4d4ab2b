"""The notebooks for what people bring: executed with a parameter changed, a result asserted."""

from pathlib import Path

import pytest

from tests.executed import executed, run, texts


def test_your_trace_shows_what_a_file_holds_and_runs_it(tmp_path: Path) -> None:
    rows = "".join(f"{i // 50},{i % 300}\n" for i in range(3000))
    (tmp_path / "mine.csv").write_text("t,page\n" + rows)
    parameters = {"trace": str(tmp_path / "mine.csv"), "memory": 0.6, "kernels": ["6.12"]}
    shown = texts(run("07_your_trace", parameters))
    footprint = '>pages touched (footprint)</td><td style="text-align:right">300<'
    assert footprint in shown
    assert ">pages swapped back in (refaults)<" in shown
    assert "How soon a page is used again" in shown


@pytest.mark.parametrize("notebook", ["08_your_host"])
def test_your_host_says_which_rules_a_copied_host_follows(notebook: str) -> None:
    shown = texts(executed(notebook))
    assert "Linux 6.1.0-56-cloud-amd64, enabled 0x0007: the rules of 6.1." in shown
    assert "Which generation the pages of /o_k_mixed_en7 are in" in shown
    idle = "pages that aging takes for idle (2 generations behind, or more)"
    assert f">{idle}</td>" in shown
