"""A kernel named by its release, such as 6.18: its policy, rules and KVM code.

Of each axis the newest one that is not newer than the release: a release that was not recorded runs
on the rules of the nearest recorded one before it.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from mglru_lab.kernel.rules import RULES
from mglru_lab.policy.kvm import KVMS
from mglru_lab.policy.variants import NAMES

RELEASES = tuple((6, minor) for minor in range(1, 20)) + tuple((7, minor) for minor in range(4))
"""What is known: 6.1 to 6.19 and 7.0 to 7.3."""
_RELEASE = re.compile(r"v?(\d+)\.(\d+)(?:[.-].*)?")


class Released(NamedTuple):
    """What stands for a release; names as `Kernel` takes them."""

    release: str
    variant: str
    rules: str
    kvm: str

    @property
    def in_words(self) -> str:
        """What is run instead, in one sentence."""
        recorded = "" if self.rules == self.release else ", the nearest before it that is modelled"
        return (
            f"Linux {self.release} stands for the policy {self.variant} on the rules of "
            f"{self.rules}{recorded}, with the KVM code of {self.kvm}."
        )


def version(text: str) -> tuple[int, int] | None:
    """A release as numbers that can be compared; None for what is none."""
    found = _RELEASE.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None


def newest(names: Iterable[str], release: tuple[int, int]) -> str:
    """The newest release among these names that is not newer; empty if all are."""
    known = [(found, name) for name in names if (found := version(name)) and found <= release]
    return max(known)[1] if known else ""


def of_release(text: str) -> Released | None:
    """What stands for a release that is no variant's name; None for anything else.

    Raises ValueError for a release that is not known.
    """
    release = version(text)
    if release is None or text in NAMES:
        return None
    if release not in RELEASES:
        raise ValueError(
            f"kernel {text!r} is unknown; allowed are Linux 6.1 to 6.19, 7.0 to 7.3, and the "
            f"variants {', '.join(NAMES)}"
        )
    return stands_for(text, release)


def stands_for(text: str, release: tuple[int, int]) -> Released:
    """The newest policy, rules and KVM code that are not newer than the release."""
    variant, rules, kvm = (newest(names, release) for names in (NAMES, RULES, KVMS))
    return Released(text, variant, rules, kvm)


EVER_RELEASED = {stands_for("", release)[1:] for release in RELEASES}
"""Every policy, rules and KVM code that one released kernel had together."""


def own_rules(variant: str, default: str) -> str:
    """The rules of a variant that is named by a release such as 6.18; else the default ones."""
    release = version(variant) if re.fullmatch(r"\d+\.\d+", variant) else None
    return newest(RULES, release) if release else default
