"""`Kernel`: which kernel a scenario runs on."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from mglru_lab.kernel.features import ALL, Enabled, modelled
from mglru_lab.kernel.rules import RULES, Rules
from mglru_lab.kernel.variants import VARIANTS, Policy


def choose(what: str, value: object, allowed: Sequence[object]) -> None:
    """Raise ValueError naming the wrong `value` and what is allowed."""
    if value in allowed:
        return
    allowed_names = ", ".join(map(str, allowed)) or "none"
    near = get_close_matches(str(value), [str(name) for name in allowed], n=1)
    hint = f"; did you mean {near[0]}?" if near else "."
    raise ValueError(f"{what} {value!r} is unknown{hint} Allowed: {allowed_names}")


def compilable(policy: Policy) -> Policy:
    """The policy with plain integers, of which the compiled code knows one type only."""
    return Policy._make(map(int, policy))


@dataclass(frozen=True, kw_only=True, slots=True)
class Kernel:
    """Rules (how that kernel works), policy (who is asked when) and the feature bits at boot.

    `variant` names the policy, `rules` the kernel whose rules hold (by default the variant's
    own); `enabled` is what a scenario starts with, as a number or as text like "y".
    """

    variant: str = "6.12"
    rules: str = ""
    enabled: int | str = int(ALL)

    def __post_init__(self) -> None:
        choose("variant", self.variant, list(VARIANTS))
        object.__setattr__(self, "rules", self.rules or self.variant)
        choose("rules", self.rules, list(RULES))
        object.__setattr__(self, "enabled", int(modelled(str(self.enabled))))

    @property
    def name(self) -> str:
        """The variant, and the rules where they are not its own."""
        return self.variant if self.rules == self.variant else f"{self.variant} on {self.rules}"

    @property
    def features(self) -> Enabled:
        """The feature bits at boot."""
        return Enabled(int(self.enabled))

    def engine(self) -> tuple[Rules, Policy]:
        """Rules and policy as the compiled code takes them: plain integers."""
        rules = Rules._make(map(int, RULES[self.rules]))
        return rules, compilable(VARIANTS[self.variant])
