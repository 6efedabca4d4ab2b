"""The panels of the decision and the look-around notebooks."""

from typing import Any

import ipywidgets as widgets
import polars as pl
from IPython.display import Markdown

from mglru_lab.choose import choose
from mglru_lab.lab.run.comparison import Comparison
from mglru_lab.lab.thread import decisions, readings, story
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.policy.kernel import AS_VARIANT, Kernel
from mglru_lab.policy.mmu import NESTED_MMU
from mglru_lab.show.kit.charts import steps
from mglru_lab.show.kit.kernel_controls import (
    as_code,
    fit,
    kernel_controls,
    kernel_of,
    nested_of,
    without_effect,
    written_and_read,
)
from mglru_lab.show.kit.panel import Panel, Values
from mglru_lab.show.report.provenance import table
from mglru_lab.show.thread import charts

NESTED = "nested"
"""The one of CASES whose guest runs a nested guest."""


def decision(**chosen: Any) -> Panel:
    """Who is asked about a guest's pages, in a sentence, and what comes of it, in a chart.

    `chosen`: the values to start with, as `kernel_controls` takes them.
    """
    return Panel(kernel_controls(**chosen), _decide, without_effect, as_code)


def _decide(values: Values) -> list[Any]:
    kernel, nested = kernel_of(values), nested_of(values)
    told = story.tell(kernel, nested)
    baseline = story.tell(Kernel(variant="existing"), nested)
    frame = pl.concat([story.places(baseline), story.places(told)])
    if kernel.name == baseline.kernel.name:
        frame = story.places(told)
    said = decisions.sentence(kernel)
    if nested and values["nested"] < 1:
        others = decisions.aging_words(kernel, False)
        said += f"\n\nAnd about a page that no nested guest has mapped? {others}."
    return [
        Markdown(
            f"{said}\n\n**{kernel.name}**: {story.verdict(told)}\n\n{written_and_read(values)}."
        ),
        charts.story(frame),
    ]


def look_around(case: str = "regrow", **chosen: Any) -> Panel:
    """What a look-around rule changes on one scenario, against the variant's own rule.

    `case` is one of CASES; `chosen` as `kernel_controls` takes them.
    """
    choose("case", case, list(CASES))
    names = [(made.title, name) for name, made in CASES.items()]
    picks = {
        "case": widgets.Dropdown(
            options=names,
            value=case,
            description="scenario",
        )
    }
    fit(picks["case"])
    controls = kernel_controls(**{"variant": "6.12", "look_around": "v4", **chosen})
    del controls["nested"]
    return Panel(picks | controls, _look_around, _off, _code)


def _off(values: Values) -> dict[str, str]:
    off = without_effect(values)
    if values["case"] == NESTED:
        off["mmu"] = f"this scenario's host runs a nested guest: it is {NESTED_MMU}"
    return {name: why for name, why in off.items() if name != "nested"}


def _chosen(values: Values) -> Values:
    """The values as they count: a scenario with a nested guest has one host only."""
    return values | {"mmu": NESTED_MMU} if values["case"] == NESTED else values


def _code(values: Values) -> str:
    return f"CASES[{values['case']!r}].compare([{as_code(_chosen(values))}])"


def _look_around(values: Values) -> list[Any]:
    values = _chosen(values)
    case, kernel = CASES[values["case"]], kernel_of(values)
    own = kernel_of(values | {"look_around": AS_VARIANT})
    result = case.compare([own] if kernel == own else [own, kernel])
    return [
        Markdown(
            f"{case.what}\n\n{decisions.sentence(kernel)}\n\n{written_and_read(values)}. "
            f"{' '.join([result.compared, *result.notes])}"
        ),
        table(look_around_table(result)),
        steps(case.scanned(result), "pages scanned since the start", case.axis, case.title),
        charts.calls(readings.calls(result)),
    ]


def look_around_table(result: Comparison) -> pl.DataFrame:
    """The counters that look-around moves, one column per kernel."""
    wanted = {
        "pages swapped back in (refaults)": "pgmajfault",
        "pages scanned at the end of the list": "pgscan",
        "of these rescued by an accessed bit": "rescues",
        "looked around": "lookarounds",
        "pages promoted by look-around": "promoted_lookaround",
        "page tables walked by agings": "tables_walked",
        "questions by walks": "asks_aging",
        "questions about the page at hand": "asks_eviction",
        "questions by windows": "asks_lookaround",
    }
    columns = {name: [made.end[c] for c in wanted.values()] for name, made in result.runs.items()}
    return pl.DataFrame({"what": list(wanted)} | columns)
