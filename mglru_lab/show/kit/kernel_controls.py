"""The controls that choose a kernel: variant, reading, Kconfig, feature bits, MMU, look-around."""

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from mglru_lab.choose import choose
from mglru_lab.kernel.features import ALL, Enabled, enabled_store
from mglru_lab.policy.kernel import AS_VARIANT, Kernel
from mglru_lab.policy.mmu import DEFAULT_MMU, MMUS, NESTED_MMU
from mglru_lab.policy.variants import LOOK_AROUND, NAMES, readings
from mglru_lab.show.kit.panel import Values

BITS = {
    "bit_0x2": (Enabled.MM_WALK, "0x2: walk"),
    "bit_0x4": (Enabled.NONLEAF_YOUNG, "0x4: non-leaf"),
    "bit_0x8": (Enabled.SECONDARY_MMU, "0x8: ask"),
}
STYLE = {"description_width": "initial"}
_HELP = {
    "variant": "The posting, or the kernel, whose policy is followed",
    "reading": "The posting in the mail's words, or as it was coded",
    "kconfig": "CONFIG_LRU_GEN_WALKS_SECONDARY_MMU: v4 needs it to ask, the proposal must ask",
    "bit_0x2": "Aging walks page tables: LRU_GEN_MM_WALK of /sys/kernel/mm/lru_gen/enabled",
    "bit_0x4": "Walks skip tables whose PMD is old: LRU_GEN_NONLEAF_YOUNG of .../enabled",
    "bit_0x8": "Aging asks secondary MMUs: the bit of .../enabled that v1 to v7 proposed",
    "mmu": "What maps the guest's memory; it decides which locks a question takes",
    "nested": "The share of the guest's pages that a nested guest has mapped",
    "look_around": "When eviction looks around a young page: by the variant's rule, or by another",
}


def kernel_controls(
    variant: str = "proposed",
    reading: str = "",
    kconfig: bool = False,
    enabled: int | str = "0xf",
    mmu: str = DEFAULT_MMU,
    nested: float = 1.0,
    look_around: str = AS_VARIANT,
) -> dict[str, Any]:
    """The widgets by name, set to these values; raises ValueError for one that is not allowed."""
    choose("variant", variant, NAMES)
    choose("mmu", mmu, list(MMUS))
    choose("look_around", look_around, [AS_VARIANT, *LOOK_AROUND])
    reading = reading or readings(variant)[0]
    choose(f"reading of {variant}", reading, readings(variant))
    bits = enabled_store(str(enabled), ALL | Enabled.SECONDARY_MMU)
    made = {
        "variant": widgets.Dropdown(options=NAMES, value=variant, description="variant"),
        "reading": widgets.Dropdown(
            options=[("in the mail's words", "mail"), ("as coded", "code")],
            value=reading,
            description="reading",
        ),
        "kconfig": widgets.Checkbox(value=kconfig, description="Kconfig set", indent=False),
    }
    for name, (bit, text) in BITS.items():
        made[name] = widgets.Checkbox(value=bool(bits & bit), description=text, indent=False)
    made["mmu"] = widgets.Dropdown(options=list(MMUS), value=mmu, description="MMU")
    made["nested"] = widgets.FloatSlider(
        value=nested, min=0.1, max=1, step=0.1, description="nested share", continuous_update=False
    )
    made["look_around"] = widgets.Dropdown(
        options=[("its own", AS_VARIANT), *((name, name) for name in LOOK_AROUND)],
        value=look_around,
        description="look-around",
    )
    for absent, has in (("bit_0x8", _has_bit), ("kconfig", _has_kconfig)):
        _untick(made[absent], made["variant"], has)
    made["variant"].observe(lambda change: _read(made["reading"], change["new"]), "value")
    for name, control in made.items():
        fit(control)
        control.tooltip = _HELP[name]
    return made


def _has_bit(variant: str) -> bool:
    return Kernel(variant=variant).record.knows_bit


def _has_kconfig(variant: str) -> bool:
    return Kernel(variant=variant).record.kconfig != "ignored"


def _untick(box: Any, variant: Any, has: Callable[[str], bool]) -> None:
    """No tick at what the variant does not have; the tick is back with one that has it."""
    ticked = box.value

    def follow(change: Mapping[str, Any]) -> None:
        nonlocal ticked
        if has(change["old"]):
            ticked = box.value
        box.value = ticked and has(change["new"])

    box.value = ticked and has(variant.value)
    variant.observe(follow, "value")


def fit(control: Any) -> None:
    """As wide as its label and its value, so that many controls fit beside each other."""
    control.layout = widgets.Layout(width="auto", margin="1px 8px 1px 2px")
    if not isinstance(control, widgets.Checkbox):
        control.style = STYLE
    if isinstance(control, widgets.FloatSlider | widgets.IntSlider):
        control.layout.width = "230px"
    elif isinstance(control, widgets.BoundedIntText):
        control.layout.width = "120px"


def _read(reading: Any, variant: str) -> None:
    """Keep the reading among those that the variant has."""
    if reading.value not in readings(variant):
        reading.value = readings(variant)[0]


def bits_of(values: Mapping[str, Any]) -> int:
    """The value of `enabled`. Bit 0x1 is always set: without it, the kernel has the classic LRU."""
    return int(Enabled.CORE) | sum(int(bit) for name, (bit, _) in BITS.items() if values[name])


def kernel_of(values: Values) -> Kernel:
    """The kernel that the controls choose."""
    variant, reading = values["variant"], values["reading"]
    return Kernel(
        variant=variant,
        # A panel may look between a change of variant and that of its reading.
        reading=reading if reading in readings(variant) else "",
        kconfig=values["kconfig"],
        enabled=bits_of(values),
        mmu=values["mmu"],
        look_around=values["look_around"],
    )


def nested_of(values: Values) -> str:
    """The share as a scenario has it; empty on a host without a nested guest."""
    return f"nested={values['nested']:g}" if values["mmu"] == NESTED_MMU else ""


def without_effect(values: Values) -> dict[str, str]:
    """Which controls change nothing now, and why."""
    kernel = kernel_of(values)
    record, name = kernel.record, values["variant"]
    off = {}
    if len(readings(name)) == 1:
        only = "posted or merged as code" if record.reading == "code" else "described in the mail"
        off["reading"] = f"{name} was only {only}"
    if record.kconfig == "ignored":
        off["kconfig"] = f"{name} has no such Kconfig"
    if not record.knows_bit:
        off["bit_0x8"] = f"{name} has no such bit"
    if MMUS[values["mmu"]].arch != "x86":
        off["bit_0x4"] = "these CPUs set no accessed bits in PMDs, so it reads back 0"
    if values["mmu"] != NESTED_MMU:
        off["nested"] = f"on {values['mmu']} no nested guest runs; choose {NESTED_MMU}"
    return off


def written_and_read(values: Values) -> str:
    """What the checkboxes write to `enabled`, and what a read of it would show. Markdown."""
    return (
        f"`enabled`: 0x{bits_of(values):x} is written, {kernel_of(values).reads_back()} read back"
    )


def as_code(values: Values) -> str:
    """The call that makes the chosen kernel."""
    kernel = kernel_of(values)
    fields = [f'"{kernel.variant}"', f"enabled=0x{bits_of(values):x}"]
    if len(readings(values["variant"])) > 1:
        fields.insert(1, f'reading="{kernel.reading}"')
    if kernel.record.kconfig != "ignored":
        fields.append(f"kconfig={kernel.kconfig}")
    fields.append(f'mmu="{kernel.mmu}"')
    if kernel.look_around != AS_VARIANT:
        fields.append(f'look_around="{kernel.look_around}"')
    return f"ml.Kernel(variant={', '.join(fields)})"
