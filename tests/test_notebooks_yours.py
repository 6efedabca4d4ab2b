"""The notebooks for what people bring: executed with a parameter changed, a result asserted."""

from pathlib import Path

import nbformat
import papermill

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def _texts(path: Path) -> str:
    """Everything that the notebook shows as HTML or Markdown."""
    cells = nbformat.read(path, as_version=4).cells
    outputs = [out.get("data", {}) for cell in cells for out in cell.get("outputs", [])]
    return "\n".join(data.get("text/markdown", data.get("text/html", "")) for data in outputs)


def test_your_trace_shows_what_a_file_holds_and_runs_it(tmp_path: Path) -> None:
    rows = "".join(f"{i // 50},{i % 300}\n" for i in range(3000))
    (tmp_path / "mine.csv").write_text("t,page\n" + rows)
    out = tmp_path / "out.ipynb"
    papermill.execute_notebook(
        NOTEBOOKS / "07_your_trace.ipynb",
        out,
        {"trace": str(tmp_path / "mine.csv"), "memory": 0.6, "kernels": ["6.12"]},
        cwd=NOTEBOOKS,
        progress_bar=False,
    )
    shown = _texts(out)
    footprint = '>pages touched (footprint)</td><td style="text-align:right">300<'
    assert footprint in shown
    assert ">pages swapped in again (refaults)<" in shown
    assert "How soon a page is used again" in shown


def test_your_host_says_which_rules_a_copied_host_follows(tmp_path: Path) -> None:
    out = tmp_path / "out.ipynb"
    parameters = {"host": str(NOTEBOOKS.parent / "tests/lab/host_6.1"), "used": 0.25}
    papermill.execute_notebook(
        NOTEBOOKS / "08_your_host.ipynb", out, parameters, cwd=NOTEBOOKS, progress_bar=False
    )
    shown = _texts(out)
    assert "Linux 6.1.0-56-cloud-amd64, enabled 0x0007: the rules of 6.1." in shown
    assert "Which generation the pages of /o_k_mixed_en7 are in" in shown
    idle = "pages that aging takes for idle (2 generations behind, or more)"
    assert f">{idle}</td>" in shown
