"""The numbers that an executed notebook prints: whose they are, what they count, and where.

In prose by phrases, in tables by their labels, in charts and films by their data. Two numbers are
of the same quantity if they are in one section, of one kernel or option, and count the same.
"""

import base64
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from html import unescape
from typing import Any

from nbformat import NotebookNode

from mglru_lab.lab.run.film import COUNTERS
from mglru_lab.lab.thread.switch_counters import MODEL

Found = tuple[str, str, float, str]
"""Who, what, the value, and in which kind of output it is."""

N = r"(\d[\d,]*)"
PHRASES = {
    "refaults": [rf"{N} refaults\b", rf"swaps {N} pages back in", rf"\brefaults {N}(?! pages| \()"],
    "host refaults": [rf"the host refaults {N} pages"],
    "guest refaults": [rf"host refaults [\d,]+ pages, the guest {N}"],
    "scanned": [rf"{N} scanned", rf"scan(?:s|ned) {N} pages", rf"{N} are scanned", rf"scans {N}\b"],
    "rescued": [rf"{N} pages were rescued", rf"rescued {N} of them"],
    "swapped out": [rf"swapped out {N}\b"],
    "asked by aging": [rf"asked {N} times by aging", rf"{N} at aging"],
    "asked by eviction": [rf"{N} by eviction", rf"{N} at eviction"],
    "asked by look-around": [rf"{N} by look-around", rf"{N} questions by windows"],
    "tables walked": [rf"walks {N};"],
}
"""How prose says what a number counts."""

LABELS = {
    "refaults": "refaults",
    "host refaults": "host refaults",
    "guest refaults": "guest refaults",
    "pages scanned": "scanned",
    "rescued at eviction": "rescued",
    "pages swapped back in (refaults)": "refaults",
    "pages scanned at the end of the list": "scanned",
    "of these rescued by an accessed bit": "rescued",
    "pages swapped out": "swapped out",
    "questions by windows": "asked by look-around",
    "tables walked": "tables walked",
}
"""How tables, charts and films do."""
LABELS |= {
    COUNTERS[name]: f"asked by {where}"
    for name, where in (("asks_aging", "aging"), ("asks_eviction", "eviction"),
                        ("asks_lookaround", "look-around"))
}  # fmt: skip


def by_section(notebook: NotebookNode) -> dict[tuple[str, str, str], dict[float, set[str]]]:
    """Of each section, kernel and quantity: the values, and the kinds of output that have them."""
    found: dict[tuple[str, str, str], dict[float, set[str]]] = defaultdict(lambda: defaultdict(set))
    section = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            section = (re.findall(r"^## (.*)$", cell.source, re.MULTILINE) or [section])[-1]
            continue
        for output in cell.get("outputs", []):
            for who, what, value, kind in numbers(output.get("data", {})):
                found[section, who, what][value].add(kind)
    return found


def numbers(data: dict[str, Any]) -> Iterator[Found]:
    """All that one output says of these quantities."""
    html = data.get("text/html", "")
    if "text/markdown" in data:
        yield from of_prose(data["text/markdown"])
        yield from of_verdict(data["text/markdown"])
    elif 'class="mglru-lab-chart"' in html:
        yield from of_chart(html)
    elif 'class="mglru-lab-film"' in html:
        yield from of_film(html)
    elif html.startswith("<table"):
        yield from of_table(html)


def of_prose(text: str) -> Iterator[Found]:
    """Of clauses that begin with a name in bold or italics: what follows, up to the next name."""
    for name, rest in re.findall(r"\*{1,2}([^*\n]+)\*{1,2}:? ((?:(?!\*).)*)", text, re.DOTALL):
        for what, patterns in PHRASES.items():
            for pattern in patterns if "in brackets" not in rest else ():
                values = re.findall(pattern, rest.partition("\n- ")[0])
                yield from ((name, what, _number(one), "prose") for one in values[:1])


BOTH = r"\*\*([^*]+)\*\* \(in brackets: \*\*([^*]+)\*\*\): (.*)"
"""A film's verdict: right, left, and pairs of numbers."""


def of_verdict(text: str) -> Iterator[Found]:
    """What a film's prose says of both its sides."""
    for right, left, rest in re.findall(BOTH, text):
        for what, mine, theirs in re.findall(rf"([a-z ]+) {N} \({N}\)", rest):
            yield right, what.strip(), _number(mine), "prose"
            yield left, what.strip(), _number(theirs), "prose"


def of_table(html: str) -> Iterator[Found]:
    """Rows or columns are kernels; the others are quantities."""
    rows = [
        [unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    ]
    head, *body = rows
    for row in body:
        for label, cell in zip(head[1:], row[1:], strict=False):
            for who, what in ((row[0], label), (label, row[0])):
                if what in LABELS and re.fullmatch(r"\d[\d,]*", cell):
                    yield who, LABELS[what], _number(cell), "table"


def of_chart(html: str) -> Iterator[Found]:
    """Data with a counter and a value, of a model's or a real kernel's run."""
    start = html.index('"datasets":') + len('"datasets":')
    for rows in json.JSONDecoder().raw_decode(html[start:].lstrip())[0].values():
        for row in rows:
            if row.get("source") == MODEL or row.get("counter") not in LABELS:
                continue
            who = row.get("option") or row.get("kernel")
            if who and "value" in row:
                yield str(who), LABELS[row["counter"]], float(row["value"]), "chart"


def of_film(html: str) -> Iterator[Found]:
    """The counters after the last step."""
    made = re.search(r"const film = (\{.*\});\n", html)
    assert made
    film = json.loads(made[1])
    for side in film["sides"]:
        assert zlib.decompress(base64.b64decode(side["pages"]))
        for name, value in zip(film["counters"], side["totals"][-1], strict=True):
            label = name.partition(" (")[0] if name not in LABELS else name
            if label in LABELS:
                yield side["name"], LABELS[label], float(value), "film"


def _number(text: str) -> float:
    return float(text.replace(",", ""))
