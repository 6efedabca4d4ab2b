from itertools import product

import pytest

from mglru_lab.policy import decision
from mglru_lab.policy.decision import Situation, policy, reads_back
from mglru_lab.policy.kernel import RECORDS, Kernel
from mglru_lab.policy.kvm import KVMS
from mglru_lab.policy.mmu import MMUS, Hardware, Lock
from mglru_lab.policy.policy import IN_VAIN, NOT_ASKED, Calls, Policy
from mglru_lab.policy.variants import LOOK_AROUND, NAMES, VARIANTS
from tests import truth

ON = Situation(MMUS["x86-tdp-ad"])
LOCKS = {lock.text: int(lock) for lock in Lock}
SWITCHES = list(product((False, True), repeat=3))


def made(name: str, reading: str, **situation: object) -> Policy:
    at = Situation(MMUS["x86-tdp-ad"])._replace(**situation)
    return policy(VARIANTS[name, reading], at)  # type: ignore[index]


@pytest.mark.parametrize(("name", "reading", "mmu"), truth.cells(truth.AGING))
def test_the_engines_policy_is_the_table_written_by_hand(name: str, reading: str, mmu: str) -> None:
    nested = MMUS[mmu].nested_live
    for kconfig, bit, walk in SWITCHES:
        at = Situation(MMUS[mmu], kconfig, bit, walk)
        ours = policy(RECORDS[name, reading], at)  # type: ignore[index]
        expected = truth.aging(name, reading, mmu, kconfig, bit, walk)
        answer = ours.aging[1 + nested]
        if expected in ("no", "part"):
            assert answer in (NOT_ASKED, IN_VAIN)
        else:
            assert answer == LOCKS[expected]
        lock = truth.cells(truth.EVICTION)[name, reading, mmu]
        assert ours.eviction[1 + nested] == LOCKS[truth.LOCKS.get(lock, lock)]
        starts = truth.entry(name, reading, mmu, bit)
        if starts != "user-choice":
            assert ours.secondary_starts[1 + nested] == (starts == "yes")
            assert ours.vm_looks_around == (truth.window(name, reading, mmu, bit) != "none")


@pytest.mark.parametrize(("name", "reading"), VARIANTS)
def test_memory_outside_the_guest_costs_a_call_without_lock_wherever_one_is_made(
    name: str, reading: str
) -> None:
    for mmu, at in ((MMUS[m], ON._replace(mmu=MMUS[m], kconfig=True)) for m in truth.MMUS):
        ours = policy(VARIANTS[name, reading], at)  # type: ignore[index]
        asked = any(answer != NOT_ASKED for answer in ours.aging[1:])
        assert ours.aging[0] == (Lock.NONE if asked else NOT_ASKED), mmu
        assert ours.eviction[0] == Lock.NONE


def test_a_share_of_nested_pages_makes_mail_readings_differ_page_by_page() -> None:
    nested = {"mmu": MMUS["x86-tdp-nested"]}
    assert made("v2", "mail", **nested).aging == (0, Lock.NONE, Lock.WRITE)
    assert made("exact", "mail", **nested).aging == (0, Lock.NONE, NOT_ASKED)
    assert made("v4", "mail", kconfig=True, **nested).aging == (0, Lock.NONE, Lock.WRITE)
    # The posted code looks at the VM as a whole.
    assert made("v2", "code", **nested).aging == (0, IN_VAIN, IN_VAIN)
    assert made("v4", "code", kconfig=True, **nested).aging == (0, Lock.WRITE, Lock.WRITE)
    assert made("v6", "code", **nested).aging == (0, Lock.NONE, IN_VAIN)


def test_a_nested_guest_of_the_past_is_remembered_for_every_page() -> None:
    past = {"mmu": MMUS["x86-tdp-was-nested"]}
    assert made("v2", "mail", **past).aging == (0, Lock.WRITE, Lock.WRITE)
    assert made("exact", "mail", **past).aging == (NOT_ASKED,) * 3
    assert made("v6", "code", **past).eviction[1] == Lock.NONE


def test_v1_and_v2_keep_skipping_page_tables_of_a_vm_by_the_primary_pmd() -> None:
    assert made("v2", "code").nonleaf_skips_vm
    assert not made("v2", "mail").nonleaf_skips_vm


@pytest.mark.parametrize("name", ["v4", "v5", "v6", "v7"])
def test_v4_to_v7_skip_no_page_table_of_any_process_while_they_ask(name: str) -> None:
    asking = made(name, "code", kconfig=True)
    assert (asking.nonleaf_skips_vm, asking.nonleaf_skips_others) == (0, 0)
    idle = made(name, "code", bit_0x8=False)
    assert (idle.nonleaf_skips_vm, idle.nonleaf_skips_others) == (1, 1)


def test_in_the_mails_words_other_processes_keep_the_nonleaf_rule() -> None:
    assert made("v4", "mail", kconfig=True).nonleaf_skips_others


def test_v3_does_not_walk_a_vm_at_all_while_its_bit_is_off() -> None:
    assert not made("v3", "code", bit_0x8=False).walks_vm
    assert made("v3", "code").walks_vm
    assert made("v3", "mail", bit_0x8=False).walks_vm


def test_v5_tries_the_fast_call_first_at_eviction() -> None:
    nested = {"mmu": MMUS["x86-tdp-was-nested"]}
    assert made("v5", "code", **nested).eviction_tries == (0, 1, 1)
    assert made("v5", "code").eviction_tries == (0, 0, 0)
    assert made("v5", "code", bit_0x8=False, **nested).eviction_tries == (0, 0, 0)
    assert made("v4", "code", kconfig=True, **nested).eviction_tries == (0, 0, 0)


@pytest.mark.parametrize(
    ("name", "aging", "window"),
    [
        ("v2", Calls.BATCH, Calls.BATCH),
        ("v3", Calls.BATCH, Calls.BATCH),
        ("v4", Calls.TEST_CLEAR, Calls.TEST_CLEAR),
        ("v5", Calls.TEST_CLEAR, Calls.TEST_CLEAR),
        ("v6", Calls.ONE, Calls.ONE),
        ("6.12", Calls.ONE, Calls.ONE),
    ],
)
def test_calls_per_page_are_those_of_the_posting(name: str, aging: Calls, window: Calls) -> None:
    ours = made(name, "code")
    assert (ours.aging_calls, ours.window_calls) == (aging, window)


def test_a_look_around_rule_can_be_chosen_apart_from_aging() -> None:
    only = policy(VARIANTS["existing", "code"], ON, LOOK_AROUND["6.12"])
    assert (only.aging, only.window) == ((NOT_ASKED,) * 3, (0, Lock.WRITE, Lock.WRITE))
    assert only.secondary_starts == (0, 1, 1)
    never = policy(VARIANTS["6.12", "code"], ON, LOOK_AROUND["none"])
    assert (never.vm_looks_around, never.others_look_around) == (0, 0)
    v4 = policy(VARIANTS["6.12", "code"], ON, LOOK_AROUND["v4"])
    assert (v4.vm_looks_around, v4.others_look_around) == (0, 1)


def test_v2s_rule_asks_in_a_window_only_where_no_lock_is_needed() -> None:
    rule = LOOK_AROUND["v2"]
    assert policy(VARIANTS["6.15", "code"], ON, rule).window == (0, Lock.NONE, Lock.NONE)
    assert policy(VARIANTS["6.12", "code"], ON, rule).window == (NOT_ASKED,) * 3
    nested = ON._replace(mmu=MMUS["x86-tdp-nested"])
    assert policy(VARIANTS["exact", "mail"], nested, rule).window == (0, Lock.NONE, IN_VAIN)


@pytest.mark.parametrize(
    ("name", "situation", "why"),
    [
        ("v5", {"mmu": MMUS["x86-tdp-nested"]}, "v5 reports FAST_FAILED once the VM has rmaps"),
        ("v4", {}, "CONFIG_LRU_GEN_WALKS_SECONDARY_MMU is not set"),
        ("v4", {"kconfig": True, "bit_0x8": False}, "bit 0x8 of enabled is off"),
        ("v7", {"mm_walk": False}, "no page table is walked without 0x2"),
        ("existing", {}, "only eviction asks"),
        ("v2", {"mmu": MMUS["x86-shadow"]}, "shadow paging has no lockless walk"),
    ],
)
def test_a_no_has_its_reason(name: str, situation: dict[str, object], why: str) -> None:
    at = ON._replace(**situation)
    answer = decision.aging(VARIANTS[name, "code"], at)
    assert not answer.harvests
    assert why in answer.why


@pytest.mark.parametrize(
    ("name", "mmu", "kconfig", "reads"),
    [
        ("6.12", "x86-tdp-ad", True, 0x7),
        ("existing", "arm64", True, 0x3),
        ("v1", "x86-tdp-ad", False, 0xF),
        ("v2", "x86-tdp-ad", False, 0xF),
        ("v2", "x86-shadow", False, 0x7),
        ("v2", "arm64", False, 0xB),
        ("v3", "other", False, 0xB),
        ("v4", "x86-tdp-ad", False, 0x7),
        ("v4", "x86-tdp-ad", True, 0xF),
        ("v5", "arm64", False, 0x3),
        ("v5", "x86-tdp-was-nested", False, 0xF),
        ("v6", "arm64", False, 0xB),
    ],
)
def test_what_a_read_of_enabled_shows_after_y(
    name: str, mmu: str, kconfig: bool, reads: int
) -> None:
    kernel = Kernel(variant=name, reading="code", kconfig=kconfig, mmu=mmu, enabled="y")
    assert kernel.reads_back() == f"0x{reads:04x}"


def test_power9_reads_back_9_with_v2_and_1_without() -> None:
    for name, reads in (("v2", 0x9), ("6.12", 0x1)):
        kernel = Kernel(variant=name, mmu="ppc-radix", hw_pte_young=False)
        assert kernel.reads_back() == f"0x{reads:04x}"
        assert kernel.situation().mm_walk is False
    shown = reads_back(
        VARIANTS["v2", "code"], 0xF, MMUS["ppc-radix"], False, Hardware(False, False)
    )
    assert shown == 0x9


def test_a_bit_that_the_kernel_lacks_is_ignored() -> None:
    assert Kernel(variant="6.12", enabled=0xFF).features == 0x7
    assert Kernel(variant="v6", enabled=0xFF).features == 0xF


@pytest.mark.parametrize("mmu", MMUS)
@pytest.mark.parametrize("kvm", KVMS)
def test_who_flushes_is_decided_by_the_policys_call_and_by_kvms_code(kvm: str, mmu: str) -> None:
    """Up to 6.11 eviction makes the flushing call; since 6.13 it does not flush on x86."""
    for variant in NAMES:
        kernel = Kernel(variant=variant, kvm=kvm, mmu=mmu)
        flushes = decision.eviction(kernel.record, kernel.situation()).value == Lock.WRITE_TLBFLUSH
        if not kernel.has_notifiers:
            assert not flushes
            continue
        elided = kvm in ("6.13", "6.15", "7.2") and MMUS[mmu].arch == "x86"
        assert flushes == (variant in ("existing", "6.1") and not elided)


def test_kvms_code_does_not_decide_who_is_asked_by_those_who_always_ask() -> None:
    for kvm in KVMS:
        at = Kernel(variant="6.12", kvm=kvm)
        assert decision.aging(at.record, at.situation()).harvests


@pytest.mark.parametrize("name", NAMES)
def test_its_own_kvm_code_by_name_is_the_same_as_by_default(name: str) -> None:
    kernel = Kernel(variant=name)
    assert Kernel(variant=name, kvm=kernel.kvm_name).engine() == kernel.engine()


def test_nobody_is_asked_on_s390_before_7_2_and_since_then_under_a_lock_for_readers() -> None:
    for variant in VARIANTS.values():
        at = Situation(MMUS["s390"], kconfig=True)
        answers = [decision.aging(variant, at), decision.eviction(variant, at)]
        answers.append(decision.window(variant, LOOK_AROUND["6.12"], at))
        assert {answer.value for answer in answers} == {NOT_ASKED}
        assert not decision.starts_look_around(variant, LOOK_AROUND["6.12"], at)
        assert "before 7.2 KVM has no notifiers on s390" in answers[0].why
    today = policy(RECORDS["7.3", "code"], Situation(MMUS["s390"]))
    assert (today.aging[1], today.eviction[1], today.window[1]) == (Lock.READ,) * 3
