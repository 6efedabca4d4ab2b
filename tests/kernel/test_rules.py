from itertools import pairwise

import pytest

from mglru_lab.kernel.lruvec import MAX_BATCH
from mglru_lab.kernel.rules import FAMILIES, RULES, Rules
from mglru_lab.kernel.swap import FOREIGN


@pytest.mark.parametrize("field", Rules._fields)
def test_every_rule_is_a_difference_between_two_families(field: str) -> None:
    assert len({getattr(rules, field) for rules in RULES.values()}) > 1


def test_the_batches_fit() -> None:
    assert {name: rules.batch for name, rules in RULES.items()} == {
        family: 15 if family == "6.1" else 31 for family in FAMILIES
    }
    assert MAX_BATCH == 31
    assert FOREIGN < 0


def test_every_family_differs_from_the_one_before() -> None:
    for older, newer in pairwise(FAMILIES):
        assert RULES[older] != RULES[newer]
