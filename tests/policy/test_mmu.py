from mglru_lab.policy.mmu import MMUS, Lock, hardware_of
from mglru_lab.policy.policy import Where
from tests import truth


def test_every_kind_of_the_thread_is_there() -> None:
    assert tuple(MMUS) == (*truth.MMUS, "s390")
    assert len(set(MMUS.values())) == len(MMUS)


def test_locks_and_places_are_named_as_in_tables() -> None:
    assert [lock.text for lock in Lock] == ["none", "read", "write", "exclusive", "write+tlbflush"]
    assert [where.text for where in Where] == ["aging", "eviction", "look-around"]


def test_only_x86_arm64_and_s390_have_a_lock_for_readers() -> None:
    exclusive = {name: mmu.exclusive for name, mmu in MMUS.items()}
    assert [n for n, lock in exclusive.items() if lock is Lock.EXCLUSIVE] == ["ppc-radix", "other"]


def test_only_x86_sets_accessed_bits_in_pmds() -> None:
    with_pmds = [name for name, mmu in MMUS.items() if hardware_of(mmu).nonleaf_young]
    assert all(name.startswith("x86") for name in with_pmds)
    assert len(with_pmds) == 5
