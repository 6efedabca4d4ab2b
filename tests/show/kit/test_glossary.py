from pathlib import Path

import pytest

from mglru_lab.policy.mmu import MMUS
from mglru_lab.policy.variants import NAMES as VARIANTS
from mglru_lab.show.kit import glossary

DOCUMENT = Path(__file__).parents[3] / "docs" / "reference" / "glossary.md"


def test_the_document_is_made_from_the_same_words() -> None:
    """If not: `python -m mglru_lab.show.kit.glossary`."""
    assert DOCUMENT.read_text(encoding="utf-8") == glossary.page()


@pytest.mark.parametrize("words", [glossary.WORDS, glossary.NAMES], ids=["words", "names"])
def test_words_are_in_the_order_of_the_alphabet(words: dict[str, str]) -> None:
    assert list(words) == sorted(words, key=str.lower)


def test_every_variant_and_every_kind_of_mmu_is_explained() -> None:
    explained = {*glossary.WORDS, *glossary.NAMES}
    assert {*VARIANTS, *MMUS} <= explained


def test_a_sentence_fits_into_a_table_and_ends() -> None:
    for word, says in (glossary.WORDS | glossary.NAMES).items():
        assert "|" not in says, word
        assert "\n" not in says, word
        assert says.endswith("."), word
