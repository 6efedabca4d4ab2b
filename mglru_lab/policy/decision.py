"""The one decision: given variant, Kconfig, bits and MMU, who is asked about a page, and why.

The engine obeys the `Policy` made here; tables and sentences for people are read off it. Nothing
else decides.
"""

from typing import NamedTuple

from mglru_lab.kernel.features import ALL, Enabled
from mglru_lab.policy.kvm import Call, Page, mmu_lock
from mglru_lab.policy.mmu import Hardware, Lock, Mmu
from mglru_lab.policy.policy import IN_VAIN, NOT_ASKED, Answers, Calls, Policy
from mglru_lab.policy.variants import LookAround, Variant

KCONFIG = "CONFIG_LRU_GEN_WALKS_SECONDARY_MMU"
CALLS = {"one": Calls.ONE, "test-clear": Calls.TEST_CLEAR, "batch": Calls.BATCH}


class Situation(NamedTuple):
    """What a decision depends on besides the variant."""

    mmu: Mmu
    kconfig: bool = False
    bit_0x8: bool = True
    mm_walk: bool = True
    """0x2 is in effect: set, and the host's CPUs set accessed bits."""


class Answer(NamedTuple):
    """What asking about one page comes to: a lock, IN_VAIN or NOT_ASKED; and why."""

    value: int
    why: str
    tdp_part: bool = False

    @property
    def harvests(self) -> bool:
        """The page's accessed bit is read and cleared."""
        return self.value not in (NOT_ASKED, IN_VAIN)


def _page(variant: Variant, at: Situation, nested: bool) -> Page:
    return Page(at.mmu, nested, own_rmaps=variant.reading == "mail")


def _answer(call: Call) -> Answer:
    if call.failed or call.tdp_part:
        return Answer(IN_VAIN, call.why, call.tdp_part)
    return Answer(int(call.lock), call.why)


NO_NOTIFIERS = (
    "before 7.2 KVM has no notifiers on s390: a guest's accesses set bits in the page tables of "
    "the host's process, which every walk and every eviction reads anyway"
)


def may_ask(variant: Variant, at: Situation) -> str:
    """Why no walk may ask about any page; empty if it may."""
    if not at.mm_walk:
        return "no page table is walked without 0x2"
    if not variant.kvm.notifies(at.mmu):
        return NO_NOTIFIERS
    if variant.asks == "never":
        return variant.in_words
    if variant.kconfig == "required" and not at.kconfig:
        return f"{KCONFIG} is not set"
    if variant.needs_bit and not at.bit_0x8:
        return "bit 0x8 of enabled is off"
    if variant.asks == "likely-fast" and not variant.kvm.likely_fast(at.mmu):
        why = variant.kvm.fast(Page(at.mmu)).why
        return f"KVM says at its start that it will not be lockless: {why}"
    return ""


def aging(variant: Variant, at: Situation, nested: bool = False) -> Answer:
    """What the page table walk learns of a guest page."""
    why_not = may_ask(variant, at)
    if why_not:
        return Answer(NOT_ASKED, why_not)
    page = _page(variant, at, nested)
    if variant.by == "fast":
        return _answer(variant.kvm.fast(page))
    call = variant.kvm.clear_young(page)
    forced = variant.kconfig == "forces" and at.kconfig
    if variant.asks == "lockless" and not forced and call.lock is not Lock.NONE:
        return Answer(NOT_ASKED, f"the call would take {mmu_lock(call.lock)}: {call.why}")
    why = f"{KCONFIG} forces it, and {call.why}" if forced else call.why
    return Answer(int(call.lock), why)


def eviction(variant: Variant, at: Situation, nested: bool = False) -> Answer:
    """What eviction learns of the guest page at hand: its bit, wherever notifiers exist."""
    if not variant.kvm.notifies(at.mmu):
        return Answer(NOT_ASKED, NO_NOTIFIERS)
    call = variant.kvm.clear_flush_young if variant.may_flush else variant.kvm.clear_young
    return _answer(call(_page(variant, at, nested)))


def starts_look_around(
    variant: Variant, rule: LookAround, at: Situation, nested: bool = False
) -> bool:
    """Whether a page that only the secondary MMU knows as young starts look-around."""
    page = _page(variant, at, nested)
    if not variant.kvm.notifies(at.mmu):
        return False
    if not rule.in_vm or rule.window == "none" or ("entry" in rule.needs_bit and not at.bit_0x8):
        return False
    match rule.if_secondary_young:
        case "lockless":
            return variant.kvm.clear_young(page).lock is Lock.NONE
        case "fast":
            if variant.fast_first and not variant.kvm.likely_fast(at.mmu):
                return False
            return not variant.kvm.fast(page).failed
        case "x86":
            return at.mmu.arch == "x86"
        case rest:
            return rest == "yes"


def window_rule(variant: Variant, rule: LookAround, at: Situation) -> str:
    """What the rule comes to here: it reads primary bits where its conditions do not hold."""
    asks = rule.window.startswith("secondary")
    without = ("window" in rule.needs_bit and not at.bit_0x8) or (
        rule.needs_likely and not variant.kvm.likely_fast(at.mmu)
    )
    return "primary" if asks and without else rule.window


def window(variant: Variant, rule: LookAround, at: Situation, nested: bool = False) -> Answer:
    """What look-around learns of a neighbour that is a guest page."""
    page, how = _page(variant, at, nested), window_rule(variant, rule, at)
    if not variant.kvm.notifies(at.mmu):
        return Answer(NOT_ASKED, NO_NOTIFIERS)
    if how == "secondary":
        return _answer(variant.kvm.clear_young(page))
    if how in ("secondary-if-fast", "secondary-fast-only"):
        return _answer(variant.kvm.fast(page))
    return Answer(NOT_ASKED, f"the window: {how}")


def _by_memory(guest: Answer, nested: Answer) -> Answers:
    """A page outside all memslots costs a call wherever one is made, and no lock."""
    asked = guest.value != NOT_ASKED or nested.value != NOT_ASKED
    return int(Lock.NONE) if asked else NOT_ASKED, guest.value, nested.value


def policy(variant: Variant, at: Situation, rule: LookAround | None = None) -> Policy:
    """Everything that the engine has to know; `rule` instead of the variant's look-around."""
    rule = rule or variant.look_around
    both = (False, True)
    walk = [aging(variant, at, nested) for nested in both]
    tries_fast = variant.fast_first and not may_ask(variant, at._replace(mm_walk=True))
    fails = [tries_fast and variant.kvm.fast(_page(variant, at, n)).failed for n in both]
    starts = [starts_look_around(variant, rule, at, nested) for nested in both]
    asking = any(answer.value != NOT_ASKED for answer in walk)
    skips_vm = {"skips": True, "never": False}.get(variant.nonleaf_vm, not asking)
    batched = rule.window == "secondary-if-fast"
    window_calls = Calls.BATCH if batched else CALLS[variant.calls]
    looks = rule.window != "none"
    return Policy(
        aging=_by_memory(*walk),
        eviction=_by_memory(*(eviction(variant, at, n) for n in both)),
        window=_by_memory(*(window(variant, rule, at, n) for n in both)),
        secondary_starts=(0, int(starts[False]), int(starts[True])),
        vm_looks_around=int(rule.in_vm and looks),
        others_look_around=int(looks or not rule.in_vm),
        nonleaf_skips_vm=int(skips_vm),
        nonleaf_skips_others=int(variant.nonleaf_others_while_asking or not asking),
        walks_vm=int(variant.walks_vm_unasked or at.bit_0x8),
        aging_calls=int(CALLS[variant.calls]),
        window_calls=int(window_calls),
        eviction_tries=(0, int(fails[False]), int(fails[True])),
    )


def known_bits(variant: Variant) -> Enabled:
    """The bits of `enabled` that this kernel has."""
    return ALL | Enabled.SECONDARY_MMU if variant.knows_bit else ALL


def reads_back(
    variant: Variant, bits: int, mmu: Mmu, kconfig: bool = False, hardware: Hardware | None = None
) -> Enabled:
    """What a read of `enabled` shows when `bits` are set (enabled_show)."""
    hardware = hardware or Hardware()
    shown = Enabled(bits) & known_bits(variant)
    if not hardware.pte_young:
        shown &= ~Enabled.MM_WALK
    if not hardware.nonleaf_young:
        shown &= ~Enabled.NONLEAF_YOUNG
    hides = {"kconfig": not kconfig, "likely-fast": not variant.kvm.likely_fast(mmu)}
    return shown & ~Enabled.SECONDARY_MMU if hides.get(variant.shows_bit) else shown
