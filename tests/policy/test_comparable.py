"""Policies are compared on the same rules and KVM code, unless releases are asked for."""

import pytest

from mglru_lab.policy.comparable import alike, in_words, names, never_released, notes
from mglru_lab.policy.decision import eviction
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.mmu import MMUS, Lock
from mglru_lab.policy.variants import NAMES
from tests import truth


def test_policies_share_rules_and_kvm_code_unless_a_name_says_otherwise() -> None:
    made = alike(["6.1", "6.12", "existing@6.1", "v4~v4"])
    assert [(k.rules, k.kvm_name) for k in made] == [
        ("6.12", "6.15"), ("6.12", "6.15"), ("6.1", "6.15"), ("6.12", "v4")
    ]  # fmt: skip
    own = alike(["6.1", "6.12", "v4"], releases=True)
    assert [(k.rules, k.kvm_name) for k in own] == [
        ("6.1", "6.1"), ("6.12", "6.12"), ("6.12", "v4")
    ]  # fmt: skip
    assert alike([Kernel(variant="v4")], kvm="6.13")[0].kvm_name == "6.13"
    assert alike([Kernel(variant="v4", kvm="v7")], kvm="6.13")[0].kvm_name == "v7"


@pytest.mark.parametrize("mmu", truth.MMUS)
def test_on_the_common_kvm_code_eviction_pays_the_same_lock_under_every_policy(mmu: str) -> None:
    """So no difference of price between policies can come from KVM's code, but where that flushes
    for the call that `existing` makes, off x86."""
    locks = {
        kernel.name: eviction(kernel.record, kernel.situation()).value
        for kernel in alike(NAMES, mmu=mmu)
    }
    assert len(locks) == len(NAMES)
    if MMUS[mmu].arch == "x86":
        assert set(locks.values()) == {int(Lock.NONE)}
    else:
        flushing = {name for name, lock in locks.items() if lock == Lock.WRITE_TLBFLUSH}
        assert flushing == {"existing~6.15", "6.1@6.12~6.15"}
        assert len(set(locks.values())) == 2


def test_names_leave_out_what_all_have() -> None:
    assert names(alike(["6.1", "6.12"])) == ["6.1", "6.12"]
    assert names(alike(["6.12~6.12", "6.12~6.15"])) == [
        "6.12~6.12",
        "6.12~6.15",
    ]
    assert names(alike(["existing@6.1", "existing"])) == [
        "existing@6.1",
        "existing",
    ]


def test_the_sentence_says_which_axes_differ() -> None:
    assert in_words(alike(["existing", "6.12"])) == (
        "Policies on the same rules (6.12) and KVM code (6.15)."
    )
    whole = in_words(alike(["6.1", "6.12"], releases=True))
    assert whole.startswith("Releases, not policies alone: policy, rules and KVM code differ (6.1:")
    assert in_words(alike(["6.12~6.12", "6.12"])).startswith("Only the KVM code differs")
    assert in_words(alike(["6.12", "6.12@6.1"])).startswith("Only the rules differs")
    assert in_words([Kernel()]).startswith("One policy on one set of rules (6.12)")


def test_kernels_that_never_existed_are_said_in_one_sentence() -> None:
    assert never_released(alike(["6.1", "6.12", "7.3"], releases=True)) == []
    assert never_released(alike(["6.12", "v4"], releases=True)) == [
        Kernel(variant="v4").never_released
    ]
    assert never_released(alike(["existing", "6.12", "v4+kconfig"])) == [
        "No kernel was ever released like these with the rules of 6.12 and the KVM code of 6.15: "
        "existing, 6.12, v4+kconfig."
    ]
    mixed = [Kernel(variant="existing", rules="6.1"), Kernel.parse("v4@7.3~v4"), Kernel()]
    mixed += [Kernel(variant="v5")]
    assert never_released(mixed) == ["No kernel was ever released like these: v4@7.3~v4, v5."]


def test_a_kvm_that_cannot_be_asked_is_said() -> None:
    (said,) = notes([Kernel(mmu="s390"), Kernel(variant="7.3", mmu="s390")])
    assert said.startswith("Before 7.2 KVM has no notifiers on s390")
    assert notes([Kernel(variant="7.3", mmu="s390")]) == []
