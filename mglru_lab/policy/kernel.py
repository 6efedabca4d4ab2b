"""`Kernel`: which kernel a scenario runs on."""

import re
from dataclasses import dataclass
from typing import Any

from mglru_lab.choose import choose
from mglru_lab.kernel.features import Enabled, enabled_show, enabled_store
from mglru_lab.kernel.releases import family_of
from mglru_lab.kernel.rules import RULES, Rules
from mglru_lab.policy import decision
from mglru_lab.policy.decision import Situation
from mglru_lab.policy.mmu import DEFAULT_MMU, MMUS, NESTED_MMU, hardware_of
from mglru_lab.policy.own import OwnPolicy
from mglru_lab.policy.policy import Policy
from mglru_lab.policy.variants import (
    LOOK_AROUND,
    NAMES,
    RELEASED,
    VARIANTS,
    LookAround,
    Variant,
    readings,
)

DEFAULT_RULES = "6.12"
"""Of what was posted in the thread, and never released."""
AS_VARIANT = "variant"


def own_rules(variant: str) -> str:
    """The rules of a variant that is a released kernel; else the default ones."""
    return family_of(variant) if variant[0].isdigit() else DEFAULT_RULES


@dataclass(frozen=True, kw_only=True, slots=True)
class Kernel:
    """Rules (how that kernel works), policy (who is asked when), and what decides the policy.

    `variant` names the policy or is one of your own; `reading` how its posting is read (by default
    the mail's words where they exist); `rules` the kernel whose other rules hold (6.12, or that of
    the variant's name). `kconfig`: CONFIG_LRU_GEN_WALKS_SECONDARY_MMU, where the variant has it.
    `enabled` is what a scenario starts with, a number or text like "y". `mmu` is the kind of
    secondary MMU, `look_around` a rule instead of the variant's own. `hw_pte_young=False` is a host
    whose CPUs set no accessed bits in PTEs (POWER9). Raises ValueError naming what is allowed.
    """

    variant: str | OwnPolicy = "6.12"
    rules: str = ""
    reading: str = ""
    kconfig: bool = False
    enabled: int | str = "y"
    mmu: str = DEFAULT_MMU
    look_around: str | LookAround = AS_VARIANT
    hw_pte_young: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.variant, OwnPolicy):
            choose("variant", self.variant, [*NAMES, *RELEASED])
            allowed = readings(self.variant)
            object.__setattr__(self, "reading", self.reading or allowed[0])
            choose(f"reading of {self.variant}", self.reading, allowed)
        object.__setattr__(self, "rules", self.rules or own_rules(self.record.name))
        choose("rules", self.rules, list(RULES))
        choose("mmu", self.mmu, list(MMUS))
        if not isinstance(self.look_around, LookAround):
            choose("look_around", self.look_around, [AS_VARIANT, *LOOK_AROUND])
        known = decision.known_bits(self.record)
        object.__setattr__(self, "enabled", int(enabled_store(str(self.enabled), known)))

    @classmethod
    def parse(cls, text: str, **others: Any) -> "Kernel":
        """A kernel by its name: `v4`, `v4/code`, `v4+kconfig`, `existing@6.1`, `6.12:primary`.

        After the variant come, as needed, /reading, +kconfig, :look-around and @rules, in this
        order; `others` are fields for which the name has no place.
        """
        parts = re.fullmatch(
            r"([^/+:@]+)(?:/([^/+:@]+))?(\+kconfig)?(?::([^/+:@]+))?(?:@([^/+:@]+))?", text.strip()
        )
        if parts is None:
            raise ValueError(
                f"kernel {text!r}: allowed is VARIANT[/READING][+kconfig][:LOOK_AROUND][@RULES]"
            )
        variant, reading, kconfig, look_around, rules = parts.groups()
        named: dict[str, Any] = {"reading": reading, "look_around": look_around, "rules": rules}
        fields = {name: value for name, value in named.items() if value is not None}
        if kconfig:
            fields["kconfig"] = True
        return cls(**{**others, "variant": variant, **fields})

    @property
    def record(self) -> Variant:
        """The variant's data."""
        if isinstance(self.variant, OwnPolicy):
            return self.variant.record
        if self.variant in RELEASED:
            return RELEASED[self.variant]
        return VARIANTS[self.variant, self.reading]  # type: ignore[index]

    @property
    def name(self) -> str:
        """The variant, then what differs from its defaults, as `parse` reads it."""
        record = self.record
        text = record.name
        if not isinstance(self.variant, OwnPolicy) and self.reading != readings(text)[0]:
            text += f"/{self.reading}"
        text += "+kconfig" * (self.kconfig and record.kconfig != "ignored")
        if isinstance(self.look_around, LookAround):
            text += ":own"
        elif self.look_around != AS_VARIANT:
            text += f":{self.look_around}"
        return text if self.rules == own_rules(record.name) else f"{text}@{self.rules}"

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
        return Rules._make(map(int, RULES[self.rules]))

    def engine_policy(self, bits: int | None = None, nested: bool = False) -> Policy:
        """The policy as the compiled code takes it, while `bits` are set."""
        return decision.policy(self.record, self.situation(bits, nested), self.look_around_rule)
