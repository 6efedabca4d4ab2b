from typing import Any

import pytest

from mglru_lab.kernel.lruvec import MAX_BATCH
from mglru_lab.kernel.mmu import Lock, Where
from mglru_lab.kernel.rules import RULES, Rules
from mglru_lab.kernel.swap import FOREIGN
from mglru_lab.kernel.variants import VARIANTS, Policy, switched


@pytest.mark.parametrize("field", Rules._fields)
def test_every_rule_is_a_difference_between_the_recorded_kernels(field: str) -> None:
    assert getattr(RULES["6.1"], field) != getattr(RULES["6.12"], field)


@pytest.mark.parametrize("field", Policy._fields)
def test_every_field_of_a_policy_is_a_difference_that_can_be_chosen(field: str) -> None:
    policies = [*VARIANTS.values(), *map(switched, range(32))]
    assert len({getattr(policy, field) for policy in policies}) > 1


def test_the_switch_at_7_asks_as_6_12_does() -> None:
    assert switched(7) == VARIANTS["6.12"]


def test_the_switch_at_0_differs_from_6_1_in_locks_alone() -> None:
    locks: dict[str, Any] = {
        f"{who}_lock": Lock.NONE for who in ("aging", "eviction", "look_around")
    }
    assert switched(0)._replace(**locks) == VARIANTS["6.1"]._replace(**locks)


@pytest.mark.parametrize("bits", range(32))
def test_every_bit_of_the_switch_is_a_choice_of_its_own(bits: int) -> None:
    policy = switched(bits)
    asks = (policy.walk_asks, policy.window_asks, policy.secondary_starts_look_around)
    assert asks == (bits % 2 == 1, bits // 2 % 2 == 1, bits // 4 % 2 == 1)
    assert policy.vm_looks_around == (bits // 8 % 2 == 0)


def test_the_switch_offers_v4s_rules() -> None:
    assert not switched(25).vm_looks_around
    assert not switched(25).nonleaf_skips_others
    assert switched(8).nonleaf_skips_vm


@pytest.mark.parametrize("bits", [-1, 32])
def test_bits_that_the_switch_lacks_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match=f"lru_gen_ask {bits}: allowed are 0 to 31"):
        switched(bits)


def test_every_variant_has_rules_of_its_own_name() -> None:
    assert VARIANTS.keys() <= RULES.keys()


def test_the_batches_fit() -> None:
    assert {name: rules.batch for name, rules in RULES.items()} == {"6.1": 15, "6.12": 31}
    assert MAX_BATCH == 31
    assert FOREIGN < 0


def test_up_to_6_11_only_eviction_asks_the_secondary_mmu_and_flushes() -> None:
    old = VARIANTS["6.1"]
    assert not any([old.walk_asks, old.window_asks, old.secondary_starts_look_around])
    assert old.eviction_lock == Lock.WRITE_TLBFLUSH
    assert (old.aging_lock, old.look_around_lock) == (Lock.NONE, Lock.NONE)


def test_6_12_asks_everywhere_under_the_write_lock() -> None:
    new = VARIANTS["6.12"]
    assert all([new.walk_asks, new.window_asks, new.secondary_starts_look_around])
    assert {new.aging_lock, new.eviction_lock, new.look_around_lock} == {Lock.WRITE}


def test_locks_and_places_are_named_as_in_tables() -> None:
    assert [lock.text for lock in Lock] == ["none", "read", "write", "exclusive", "write+tlbflush"]
    assert [where.text for where in Where] == ["aging", "eviction", "look-around"]
