import re
from html import escape

import nbformat
import pytest

from mglru_lab.show.kit.glossary import NAMES, WORDS
from mglru_lab.show.kit.glossary_marks import mark, marked, rules, script


def abbr(text: str, word: str) -> str:
    title = escape((WORDS | NAMES)[word])
    return f'<abbr class="mglru-lab-word" tabindex="0" title="{title}">{text}</abbr>'


@pytest.mark.parametrize(
    ("prose", "text", "word"),
    [
        ("Two *folios*.", "folios", "folio"),
        ("Folios are pages.", "Folios", "folio"),
        ("Three quanta.", "quanta", "quantum"),
        ("It has `mmu_lock`.", "`mmu_lock`", "mmu_lock"),
        ("It has mmu_lock.", "mmu_lock", "mmu_lock"),
        ("v4's rule", "v4", "v4"),
        ("the Multi-Gen LRU has", "Multi-Gen LRU", "MGLRU"),
        ("the MMU `x86-tdp-ad` is", "`x86-tdp-ad`", "x86-tdp-ad"),
        ("here: *existing* never asks", "*existing*", "existing"),
        ("**6.12** asks", "**6.12**", "6.12"),
        ("and `proposed`?", "`proposed`", "proposed"),
    ],
)
def test_a_word_is_marked_in_each_of_its_forms(prose: str, text: str, word: str) -> None:
    assert marked(prose, set()) == prose.replace(text, abbr(text, word))


@pytest.mark.parametrize(
    "prose",
    [
        "`folio_batch` [a folio](folio.md) <i title='folio'>x</i> <summary>A folio</summary>",
        "```\na folio\n```",
        "~~~\na folio\n~~~",
        "# Folios\n\n## On aging",
        '<abbr title="somebody\'s own">folio</abbr>',
        "an existing price, exact in 6.12 % of other cases, is *proposed here*",
        "a wall clock",
        "`an aging, as code`",
    ],
)
def test_what_is_no_word_is_left_alone(prose: str) -> None:
    assert marked(prose, set()) == prose


def test_longer_words_win() -> None:
    said = marked("A nested guest has shadow entries in x86-tdp-was-nested.", set())
    assert re.findall(r">([^<]+)</abbr>", said) == [
        "nested guest",
        "shadow entries",
        "x86-tdp-was-nested",
    ]


def test_the_first_appearance_is_marked_prose_before_outputs() -> None:
    out = nbformat.v4.new_output("display_data", {"text/markdown": "A folio and an rmap."})
    cells = [
        nbformat.v4.new_code_cell("code = 'folio'", outputs=[out]),
        nbformat.v4.new_markdown_cell("A folio, and a folio."),
    ]
    mark(notebook := nbformat.v4.new_notebook(cells=cells))
    code, prose = notebook.cells
    assert prose.source == f"A {abbr('folio', 'folio')}, and a folio."
    assert code.source == "code = 'folio'"
    assert code.outputs[0].data["text/markdown"] == f"A folio and an {abbr('rmap', 'rmap')}."


def test_the_table_is_the_same_for_both_languages() -> None:
    table = rules()
    assert not re.search(r"\\(?!b)", table["pattern"])  # nothing that one of them reads otherwise
    assert {*table["forms"].values(), *table["names"].values()} == {*WORDS, *NAMES}
    for form, word in table["forms"].items():
        found = re.search(table["pattern"], f"({form})", re.ASCII)
        assert found, word
        assert found[0] == form


def test_no_sentence_can_end_the_script() -> None:
    table = script().rpartition("window.mglruLabWords(")[2]
    assert table.count("<") == 1  # of the end of the script
