"""A small memory, page by page: its chart, and the answers beside it. Frames and runs in."""

import altair as alt
import polars as pl

from mglru_lab.kernel.lruvec import MAX_NR_GENS
from mglru_lab.lab.run.page_by_page import PLACES, STEPS, Memory, between, spans, where
from mglru_lab.lab.run.run import Run
from mglru_lab.show.kit.charts import GENERATIONS, WIDTH

COLORS = [*GENERATIONS, "#c9ccd1"]


def strips(frame: pl.DataFrame, title: str) -> alt.FacetChart:
    """Pages from left to right, a row a step, a panel a `who`; frame: `page_by_page.spans`."""
    names = list(PLACES.values())
    steps = frame["step"].unique(maintain_order=True).to_list()
    who = frame["who"].unique(maintain_order=True).to_list()
    chart: alt.FacetChart = (
        alt.Chart(frame, width=WIDTH - 120, height={"step": 24})
        .mark_bar(cornerRadius=0, height=18)
        .encode(
            x=alt.X("first:Q", title="page", scale=alt.Scale(nice=False)),
            x2="end:Q",
            y=alt.Y("step:N", sort=steps, title=None, axis=alt.Axis(labelLimit=240)),
            color=alt.Color(
                "place:N",
                sort=names,
                scale=alt.Scale(domain=names, range=COLORS),
                title="generation",
            ),
            tooltip=["who:N", "step:N", "first:Q", "end:Q", "place:N"],
        )
        .facet(
            row=alt.Row(
                "who:N",
                sort=who,
                title=None,
                header=alt.Header(
                    labelAngle=0, labelAlign="left", labelOrient="top", labelAnchor="start"
                ),
            )
        )
        .properties(title=title)
    )
    return chart


def _in_words(places: dict[str, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in places.items())


def sinking(told: Run, agings: int) -> str:
    """The answer beside pages that are only aged. Markdown."""
    behind = int(told.page_generations(str(agings)).max())
    last = told.counters(str(agings))["max_seq"]
    merged = (
        f" There are at most {MAX_NR_GENS} generations: once they are that far, each further "
        "aging merges the two oldest ones."
        if agings >= MAX_NR_GENS
        else ""
    )
    return (
        f"No page moved. An aging opens a new generation (`max_seq` is {last} in the end), and "
        "what is not found used keeps its number: it is one further behind, after "
        f"{agings} agings {behind} behind.{merged}"
    )


def aged(memory: Memory, told: Run) -> str:
    """The answer beside the aging that finds pages used. Markdown."""
    found = between(told, "aged", "used", "promoted_aging")
    return (
        f"The walk found {found} of the {memory.used} used pages young, cleared their accessed "
        "bits and gave them the number that *was* the youngest; then the new one was opened, so "
        "they are **one behind** it, as they were before. The youngest generation is empty until "
        f"somebody faults a page in. Now {_in_words(where(told, 'used'))}. Used pages do not "
        "rise; idle ones sink."
    )


def evicted(told: Run) -> str:
    """The answer beside the eviction. Markdown."""
    scanned = between(told, "idle", "evicted", "pgscan")
    taken = between(told, "idle", "evicted", "pgsteal")
    rescued = between(told, "idle", "evicted", "rescues")
    checked = between(told, "idle", "evicted", "rmap_walks")
    rounds = between(told, "idle", "evicted", "lookarounds")
    return (
        f"Eviction scanned {scanned} pages, took {taken}, and rescued {rescued} that it found "
        f"used. For {checked} of them it followed the reverse mapping to the page table entry; "
        f"beside a page found young it looked around (look-arounds: {rounds}); what it found young "
        f"there needed no check of its own: {scanned - checked} were spared. After it: "
        f"{_in_words(where(told, 'evicted'))}."
    )


def returned(memory: Memory, told: Run) -> str:
    """The answer beside the pages that come back. Markdown."""
    back = between(told, "evicted", "returned", "pgmajfault")
    return (
        f"{back} pages had to be read back from swap: *refaults*, each of them a mistake, at the "
        "price of a swap-out and a swap-in. They enter the **youngest** generation, where the "
        f"{memory.used} pages that were used all the time are not. Now: "
        f"{_in_words(where(told, 'returned'))}."
    )


def who_reads(told: dict[str, Run], memory: Memory) -> str:
    """The answer beside a guest's memory on several kernels. Markdown."""
    said = []
    for name, run in told.items():
        asked = run.counters("evicted")
        at = {place: asked[f"asks_{place}"] for place in ("aging", "eviction", "lookaround")}
        said.append(
            f"**{name}**: {_in_words(where(run, 'evicted'))} after the eviction; the secondary "
            f"MMU was asked {at['aging']} times by aging, {at['eviction']} by eviction, "
            f"{at['lookaround']} by look-around."
        )
    return (
        "A guest's accesses set bits in KVM's tables only. Where aging does not read those, the "
        f"{memory.used} pages in use sink like idle ones, and only eviction, which asks about "
        "each page at hand, finds out. (A guest has one page of code beside these "
        f"{memory.pages}; it is counted, too.)\n\n" + "\n\n".join(said)
    )


def side_by_side(told: dict[str, Run]) -> pl.DataFrame:
    """The whole story on several kernels, as `strips` takes it."""
    return pl.concat([spans(run, STEPS, name) for name, run in told.items()])
