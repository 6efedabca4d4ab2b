from html import escape
from pathlib import Path

import pytest

from mglru_lab.show import glossary

DOCS = Path(__file__).parents[2] / "docs"


def test_the_document_is_made_from_the_same_words() -> None:
    assert (DOCS / "glossary.md").read_text() == glossary.page()


def test_only_the_words_asked_for_are_shown() -> None:
    shown = glossary.words("SPTE", "rmap").data
    assert escape(glossary.WORDS["SPTE"]) in shown
    assert "mmu_lock" not in shown
    assert all(f"<b>{word}</b>" in glossary.words().data for word in glossary.WORDS)


def test_an_unknown_word_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="word 'PTE' is unknown; known are accessed bit"):
        glossary.words("PTE")


def test_words_are_in_the_order_of_the_alphabet() -> None:
    assert list(glossary.WORDS) == sorted(glossary.WORDS, key=str.lower)
