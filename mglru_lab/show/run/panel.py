"""The main panel: two kernels side by side, page by page, step by step."""

import itertools
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets as widgets
from IPython.display import Markdown

from mglru_lab.choose import choose
from mglru_lab.lab.price.costs import Costs
from mglru_lab.lab.price.prices import SWAP
from mglru_lab.lab.run.film import Film, shoot
from mglru_lab.policy import comparable
from mglru_lab.policy.comparable import COMMON_KVM
from mglru_lab.policy.kernel import AS_VARIANT, Kernel
from mglru_lab.policy.kvm import KVMS
from mglru_lab.policy.mmu import DEFAULT_MMU, NESTED_MMU
from mglru_lab.scenario.film_scenarios import HALF, TITLES, Shown
from mglru_lab.show.kit import film
from mglru_lab.show.kit.kernel_controls import (
    bits_of,
    fit,
    kernel_controls,
    kernel_of,
    without_effect,
)
from mglru_lab.show.kit.panel import FLOWING, Panel, Values
from mglru_lab.show.run import film_prose

SIDES = ("left", "right")
NOTEBOOK = "02_generations.ipynb"
"""It declares the panel's parameters."""
_COUNT = itertools.count(1)

_HELP = {
    "workload": "What happens to the memory of both, the left and the right kernel",
    "memory": "How much of the workload's pages fits into memory",
    "nested": "The share of the guest's pages that a nested guest has mapped",
    "seed": "Random numbers: another seed makes another workload of the same kind",
    "kvm": "The release or posting whose KVM code answers both: what a call locks and flushes",
    "swap": "What pages are swapped to; it sets the price of a refault",
    "vcpus": "vCPUs that fault while calls take mmu_lock; sets the price of locks (0: none waits)",
}


def lab(
    left: str = "existing",
    right: str = "6.12",
    *,
    left_enabled: int | str = "0xf",
    right_enabled: int | str = "0xf",
    left_mmu: str = DEFAULT_MMU,
    right_mmu: str = DEFAULT_MMU,
    workload: str = HALF,
    memory: float = 0.5,
    nested: float = 1.0,
    seed: int = 1,
    kvm: str = COMMON_KVM,
    swap: str = "zram",
    vcpus: int = 0,
) -> Panel:
    """Two kernels on the same workload: a film of their pages, their counters, what they ask.

    `left` (the baseline) and `right` are names as `Kernel.parse` reads them; `workload` is one of
    `TITLES` or the file of a trace. Raises ValueError naming what is allowed.
    """
    shown = Shown(workload=workload, memory=memory, nested=nested, seed=seed)
    choose("swap", swap, list(SWAP))
    choose("kvm", kvm, [AS_VARIANT, *KVMS])
    controls: dict[str, Any] = {}
    sides = {"left": (left, left_enabled, left_mmu), "right": (right, right_enabled, right_mmu)}
    for side, (name, enabled, mmu) in sides.items():
        controls |= {f"{side}_{k}": w for k, w in _kernel(name, enabled, mmu).items()}
    controls |= _what(shown, kvm, swap, vcpus)
    return Panel(controls, _Answer(), _off, arrange=_arrange)


def _kernel(name: str, enabled: int | str, mmu: str) -> dict[str, Any]:
    kernel = Kernel.parse(name, enabled=enabled, mmu=mmu)
    made = kernel_controls(
        variant=str(kernel.variant),
        reading=kernel.reading,
        kconfig=kernel.kconfig,
        enabled=enabled,
        mmu=mmu,
        look_around=str(kernel.look_around),
    )
    del made["nested"]  # of the workload, the same for both
    return made


def _what(shown: Shown, kvm: str, swap: str, vcpus: int) -> dict[str, Any]:
    titles = {title: name for name, title in TITLES.items()}
    if shown.workload not in TITLES:
        titles[f"your trace: {Path(shown.workload).name}"] = shown.workload
    slider = {"continuous_update": False}
    made = {
        "workload": widgets.Dropdown(
            options=list(titles.items()), value=shown.workload, description="workload"
        ),
        "memory": widgets.FloatSlider(
            value=shown.memory, min=0.1, max=1, step=0.05, description="memory", **slider
        ),
        "nested": widgets.FloatSlider(
            value=shown.nested, min=0.1, max=1, step=0.1, description="nested share", **slider
        ),
        "seed": widgets.BoundedIntText(value=shown.seed, min=0, max=10**6, description="seed"),
        "kvm": widgets.Dropdown(
            options=[*((name, name) for name in KVMS), ("its own", AS_VARIANT)],
            value=kvm,
            description="KVM's code",
        ),
        "swap": widgets.Dropdown(options=list(SWAP), value=swap, description="swap to"),
        "vcpus": widgets.IntSlider(
            value=vcpus, min=0, max=112, step=4, description="vCPUs faulting", **slider
        ),
    }
    for name, control in made.items():
        fit(control)
        control.tooltip = _HELP[name]
    return made


def _arrange(controls: Mapping[str, Any]) -> list[Any]:
    """One row per kernel, then what both are given: above a film there is little room."""
    rows = []
    for side in (*SIDES, "both"):
        own = [c for name, c in controls.items() if _side(name) == side]
        title = widgets.HTML(f"<b>{side}</b>", layout=widgets.Layout(width="40px"))
        rows.append(widgets.HBox([title, *own], layout=FLOWING))
    return rows


def _side(name: str) -> str:
    return name.partition("_")[0] if name.startswith(SIDES) else "both"


def _of(values: Values, side: str) -> Values:
    return {k.removeprefix(f"{side}_"): v for k, v in values.items() if k.startswith(f"{side}_")}


def _shown(values: Values) -> Shown:
    return Shown(**{name: values[name] for name in ("workload", "memory", "nested", "seed")})


def _off(values: Values) -> dict[str, str]:
    off = {}
    for side in SIDES:
        own = _of(values, side) | {"nested": values["nested"]}
        for name, why in without_effect(own).items():
            if name != "nested":
                off[f"{side}_{name}"] = f"{side}: {why}"
    off |= _shown(values).without_effect()
    if NESTED_MMU not in (values["left_mmu"], values["right_mmu"]):
        off["nested"] = f"no nested guest runs on these MMUs; choose {NESTED_MMU}"
    return off


class _Answer:
    """The answer to the panel's values; films are kept, so that a price needs no new run."""

    def __init__(self) -> None:
        self._films: dict[tuple[Shown, Kernel], Film] = {}
        self._name = f"film {next(_COUNT)}"

    def __call__(self, values: Values) -> Generator[float, None, list[Any]]:
        kernels = {side: replace(kernel_of(_of(values, side)), kvm=values["kvm"]) for side in SIDES}
        wanted = {side: (_shown(values), kernel) for side, kernel in kernels.items()}
        made: dict[str, Film] = {}
        for place, (side, key) in enumerate(wanted.items()):
            if key not in self._films:
                shooting = shoot(*key)
                while True:
                    try:
                        yield (place + next(shooting)) / 2
                    except StopIteration as end:
                        self._films[key] = end.value
                        break
            made[side] = self._films[key]
        self._films = {key: self._films[key] for key in wanted.values()}
        costs = Costs.on_host(values["swap"], values["vcpus"], values["right_mmu"])
        names = film_prose.names(kernels["left"], kernels["right"])
        films = dict(zip(names, made.values(), strict=True))
        both = list(kernels.values())
        compared = f"- compared: {' '.join([comparable.in_words(both), *comparable.notes(both)])}\n"
        said = film_prose.decision(kernels) + compared + film_prose.verdict(films, costs)
        return [film.shown(films, self._name, _copies(values)), Markdown(said)]


def arguments(values: Values) -> dict[str, Any]:
    """The arguments of `lab`, and the parameters of NOTEBOOK, that give this state."""
    found: dict[str, Any] = {}
    for side in SIDES:
        own = _of(values, side)
        found[side] = kernel_of(own).name
        found[f"{side}_enabled"] = f"0x{bits_of(own):x}"
        found[f"{side}_mmu"] = own["mmu"]
    names = ("workload", "memory", "nested", "seed", "kvm", "swap", "vcpus")
    return found | {name: values[name] for name in names}


def _copies(values: Values) -> dict[str, str]:
    given = arguments(values)
    code = ", ".join(f"{name}={value!r}" for name, value in given.items())
    words = " ".join(f"-p {name}={value}" for name, value in given.items())
    return {
        "copy as code": f"panel.lab({code})",
        "copy as report": f"mglru-lab report notebooks/{NOTEBOOK} {words}",
    }
