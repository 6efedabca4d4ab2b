from pathlib import Path

import nbformat
import pytest

from mglru_lab.show.kit import glossary
from mglru_lab.show.kit.glossary_marks import LIST, mark

ROOT = Path(__file__).parents[3]


def test_the_document_is_made_from_the_same_words() -> None:
    assert (ROOT / "docs" / "reference" / "glossary.md").read_text() == glossary.page()


def test_words_are_in_the_order_of_the_alphabet() -> None:
    assert list(glossary.WORDS) == sorted(glossary.WORDS, key=str.lower)


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebooks_are_marked_with_the_words_as_they_are(path: Path) -> None:
    """If not: `python -m mglru_lab.show.kit.glossary_marks`."""
    notebook = nbformat.read(path, as_version=4)
    mark(notebook)
    assert nbformat.writes(notebook) + "\n" == path.read_text(encoding="utf-8")


def marked(*prose: str) -> list[str]:
    cells = [nbformat.v4.new_markdown_cell(text) for text in prose]
    notebook = nbformat.v4.new_notebook(cells=cells)
    mark(notebook)
    assert [cell.id == LIST for cell in notebook.cells].count(True) <= 1
    return [cell.source for cell in notebook.cells]


def test_the_first_appearance_is_marked_whatever_its_form() -> None:
    first, listed, second = marked("# Folios\n\nTwo *folios*.", "A folio and `mmu_lock`.")
    sentence = glossary.WORDS["folio"]
    assert first == f'# Folios\n\nTwo *<abbr title="{sentence}">folios</abbr>*.'
    assert second.startswith("A folio and <abbr title=")
    assert second.endswith('">`mmu_lock`</abbr>.')
    assert "<b>folio</b>" in listed
    assert "<b>rmap</b>" not in listed


def test_code_links_and_tags_are_left_alone() -> None:
    left = "`folio_batch` [x](folio.md) <i title='folio'>x</i> <summary>A folio</summary>"
    assert marked(left) == [left]
    assert marked("```\na folio\n```") == ["```\na folio\n```"]


def test_longer_words_win_and_plurals_are_known() -> None:
    first, listed = marked("A nested guest has shadow entries in quanta.")
    assert first.count("<abbr") == 3
    assert "<b>guest</b>" not in listed


def test_marking_again_changes_nothing_and_takes_old_sentences_away() -> None:
    first, listed, second = marked("A folio's rmap.", "An rmap.")
    again = marked(first, second)
    assert again == [first, listed, second]
    assert marked('An <abbr title="an old sentence">rmap</abbr>.')[0] == marked("An rmap.")[0]


def test_words_that_only_outputs_show_are_listed_and_must_be_known() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("A folio.")])
    notebook.metadata["words_shown"] = ["rmap"]
    mark(notebook)
    assert "<b>folio</b>" in notebook.cells[1].source
    assert "<b>rmap</b>" in notebook.cells[1].source
    notebook.metadata["words_shown"] = ["rnap"]
    with pytest.raises(ValueError, match="did you mean rmap"):
        mark(notebook)
