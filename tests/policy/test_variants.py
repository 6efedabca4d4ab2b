import pytest

from mglru_lab.policy.variants import LOOK_AROUND, NAMES, VARIANTS, readings
from tests import truth


def test_every_answer_of_the_thread_is_there_in_its_readings() -> None:
    expected = {tuple(key[:2]) for key in truth.cells(truth.AGING)}
    assert set(VARIANTS) == expected - {("7.3", "code")}
    assert set(NAMES) == {
        "existing", "6.1", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "exact", "proposed",
        "6.12", "6.15",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["v2", "v3", "v4", "exact", "proposed"])
def test_the_mails_words_are_the_default_where_they_exist(name: str) -> None:
    assert readings(name)[0] == "mail"


@pytest.mark.parametrize("name", ["existing", "6.1", "v1", "v5", "v6", "v7", "6.12", "6.15"])
def test_the_others_are_read_as_coded_only(name: str) -> None:
    assert readings(name) == ["code"]


def test_every_record_says_where_it_comes_from_and_what_it_does() -> None:
    for (name, reading), variant in VARIANTS.items():
        assert (variant.name, variant.reading) == (name, reading)
        assert len(variant.source) > 10
        assert len(variant.in_words) > 10
    postings = [v.source for v in VARIANTS.values() if v.name.startswith("v") and "@" in v.source]
    assert len(postings) == len(set(postings)) == 7


def test_the_look_around_rules_differ_from_each_other() -> None:
    assert len(set(LOOK_AROUND.values())) == len(LOOK_AROUND) == 7
