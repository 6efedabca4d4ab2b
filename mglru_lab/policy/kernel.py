"""`Kernel`: which kernel a scenario runs on."""

import re
from dataclasses import dataclass, replace
from typing import Any

from mglru_lab.choose import choose
from mglru_lab.kernel.features import Enabled, enabled_show, enabled_store
from mglru_lab.kernel.rules import RULES, Rules
from mglru_lab.policy import decision
from mglru_lab.policy.decision import Situation
from mglru_lab.policy.kernel_by_release import EVER_RELEASED, Released, of_release, own_rules
from mglru_lab.policy.kvm import KVMS
from mglru_lab.policy.mmu import DEFAULT_MMU, MMUS, NESTED_MMU, hardware_of
from mglru_lab.policy.own_policy import OwnPolicy
from mglru_lab.policy.policy import Policy
from mglru_lab.policy.variants import LOOK_AROUND, NAMES, VARIANTS, LookAround, Variant, readings

DEFAULT_RULES = "6.12"
RECORDED = ("6.14", "6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3")
"""Releases that are variants by their name, besides those of the thread."""
NEWEST = RECORDED[-1]
"""The newest kernel that is modelled."""
AS_VARIANT = "variant"
NAME = "VARIANT[/READING][+kconfig][:LOOK_AROUND][@RULES][~KVM]"
_PART = "[^/+:@~]+"
PATTERN = (
    rf"(?P<variant>{_PART})(?:/(?P<reading>{_PART}))?(?P<kconfig>\+kconfig)?"
    rf"(?::(?P<look_around>{_PART}))?(?:@(?P<rules>{_PART}))?(?:~(?P<kvm>{_PART}))?"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kernel:
    """Three axes, rules, policy and KVM's code, and the host, which decides with them.

    `variant` names the policy (who is asked when), or a Linux release (`7.3`), which is a policy,
    rules and KVM code that were released together, or is a policy of your own; `reading` how its
    posting is read (by default the mail's words where they exist); `rules` the kernel whose other
    rules hold (6.12, or those of the variant's name); `kvm` the release or posting whose KVM code
    answers, which decides what a call locks and flushes (by default the variant's own).
    `kconfig`: CONFIG_LRU_GEN_WALKS_SECONDARY_MMU, where the variant has it. `enabled` is what a
    scenario starts with, a number or text like "y". `mmu` is the kind of secondary MMU,
    `look_around` a rule instead of the variant's own. `hw_pte_young=False` is a host whose CPUs set
    no accessed bits in PTEs (POWER9). `changed`: rules, by their field, that are not those of the
    family: to find out what each of them does. Raises ValueError naming what is allowed.
    """

    variant: str | OwnPolicy = "6.12"
    rules: str = ""
    kvm: str = AS_VARIANT
    reading: str = ""
    kconfig: bool = False
    enabled: int | str = "y"
    mmu: str = DEFAULT_MMU
    look_around: str | LookAround = AS_VARIANT
    hw_pte_young: bool = True
    changed: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.variant, OwnPolicy):
            released = self._released
            if released is None:
                choose("variant", self.variant, NAMES)
            allowed = readings(released.variant if released else self.variant)
            object.__setattr__(self, "reading", self.reading or allowed[0])
            choose(f"reading of {self.variant}", self.reading, allowed)
        choose("kvm", self.kvm, [AS_VARIANT, *KVMS])
        own = own_rules(self.record.name, DEFAULT_RULES)
        object.__setattr__(self, "rules", own_rules(self.rules, self.rules) or own)
        choose("rules", self.rules, list(RULES))
        for field in dict(self.changed):
            choose("rule", field, list(Rules._fields))
        choose("mmu", self.mmu, list(MMUS))
        if not isinstance(self.look_around, LookAround):
            choose("look_around", self.look_around, [AS_VARIANT, *LOOK_AROUND])
        known = decision.known_bits(self.record)
        object.__setattr__(self, "enabled", int(enabled_store(str(self.enabled), known)))

    @classmethod
    def parse(cls, text: str, **others: Any) -> "Kernel":
        """A kernel by its name: `v4`, `v4/code`, `v4+kconfig`, `existing@6.1`, `6.12:primary~6.15`.

        After the variant come, as needed, /reading, +kconfig, :look-around, @rules and ~kvm, in
        this order; `others` are fields for which the name has no place, or that hold unless the
        name says otherwise. Instead of a variant a name may begin with a Linux release (`6.6`):
        `kernel_by_release.of_release` says what it stands for.
        """
        parts = re.fullmatch(PATTERN, text.strip())
        if parts is None:
            raise ValueError(f"kernel {text!r}: allowed is {NAME}")
        named = {name: value for name, value in parts.groupdict().items() if value is not None}
        fields: dict[str, Any] = named | ({"kconfig": True} if "kconfig" in named else {})
        released = of_release(named["variant"])
        if released is not None and released.release not in RECORDED:
            fields["variant"] = released.variant
            others = {"rules": released.rules, "kvm": released.kvm} | {
                name: value for name, value in others.items() if value != ""
            }
        return cls(**{**others, **fields})

    @property
    def record(self) -> Variant:
        """The variant's data, with the KVM code that answers here."""
        if isinstance(self.variant, OwnPolicy):
            record = self.variant.record
        elif (released := self._released) is not None:
            record = VARIANTS[released.variant, self.reading]  # type: ignore[index]
            record = replace(record, name=released.release, kvm=KVMS[released.kvm])
        else:
            record = VARIANTS[self.variant, self.reading]  # type: ignore[index]
        return record if self.kvm == AS_VARIANT else replace(record, kvm=KVMS[self.kvm])

    @property
    def _released(self) -> Released | None:
        """What the variant stands for, if it is a release that the thread does not name."""
        return of_release(self.variant) if self.variant in RECORDED else None

    @property
    def never_released(self) -> str:
        """A sentence that says that no kernel was released like this; empty if one was."""
        record, released = self.record, self._released
        policy = released.variant if released else record.name
        policy = "6.1" if policy == "existing" else policy
        if self.changed or (policy, self.rules, self.kvm_name) not in EVER_RELEASED:
            changed = " changed" if self.changed else ""
            return (
                f"No kernel was ever released with the policy of {record.name}, the rules of "
                f"{self.rules}{changed} and the KVM code of {self.kvm_name}."
            )
        if self.look_around_rule != record.look_around:
            return f"No kernel was ever released with another look-around than {record.name}'s own."
        return ""

    @property
    def has_notifiers(self) -> bool:
        """Whether its KVM code lets anybody ask a secondary MMU of this kind."""
        return self.record.kvm.notifies(MMUS[self.mmu])

    @property
    def kvm_name(self) -> str:
        """The release or posting whose KVM code answers."""
        return self.record.kvm.name

    @property
    def name(self) -> str:
        """The variant, then what differs from its defaults, as `parse` reads it."""
        record = self.record
        text = record.name
        named = not isinstance(self.variant, OwnPolicy) and self._released is None
        if named and self.reading != readings(text)[0]:
            text += f"/{self.reading}"
        text += "+kconfig" * (self.kconfig and record.kconfig != "ignored")
        if isinstance(self.look_around, LookAround):
            text += ":own"
        elif self.look_around != AS_VARIANT:
            text += f":{self.look_around}"
        own = own_rules(record.name, DEFAULT_RULES)
        text += "" if self.rules == own else f"@{self.rules}"
        text += "" if self.kvm == AS_VARIANT else f"~{self.kvm}"
        return text + "".join(f" {field}={value}" for field, value in self.changed)

    @property
    def features(self) -> Enabled:
        """The feature bits at boot, as they were set."""
        return Enabled(int(self.enabled))

    def reads_back(self, bits: int | None = None) -> str:
        """What a read of `enabled` shows: not every bit that was set has an effect."""
        return enabled_show(self._shown(int(self.enabled) if bits is None else bits))

    def _shown(self, bits: int) -> Enabled:
        mmu = MMUS[self.mmu]
        hardware = hardware_of(mmu, self.hw_pte_young)
        return decision.reads_back(self.record, bits, mmu, self.kconfig, hardware)

    def effective(self, bits: int) -> int:
        """Those of the set bits 0x1, 0x2 and 0x4 that the host's CPUs let have an effect."""
        return int(self._shown(bits) & ~Enabled.SECONDARY_MMU)

    def situation(self, bits: int | None = None, nested: bool = False) -> Situation:
        """What its decisions depend on, while `bits` are set; `nested`: a nested guest runs."""
        bits = int(self.enabled) if bits is None else bits
        return Situation(
            mmu=MMUS[NESTED_MMU if nested else self.mmu],
            kconfig=self.kconfig,
            bit_0x8=bool(bits & Enabled.SECONDARY_MMU),
            mm_walk=bool(self.effective(bits) & Enabled.MM_WALK),
        )

    @property
    def look_around_rule(self) -> LookAround:
        """The rule that holds: the chosen one, or the variant's."""
        if isinstance(self.look_around, LookAround):
            return self.look_around
        if self.look_around == AS_VARIANT:
            return self.record.look_around
        return LOOK_AROUND[self.look_around]

    def engine(self) -> tuple[Rules, Policy]:
        """Rules and policy at boot, for a guest without a nested one beside others."""
        return self.engine_rules(), self.engine_policy()

    def engine_rules(self) -> Rules:
        """The rules as the compiled code takes them: plain integers."""
        given = RULES[self.rules]._asdict() | dict(self.changed)
        return Rules._make(int(given[field]) for field in Rules._fields)

    def engine_policy(self, bits: int | None = None, nested: bool = False) -> Policy:
        """The policy as the compiled code takes it, while `bits` are set."""
        return decision.policy(self.record, self.situation(bits, nested), self.look_around_rule)


RECORDS: dict[tuple[str, str], Variant] = dict(VARIANTS.items())
RECORDS[NEWEST, "code"] = Kernel(variant=NEWEST).record
"""What tables show: the thread's variants, and what the newest kernel does."""
