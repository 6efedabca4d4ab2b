import pytest

from mglru_lab.policy.policy import NOT_ASKED
from mglru_lab.policy.switch import switched


@pytest.mark.parametrize("bits", range(32))
def test_every_bit_of_the_switch_is_a_choice_of_its_own(bits: int) -> None:
    policy = switched(bits)
    asks = [answers[1] != NOT_ASKED for answers in (policy.aging, policy.window)]
    assert asks == [bits % 2 == 1, bits // 2 % 2 == 1]
    assert policy.secondary_starts[1] == (bits // 4 % 2 == 1 and bits // 8 % 2 == 0)
    assert policy.vm_looks_around == (bits // 8 % 2 == 0)
    assert policy.nonleaf_skips_others == (bits & 17 != 17)
    assert policy.nonleaf_skips_vm == (bits % 2 == 0)


@pytest.mark.parametrize("bits", [-1, 32])
def test_bits_that_the_switch_lacks_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match=f"lru_gen_ask {bits}: allowed are 0 to 31"):
        switched(bits)
