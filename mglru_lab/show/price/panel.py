"""The panel of the notebook about what looking costs: prices by sliders."""

import math
from typing import Any

import ipywidgets as widgets
from IPython.display import HTML, Markdown

from mglru_lab.lab.price.costs import Costs
from mglru_lab.lab.price.prices import SWAP
from mglru_lab.lab.price.threshold import Threshold
from mglru_lab.show.kit import offline
from mglru_lab.show.kit.panel import Panel, Values
from mglru_lab.show.price import charts, prose

SLIDERS = {
    "lookup_none": ("a call without a lock (ns)", 1, 4),
    "lookup_write": ("a call with mmu_lock for write (ns)", 1, 5),
    "lookup_write_tlbflush": ("a call that flushes TLBs, too (ns)", 1, 5),
    "rmap": ("an rmap walk (ns)", 1, 4),
}
"""Prices with a slider: what it says, and the powers of ten near its ends."""
STEP = 0.02
"""Of a slider, in powers of ten."""

LAYOUT = widgets.Layout(width="700px")
LABELS = {"description_width": "255px"}


def prices(found: Threshold) -> Panel:
    """What asking saves and spends at prices that a person sets; they start as `found` has them."""
    start = found.costs
    controls: dict[str, Any] = {
        "swap": widgets.Dropdown(
            options=list(SWAP),
            value=start.swap,
            description="swap to",
            layout=LAYOUT,
            style=LABELS,
        )
    }
    for name, (says, low, high) in SLIDERS.items():
        past = math.log10(start.ns(name)) % STEP  # so that what it starts at is one of its steps
        controls[name] = widgets.FloatLogSlider(
            value=start.ns(name),
            min=low + past,
            max=high + past,
            step=STEP,
            description=says,
            readout_format=".0f",
            layout=LAYOUT,
            style=LABELS,
        )

    title = f"{found.asks} against {found.instead}: what is saved and spent"
    drawn = charts.parts(found.parts, title).to_dict()

    def answer(values: Values) -> list[Any]:
        at = found.at(costs_of(values, start))
        spec = charts.with_rows(drawn, charts.part_rows(at.parts))
        chart = HTML(offline.chart_bundle(spec)["text/html"])
        return [Markdown(prose.threshold(at)), chart]

    def off(values: Values) -> dict[str, str]:
        paid = set(found.levers["price"])
        why = f"no such call is paid for differently by {found.asks} and {found.instead} here"
        return {name: why for name in SLIDERS if name not in paid}

    return Panel(controls, answer, off, lambda values: _code(values, start))


def costs_of(values: Values, start: Costs) -> Costs:
    """The prices that the controls say; one that nobody moved keeps its range."""
    return start.swapping_to(values["swap"]).but(**_moved(values, start))


def _moved(values: Values, start: Costs) -> dict[str, float]:
    return {
        name: values[name]
        for name in SLIDERS
        if not math.isclose(values[name], start.ns(name), rel_tol=1e-6)
    }


def _code(values: Values, start: Costs) -> str:
    given = [f"{name}={ns:.0f}" for name, ns in _moved(values, start).items()]
    return f"found.at(found.costs.swapping_to({values['swap']!r}).but({', '.join(given)}))"
