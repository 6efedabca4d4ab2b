"""The model's kernel nearest to a host: its rules, and whether its secondary MMUs are asked."""

from dataclasses import replace

from mglru_lab.kernel.features import Enabled, enabled_show
from mglru_lab.kernel.releases import family_of
from mglru_lab.kernel.rules import RULES
from mglru_lab.lab.host.host import Host
from mglru_lab.lab.host.host_files import DAMON, ENABLED
from mglru_lab.lab.host.text import HostError
from mglru_lab.lab.thread.decisions import sentence
from mglru_lab.policy.kernel import AS_VARIANT, Kernel
from mglru_lab.policy.kernel_by_release import newest
from mglru_lab.policy.kvm import KVMS
from mglru_lab.policy.mmu import DEFAULT_MMU
from mglru_lab.policy.variants import NAMES
from mglru_lab.recorder import kernels as recorded

OLDEST = "6.1"
"""Stands for every kernel before it."""


def kernel_of(host: Host, variant: str = "") -> Kernel:
    """The model's nearest kernel: this host's rules, KVM, bits and MMU; perhaps another policy."""
    own, rules, kvm = (newest(names, host.version) or OLDEST for names in (NAMES, RULES, KVMS))
    mmu = host.mmu or DEFAULT_MMU
    return Kernel(variant=variant or own, rules=rules, kvm=kvm, enabled=host.bits, mmu=mmu)


def _whose_rules(host: Host) -> str:
    name, rules = "{}.{}".format(*host.version), kernel_of(host).rules
    try:
        family = family_of(host.release)
    except ValueError:
        return f"older than every kernel that was recorded; the nearest rules are those of {rules}"
    if family != rules:
        return f"the rules of {family}, which the model does not have: nearest are those of {rules}"
    unseen = "" if name in recorded.NAMES else f" by its release ({name} itself was not recorded)"
    return f"the rules of {rules}{unseen}"


def in_words(host: Host) -> str:
    """Which rules it follows and whether its secondary MMUs are aged, in sentences."""
    head = f"Linux {host.release}"
    try:
        bits = host.enabled
    except HostError as error:
        bits = host.bits
        head += f" ({error}; taken for on)"
    if bits is None:
        denied = ENABLED in host.refused
        why = "it may not be read" if denied else "it has no MGLRU, or was built without it"
        return f"{head} shows no /{ENABLED}: {why}."
    shown = enabled_show(bits)
    text = host.texts.get(ENABLED, "").strip()
    if text in ("0", "1"):
        shown = f"{text}, as MGLRU showed it before it was merged"
    if not bits & Enabled.CORE:
        return f"{head}: MGLRU is off (enabled {shown}): the classic LRU reclaims."
    parts = [f"{head}, enabled {shown}: {_whose_rules(host)}."]
    if bits & Enabled.SECONDARY_MMU:
        parts.append(
            "Bit 0x8 is set: a kernel with one of the thread's patches; which one, no file tells."
        )
    if host.texts.get(DAMON, "").strip() == "Y":
        parts.append(
            f"DAMON's statistics thread runs (/{DAMON} is Y): it clears accessed bits, those of "
            "guests too, so pages that it samples look idle to the next aging."
        )
    if not host.mmu:
        parts.append(
            "KVM is not loaded (it shows no parameters): there is no secondary MMU to ask."
        )
        return " ".join(parts)
    kernel = kernel_of(host)
    plain = replace(kernel, kvm=AS_VARIANT)
    told = sentence(plain if plain.kvm_name == kernel.kvm_name else kernel)
    return " ".join(parts) + f"\n\n{told}"
