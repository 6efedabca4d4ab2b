"""Kernels made comparable: policies on the same rules and KVM code, or whole releases."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from mglru_lab.policy.decision import NO_NOTIFIERS
from mglru_lab.policy.kernel import AS_VARIANT, DEFAULT_RULES, Kernel
from mglru_lab.policy.kernel_by_release import of_release

COMMON_KVM = "6.15"
"""The KVM code on which policies are compared unless told: the newest one, which neither locks nor
flushes on x86, so that what differs there is the policy's own."""


def alike(
    given: Iterable[str | Kernel],
    *,
    rules: str = "",
    kvm: str = "",
    releases: bool = False,
    **host: Any,
) -> list[Kernel]:
    """The kernels to compare: on the same rules and KVM code, or as `releases` each on its own.

    What a name says (`@RULES`, `~KVM`) or a `Kernel` was given holds in either case; `host` are
    other fields of `Kernel.parse`.
    """
    made = []
    for one in given:
        if not isinstance(one, Kernel):
            common = {} if releases else {"rules": DEFAULT_RULES, "kvm": COMMON_KVM}
            chosen = {name: v for name, v in (("rules", rules), ("kvm", kvm)) if v}
            one = Kernel.parse(one, **{**common, **chosen, **host})
        elif one.kvm == AS_VARIANT and not releases:
            one = replace(one, kvm=kvm or COMMON_KVM)
        made.append(one)
    return made


def names(kernels: Sequence[Kernel]) -> list[str]:
    """A name for each, without the rules and the KVM code that all of them have."""
    same_kvm = len({kernel.kvm for kernel in kernels}) == 1
    same_rules = len({kernel.rules for kernel in kernels}) == 1
    found = []
    for kernel in kernels:
        name = kernel.name
        if same_kvm:
            name = name.partition("~")[0]
        if same_rules:
            name = name.replace(f"@{kernel.rules}", "")
        found.append(name)
    return found


def in_words(kernels: Sequence[Kernel], named: Sequence[str] = ()) -> str:
    """What is compared, in one sentence: policies, one other axis alone, or whole releases.

    `named`: a name for each kernel; by default those of `names`.
    """
    values: dict[str, set[object]] = {
        "policy": {(k.variant, k.reading, k.kconfig, k.look_around) for k in kernels},
        "rules": {k.rules for k in kernels},
        "KVM code": {k.kvm_name for k in kernels},
        "host": {(k.mmu, k.hw_pte_young) for k in kernels},
    }
    differ = [axis for axis, found in values.items() if len(found) > 1]
    if differ in ([], ["policy"]):
        on = f"rules ({kernels[0].rules}) and KVM code ({kernels[0].kvm_name})"
        return f"Policies on the same {on}." if differ else f"One policy on one set of {on}."
    each = "; ".join(
        f"{name}: rules {kernel.rules}, KVM {kernel.kvm_name}, {kernel.mmu}"
        for name, kernel in zip(named or names(kernels), kernels, strict=True)
    )
    if len(differ) == 1:
        return f"Only the {differ[0]} differs, the policy does not: {each}."
    listed = f"{', '.join(differ[:-1])} and {differ[-1]}"
    return f"Releases, not policies alone: {listed} differ ({each})."


def stands_for(texts: Iterable[str]) -> list[str]:
    """A sentence for each name that begins with a release that another kernel stands for."""
    found = []
    for text in texts:
        released = of_release(text.strip().partition("/")[0].partition("+")[0].partition(":")[0])
        if released is not None:
            found.append(released.in_words)
    return found


def notes(kernels: Sequence[Kernel]) -> list[str]:
    """What has to be said of these kernels: that some never existed, that KVM cannot be asked."""
    deaf = [kernel for kernel in kernels if not kernel.has_notifiers]
    return [
        *never_released(kernels),
        *[f"{NO_NOTIFIERS[:1].upper()}{NO_NOTIFIERS[1:]}."][: len(deaf)],
    ]


def never_released(kernels: Sequence[Kernel]) -> list[str]:
    """One sentence on those of the kernels that never existed; none if all did."""
    never = [kernel for kernel in kernels if kernel.never_released]
    if len(never) < 2:
        return [kernel.never_released for kernel in never]
    rules, kvms = ({kernel.rules for kernel in never}, {kernel.kvm_name for kernel in never})
    on = [f"rules of {one}" for one in rules if len(rules) == 1]
    on += [f"KVM code of {one}" for one in kvms if len(kvms) == 1]
    named = ", ".join(name for name, k in zip(names(kernels), kernels, strict=True) if k in never)
    with_these = f" with the {' and the '.join(on)}" if on else ""
    return [f"No kernel was ever released like these{with_these}: {named}."]
