"""Settings of the recorded kernel with a switch, each as a variant with a look-around rule."""

import re
from dataclasses import dataclass

from mglru_lab.kernel.features import Enabled
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.switch import SWITCH
from mglru_lab.scenario.language import Scenario


@dataclass(frozen=True)
class Setting:
    """One setting of the switch, and the kernel that does the same without it."""

    knob: int
    kernel: Kernel
    stands_for: str

    def scenario(self, text: str, source: str) -> Scenario:
        """A recorded scenario for that kernel: without the switch, with bit 0x8 where it is known.

        The recorded kernel has no such bit: there the switch stood for it. A scenario that throws
        the switch while it runs keeps it, since no kernel changes its variant then.
        """
        if text.count(f"knob {SWITCH} ") == 1:
            text = re.sub(rf"(?m)^knob {SWITCH} .*\n", "", text)
        if self.kernel.features & Enabled.SECONDARY_MMU:
            text = re.sub(
                r"(?m)^enabled (\w+)$",
                lambda line: f"enabled {int(line[1], 0) | int(Enabled.SECONDARY_MMU):#x}",
                text,
            )
        return Scenario(text, source)


def _kernel(name: str) -> Kernel:
    return Kernel.parse(name, rules="6.12")


SETTINGS = {
    "never": Setting(0, _kernel("existing"), "the existing approach"),
    "stock": Setting(7, _kernel("6.12"), "6.12 to 6.14; v2 on x86 TDP, but for the lock"),
    "v4_kconfig": Setting(25, _kernel("v4/code+kconfig"), "v4 with its Kconfig and bit"),
    "v4_nokconfig": Setting(8, _kernel("v4/code"), "v4 without its Kconfig"),
    "walk_only": Setting(1, _kernel("6.12:primary"), "asked in the walk, look-around as in 6.1"),
    "lookaround_only": Setting(
        6, _kernel("existing:6.12"), "asked at look-around, not in the walk"
    ),
    "walk_entry": Setting(5, _kernel("6.12:6.12-entry"), "walk_only, entered as in 6.12"),
    "walk_window": Setting(3, _kernel("6.12:6.12-window"), "walk_only, with 6.12's window"),
}
"""By the name of the recordings (`options_NAME`)."""


def setting_of(file: str) -> Setting | None:
    """The setting that a recording's file is of; None for a kernel without a switch."""
    return SETTINGS.get(file.removeprefix("options_")) if file.startswith("options_") else None
