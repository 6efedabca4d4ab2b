"""Marks the glossary's words in notebooks: `python -m mglru_lab.show.kit.glossary_marks`.

Where a word first appears in a notebook's prose it becomes `<abbr title="its sentence">`, which
JupyterLab and reports underline and explain on hover. A folded list of all words stands below its
first cell, for keyboards, for touch, and for words that only its outputs show: these stand in the
notebook's metadata as `words_shown`. Run it after an edit of prose or words.
"""

import re
from html import escape
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from mglru_lab.choose import choose
from mglru_lab.show.kit.glossary import WORDS, page

LIST = "words"
"""The id of the cell with the folded list."""

_ROOT = Path(__file__).parents[3]
_MARK = re.compile(r'<abbr title="[^"]*">(.*?)</abbr>', re.DOTALL)
# Prose in which no word is marked: code (but for a word alone), headings, tags, targets of links.
_SKIPPED = r"```.*?```|^#.*?$|<summary>.*?</summary>|<[^<>]*>|\]\([^)]*\)"


def _forms(word: str) -> tuple[str, ...]:
    """A word and its plural."""
    if word.endswith("y"):
        return word, f"{word[:-1]}ies"
    return word, f"{word[:-2]}a" if word.endswith("um") else f"{word}s"


_NAMES = {form.lower(): word for word in WORDS for form in _forms(word)}
_WORD = "|".join(rf"\b{re.escape(form)}\b" for form in sorted(_NAMES, key=len, reverse=True))
_TOKEN = re.compile(
    rf"(?P<word>`(?:{_WORD})`|{_WORD})|{_SKIPPED}|`[^`]*`",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)


def mark(notebook: NotebookNode) -> None:
    """Mark each word where it first appears, and list them all; marks that are there go first.

    Raises ValueError for a word in `words_shown` that the glossary does not have.
    """
    notebook.cells = [cell for cell in notebook.cells if cell.id != LIST]
    met: set[str] = set()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _marked(_MARK.sub(r"\1", cell.source), met)
    for word in notebook.metadata.get("words_shown", []):
        choose("word in words_shown", word, list(WORDS))
        met.add(word)
    if met:
        notebook.cells.insert(1, nbformat.v4.new_markdown_cell(folded(met), id=LIST))


def folded(chosen: set[str]) -> str:
    """These words with their sentences, folded away, in the glossary's order. HTML."""
    rows = "".join(
        f"<li><b>{escape(word)}</b>: {escape(said)}</li>\n"
        for word, said in WORDS.items()
        if word in chosen
    )
    note = "Most are explained where they first appear, too: point at a dotted line"
    return (
        f"<details><summary>The words used here</summary>\n<ul>\n{rows}</ul>\n"
        f"<p>{note}.</p></details>"
    )


def _marked(prose: str, met: set[str]) -> str:
    """The prose with words that are not in `met` marked and added to it."""

    def one(found: re.Match[str]) -> str:
        text = found["word"]
        if text is None:
            return found[0]
        word = _NAMES[text.strip("`").lower()]
        if word in met:
            return text
        met.add(word)
        return f'<abbr title="{escape(WORDS[word])}">{text}</abbr>'

    return _TOKEN.sub(one, prose)


def main() -> None:
    """Rewrite the notebooks in notebooks/, and docs/reference/glossary.md."""
    for path in sorted((_ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        mark(notebook)
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    (_ROOT / "docs" / "reference" / "glossary.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
