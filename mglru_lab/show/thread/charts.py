"""Charts of the thread's question: frames in, Altair charts out; each shows one thing."""

from collections.abc import Iterable, Sequence
from typing import cast

import altair as alt
import polars as pl

from mglru_lab.lab.thread.decisions import Row, why
from mglru_lab.lab.thread.story import HALVES, PLACES, STEPS
from mglru_lab.lab.thread.switch_counters import KERNEL, MODEL
from mglru_lab.policy.kernel import RECORDS
from mglru_lab.show.kit.charts import GENERATIONS

# From light to dark as more is locked; the last two are no answer and half of one.
LOCKS = {
    "no lock": "#8fd1c5",
    "read": "#5aa6b8",
    "write": "#2f6c99",
    "exclusive": "#15356b",
    "TDP part only": "#e9d8a6",
    "not asked": "#f0f0f0",
}
VERDICTS = {"PASS": "#8fd1c5", "FAIL": "#e0691b", "SKIP": "#f0f0f0"}
PLACE_COLORS = [*GENERATIONS, "#c9ccd1"]
PLACES_ASKED = {
    "asked by walks": "#00204d",
    "asked about the page at hand": "#e0691b",
    "asked by look-around windows": "#a59c74",
}
_DARK = ("write", "exclusive")


def _answer(cell: Row) -> str:
    if cell.aging_harvests == "no":
        return "not asked"
    if cell.aging_harvests == "tdp-part":
        return "TDP part only"
    return {"none": "no lock"}.get(cell.aging_lock, cell.aging_lock)


def _has_kconfig(variant: str, reading: str) -> bool:
    return RECORDS[variant, reading].kconfig != "ignored"


def _line(variant: str, reading: str, kconfig: bool) -> str:
    return f"{variant} ({reading})" + " + Kconfig" * kconfig


def _grid(frame: pl.DataFrame, colors: dict[str, str], title: str) -> alt.LayerChart:
    """One cell per row and column, coloured and named by `answer`; frame: row, column, answer."""
    rows = frame["row"].unique(maintain_order=True).to_list()
    columns = frame["column"].unique(maintain_order=True).to_list()
    dark = pl.col("answer").is_in(list(_DARK))
    base = alt.Chart(
        frame.with_columns(dark=dark), height={"step": 22}, width={"step": 112}
    ).encode(
        x=alt.X(
            "column:N", sort=list(columns), title=None, axis=alt.Axis(orient="top", labelAngle=0)
        ),
        y=alt.Y("row:N", sort=list(rows), title=None),
        tooltip=[f"{name}:N" for name in ("row", "column", "answer", "why") if name in frame],
    )
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    boxes = base.mark_rect(stroke="white").encode(
        color=alt.Color("answer:N", scale=scale, title=None, legend=alt.Legend(orient="bottom"))
    )
    names = base.mark_text(fontSize=12).encode(
        text="answer:N",
        color=alt.condition("datum.dark", alt.value("white"), alt.value("#222222")),
    )
    return cast("alt.LayerChart", alt.layer(boxes, names).properties(title=title))


def decision_map(cells: Iterable[Row]) -> alt.LayerChart:
    """What a page table walk learns of a guest page: a line per variant, a column per MMU.

    A Kconfig that a variant does not have is left out. A cell says why when it is pointed at.
    """
    rows = [
        (_line(cell.variant, cell.reading, bool(cell.kconfig)), cell.mmu, _answer(cell), why(cell))
        for cell in cells
        if not cell.kconfig or _has_kconfig(cell.variant, cell.reading)
    ]
    frame = pl.DataFrame(rows, ["row", "column", "answer", "why"], orient="row")
    order = [_line(*key, kconfig) for key in RECORDS for kconfig in (False, True)]
    frame = frame.sort(pl.col("row").replace_strict({name: i for i, name in enumerate(order)}),
                       maintain_order=True)  # fmt: skip
    title = "Does aging ask the secondary MMU about a guest page, and under which lock?"
    return _grid(frame, LOCKS, title)


def verdict_map(verdicts: pl.DataFrame) -> alt.LayerChart:
    """The selftest's verdicts, 0x8 written: a line per variant and Kconfig, a column per MMU.

    A Kconfig that a variant does not have is left out.
    """
    rows = []
    for one in verdicts.filter(pl.col("bit_0x8") == 1).iter_rows(named=True):
        if one["kconfig"] and not _has_kconfig(one["variant"], one["reading"]):
            continue
        name = _line(one["variant"], one["reading"], one["kconfig"])
        rows.append((name, one["mmu"], one["verdict"]))
    frame = pl.DataFrame(rows, ["row", "column", "answer"], orient="row")
    return _grid(frame, VERDICTS, "access_tracking_perf_test on the model, bit 0x8 written")


def story(frame: pl.DataFrame) -> alt.FacetChart:
    """Where a guest's pages are, step by step: frame: kernel, step, half, place, pages."""
    steps = list(STEPS.values())
    kernels = frame["kernel"].unique(maintain_order=True).to_list()
    ranked = frame.with_columns(
        rank=pl.col("place").replace_strict({p: i for i, p in enumerate(PLACES)}),
    )
    chart: alt.FacetChart = (
        alt.Chart(ranked, width=270, height={"step": 24})
        .mark_bar()
        .encode(
            y=alt.Y("step:N", sort=steps, title=None, axis=alt.Axis(labelLimit=220)),
            x=alt.X("pages:Q", title="pages", scale=alt.Scale(nice=False)),
            color=alt.Color(
                "place:N",
                sort=list(PLACES),
                scale=alt.Scale(domain=list(PLACES), range=PLACE_COLORS),
                title="generation",
            ),
            order="rank:Q",
            tooltip=["kernel:N", "half:N", "step:N", "place:N", "pages:Q"],
        )
        .facet(
            column=alt.Column("half:N", sort=list(HALVES), title=None),
            row=alt.Row("kernel:N", sort=kernels, title=None),
        )
        .properties(title="A guest uses half of its memory: where aging and eviction put the pages")
    )
    return chart


def beside(frame: pl.DataFrame, title: str, options: Sequence[str]) -> alt.FacetChart:
    """Bars of the real kernel, ticks of the model; frame: option, source, counter, value."""
    base = alt.Chart(frame, width=250, height={"step": 17}).encode(
        y=alt.Y("option:N", sort=list(options), title=None),
        x=alt.X("value:Q", title="events in the whole run"),
        tooltip=["option:N", "source:N", "counter:N", "value:Q"],
    )
    bars = base.transform_filter(alt.datum.source == KERNEL).mark_bar(color="#b9c3d1")
    ticks = base.transform_filter(alt.datum.source == MODEL).mark_tick(
        color="#e0691b", thickness=3, size=14
    )
    counters = frame["counter"].unique(maintain_order=True).to_list()
    chart: alt.FacetChart = (
        alt.layer(bars, ticks)
        .facet(alt.Facet("counter:N", sort=counters, title=None), columns=2)
        .resolve_scale(x="independent")
        .properties(title=title)
    )
    return chart


def questions(frame: pl.DataFrame, options: Sequence[str]) -> alt.Chart:
    """Questions by who asked, one bar per option; frame: option, counter, value."""
    order = list(PLACES_ASKED)
    ranked = frame.with_columns(
        rank=pl.col("counter").replace_strict({name: i for i, name in enumerate(order)})
    )
    chart: alt.Chart = (
        alt.Chart(ranked, width=560, height={"step": 22})
        .mark_bar()
        .encode(
            y=alt.Y("option:N", sort=list(options), title=None),
            x=alt.X("value:Q", title="pages asked about in the whole run"),
            color=alt.Color(
                "counter:N",
                sort=order,
                title=None,
                scale=alt.Scale(domain=order, range=list(PLACES_ASKED.values())),
                legend=alt.Legend(orient="top", labelLimit=300),
            ),
            order="rank:Q",
            tooltip=["option:N", "counter:N", "value:Q"],
        )
        .properties(title="Who asks the secondary MMU, and how often")
    )
    return chart


def calls(frame: pl.DataFrame) -> alt.FacetChart:
    """Calls by lock, one bar per kernel, a column per place; frame: kernel, where, lock, calls."""
    names = {"none": "no lock", "write+tlbflush": "write + TLB flush"}
    colors = {
        "no lock": LOCKS["no lock"],
        "in vain": "#d9d9d9",
        "read": LOCKS["read"],
        "write": LOCKS["write"],
        "exclusive": LOCKS["exclusive"],
        "write + TLB flush": "#e0691b",
    }
    shown = frame.with_columns(lock=pl.col("lock").replace(names))
    places = ["aging", "eviction", "look-around"]
    chart: alt.FacetChart = (
        alt.Chart(shown, width=210, height={"step": 22})
        .mark_bar()
        .encode(
            y=alt.Y("kernel:N", sort=None, title=None, axis=alt.Axis(labelLimit=180)),
            x=alt.X("calls:Q", title="notifier calls"),
            color=alt.Color(
                "lock:N",
                title="KVM's mmu_lock",
                scale=alt.Scale(domain=list(colors), range=list(colors.values())),
            ),
            tooltip=["kernel:N", "where:N", "lock:N", "questions:Q", "calls:Q", "lookarounds:Q"],
        )
        .facet(column=alt.Column("where:N", sort=places, title=None))
        .resolve_scale(x="independent")
        .properties(title="Calls of the notifier, by who asks and what the call locks")
    )
    return chart
