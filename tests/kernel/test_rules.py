import pytest

from mglru_lab.kernel.lruvec import MAX_BATCH
from mglru_lab.kernel.rules import RULES, Rules
from mglru_lab.kernel.swap import FOREIGN


@pytest.mark.parametrize("field", Rules._fields)
def test_every_rule_is_a_difference_between_the_recorded_kernels(field: str) -> None:
    assert getattr(RULES["6.1"], field) != getattr(RULES["6.12"], field)


def test_the_batches_fit() -> None:
    assert {name: rules.batch for name, rules in RULES.items()} == {"6.1": 15, "6.12": 31}
    assert MAX_BATCH == 31
    assert FOREIGN < 0
