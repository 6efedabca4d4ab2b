"""An executed notebook as one HTML file that asks nothing of any network.

The page itself (head, style, what is printed) is in `page/`.
"""

import copy
import re
from collections.abc import Iterator
from pathlib import Path

from nbconvert import HTMLExporter
from nbformat import NotebookNode

from mglru_lab.show.kit import glossary_marks

_WIDGET = "application/vnd.jupyter.widget-view+json"


def to_html(notebook: NotebookNode, title: str, *, key: str = "", last: str = "") -> str:
    """The page: prose, its words marked, outputs, folded code; no widgets, which need a kernel.

    Its title is the notebook's first heading; `title` is used where there is none. `key` names
    what it was made of; `last` is HTML that ends the page. Equal notebooks give equal bytes.
    """
    exporter = HTMLExporter(
        template_name="page",
        extra_template_basedirs=[str(Path(__file__).parent)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        require_js_url="",
        mathjax_url="",
    )
    shown = _without_widgets(notebook)
    prose = (cell.source for cell in shown.cells if cell.cell_type == "markdown")
    for place, cell in enumerate(shown.cells):
        cell["id"] = f"cell-{place}"  # papermill gives the cell that it adds one at random
    shown.metadata["title"] = next((head for text in prose for head in headings(text)), title)
    shown.metadata |= {"key": key, "last": last, "style": glossary_marks.style()}
    glossary_marks.mark(shown)
    page: str = exporter.from_notebook_node(shown)[0]
    return page


def headings(markdown: str) -> Iterator[str]:
    """The headings in a text, as plain text; a `#` in a block of code is none."""
    prose = re.sub(r"^(```|~~~).*?^\1", "", markdown, flags=re.MULTILINE | re.DOTALL)
    for line in re.findall(r"^#{1,6}\s+(.+?)[\s#]*$", prose, flags=re.MULTILINE):
        yield re.sub(r"[`*]", "", line)


def _without_widgets(notebook: NotebookNode) -> NotebookNode:
    kept = copy.deepcopy(notebook)
    for cell in kept.cells:
        if cell.cell_type == "code":
            cell.outputs = [out for out in cell.outputs if _WIDGET not in out.get("data", {})]
    return kept
