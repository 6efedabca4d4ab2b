"""/sys/kernel/mm/lru_gen/enabled: the feature bits of MGLRU (mm/vmscan.c)."""

import re
from enum import IntFlag


class Enabled(IntFlag):
    """The bits of `enabled`; no released kernel knows the last one."""

    CORE = 0x1
    MM_WALK = 0x2
    NONLEAF_YOUNG = 0x4
    SECONDARY_MMU = 0x8
    """Aging asks secondary MMUs: LRU_GEN_SPTE_WALK (v1), LRU_GEN_KVM_MMU_WALK (v2, v3),
    LRU_GEN_SECONDARY_MMU_WALK (v4 to v7)."""


ALL = Enabled.CORE | Enabled.MM_WALK | Enabled.NONLEAF_YOUNG
"""What released kernels know."""


def enabled_store(text: str, known: Enabled = ALL) -> Enabled:
    """What writing `text` leaves switched on: y, n or a number in C's notation.

    Bits that the kernel does not know (`known`) are ignored. Raises ValueError where the kernel
    answers EINVAL.
    """
    text = text.removesuffix("\n")
    if text[:1] in ("n", "N"):
        return Enabled(0)
    if text[:1] in ("y", "Y"):
        return known
    number = re.fullmatch(r"\+?(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))", text)
    hexadecimal, octal, decimal = number.groups() if number else (None, None, None)
    value = int(hexadecimal or octal or decimal or "-1", 16 if hexadecimal else 8 if octal else 10)
    if not 0 <= value < 1 << 32:
        raise ValueError(
            f"enabled {text!r}: the kernel answers EINVAL; allowed are y, n or a number like 0x7"
        )
    return Enabled(value & known)


def enabled_show(bits: int) -> str:
    """The text that a read of `enabled` gives for the bits that it shows."""
    return f"0x{bits:04x}"
