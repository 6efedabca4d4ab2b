"""Marks the glossary's words where a page is shown; a notebook's source is plain prose.

`rules` is the one table of what counts as a word. A report is marked by `mark` when it is made, a
notebook in JupyterLab by a script (glossary_marks.js) that `offline.enable()` puts into the page.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, TypedDict

from nbformat import NotebookNode

from mglru_lab.show.kit.glossary import NAMES, WORDS

_HERE = Path(__file__).parent
_ALIASES = {"Multi-Gen LRU": "MGLRU"}
_PLURALS = {"um": "a", "y": "ies"}

# Markdown in which nothing is marked: blocks of code, headings, what is marked already, summaries,
# tags, links, formulas.
_LEFT = (
    r"^(?:```|~~~).*?^(?:```|~~~)|^#.*?$|<abbr\b.*?</abbr>|<summary>.*?</summary>|<[^<>]*>"
    r"|\[[^\]]*\]\([^)]*\)|\$\$.*?\$\$|\$[^$\n]*\$"
)


class Rules(TypedDict):
    """What is marked: a form of a word wherever it stands, a name alone in code or emphasis."""

    words: dict[str, str]
    """Each word's sentences."""
    pattern: str
    """Finds forms in prose, the longest first; the same in Python (ASCII) and JavaScript."""
    forms: dict[str, str]
    """The word of each form."""
    names: dict[str, str]
    """The word of each name."""


@cache
def rules() -> Rules:
    """The table for both languages."""
    forms = {form: word for word in WORDS for form in _forms(word)} | _ALIASES
    longest = sorted(forms, key=len, reverse=True)
    return {
        "words": WORDS | NAMES,
        "pattern": rf"\b(?:{'|'.join(longest)})\b",
        "forms": forms,
        "names": {form: name for name in NAMES for form in (name, name.capitalize())},
    }


def _forms(word: str) -> list[str]:
    """A word and its plural, each also as it begins a sentence; capitals of its own stay."""
    end = next((end for end in _PLURALS if word.endswith(end)), "")
    plural = word.removesuffix(end) + _PLURALS.get(end, "s")
    return [form for one in (word, plural) for form in (one, one[0].upper() + one[1:])]


@cache
def _token() -> re.Pattern[str]:
    table = rules()
    names = "|".join(map(re.escape, table["names"]))
    return re.compile(
        rf"{_LEFT}|`(?P<code>[^`]*)`|(?P<star>\*\*?)(?P<name>{names})(?P=star)(?!\*)"
        rf"|(?P<form>{table['pattern']})",
        re.DOTALL | re.MULTILINE | re.ASCII,
    )


def mark(notebook: NotebookNode) -> None:
    """Mark each word where it first appears: in prose, or else in Markdown that ran."""
    met: set[str] = set()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = marked(cell.source, met)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data: Mapping[str, Any] = output.get("data", {})
            if "text/markdown" in data:
                output["data"]["text/markdown"] = marked(data["text/markdown"], met)


def marked(prose: str, met: set[str]) -> str:
    """Markdown in which the words that are not in `met` are marked, and added to it."""
    table = rules()

    def one(found: re.Match[str]) -> str:
        text = found["code"] or found["name"]
        word = table["names"].get(text) or (found["code"] and table["forms"].get(text))
        word = word or table["forms"].get(found["form"])
        if not word or word in met:
            return found[0]
        met.add(word)
        title = escape(table["words"][word])
        return f'<abbr class="mglru-lab-word" tabindex="0" title="{title}">{found[0]}</abbr>'

    return _token().sub(one, prose)


def style() -> str:
    """How marks and their explanations look. CSS."""
    return (_HERE / "glossary_marks.css").read_text(encoding="utf-8")


def script() -> str:
    """What a page needs to mark the notebook that shows it, and to explain marks. HTML."""
    code = (_HERE / "glossary_marks.js").read_text(encoding="utf-8")
    # In JSON a "<" stands only inside a string; escaped, no sentence can end the script.
    table = json.dumps(rules(), ensure_ascii=False).replace("<", r"\u003c")
    call = f"window.mglruLabWords({table}, document.currentScript.parentElement)"
    return f"<style>{style()}</style><script>{code}{call}</script>"
