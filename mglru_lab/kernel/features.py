"""/sys/kernel/mm/lru_gen/enabled: the feature bits of MGLRU (mm/vmscan.c)."""

from enum import IntFlag


class Enabled(IntFlag):
    """The bits of `enabled` that released kernels know."""

    CORE = 0x1
    MM_WALK = 0x2
    NONLEAF_YOUNG = 0x4


ALL = Enabled.CORE | Enabled.MM_WALK | Enabled.NONLEAF_YOUNG


def enabled_store(text: str) -> Enabled:
    """What writing `text` leaves switched on: y, n or a number in C's notation.

    Unknown bits are ignored. Raises ValueError where the kernel answers EINVAL.
    """
    text = text.strip()
    if text[:1] in ("n", "N"):
        return Enabled(0)
    if text[:1] in ("y", "Y"):
        return ALL
    octal = text.lstrip("+").startswith("0") and text.isdecimal()
    try:
        value = int(text, 8 if octal else 0)
        if value < 0:
            raise ValueError
    except ValueError:
        raise ValueError(
            f"enabled {text!r}: the kernel answers EINVAL; allowed are y, n or a number like 0x7"
        ) from None
    return Enabled(value & ALL)


def modelled(text: str) -> Enabled:
    """Like `enabled_store`, but refuses to switch MGLRU off."""
    bits = enabled_store(text)
    if not bits & Enabled.CORE:
        raise ValueError(
            f"enabled {text!r}: the classic LRU is not modelled yet; allowed: with bit 0x1"
        )
    return bits


def enabled_show(bits: Enabled) -> str:
    """The text that a read of `enabled` gives on hardware with both kinds of accessed bits."""
    return f"0x{bits:04x}"
