"""A small memory, page by page: its chart, and the answers below it. Frames and runs in."""

import altair as alt
import polars as pl

from mglru_lab.kernel.lruvec import MAX_NR_GENS
from mglru_lab.lab.run.page_by_page import PLACES, STEPS, Memory, between, spans, where
from mglru_lab.lab.run.run import Run
from mglru_lab.show.kit.charts import GENERATIONS, WIDTH

COLORS = [*GENERATIONS, "#c9ccd1"]


def strips(frame: pl.DataFrame, title: str) -> alt.FacetChart:
    """Pages from left to right, one row per step, one panel per `who`; `page_by_page.spans` in."""
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
    """The answer about pages that are only aged. Markdown."""
    behind = int(told.page_generations(str(agings)).max())
    last = told.counters(str(agings))["max_seq"]
    merged = (
        f" There are at most {MAX_NR_GENS} generations. Once all exist, each further aging merges "
        "the two oldest ones."
        if agings >= MAX_NR_GENS
        else ""
    )
    return (
        f"No page moved. An aging opens a new generation (`max_seq` is {last} at the end). A page "
        "that is not found used keeps its number, so it falls one further behind: after "
        f"{agings} agings it is {behind} behind.{merged}"
    )


def aged(memory: Memory, told: Run) -> str:
    """The answer about the aging that finds pages used. Markdown."""
    found = between(told, "aged", "used", "promoted_aging")
    return (
        f"The walk found {found} of the {memory.used} used pages young, cleared their accessed "
        "bits and gave them the number that *was* the youngest. Then it opened the new generation, "
        "so they are **one behind** it, as they were before. The youngest generation is empty "
        f"until somebody faults a page in. Now: {_in_words(where(told, 'used'))}. Wherever a page "
        "was, an aging that finds it used puts it one behind; one that does not lets it sink."
    )


def evicted(told: Run) -> str:
    """The answer about the eviction. Markdown."""
    scanned = between(told, "idle", "evicted", "pgscan")
    taken = between(told, "idle", "evicted", "pgsteal")
    rescued = between(told, "idle", "evicted", "rescues")
    checked = between(told, "idle", "evicted", "rmap_walks")
    rounds = between(told, "idle", "evicted", "lookarounds")
    return (
        f"Eviction scanned {scanned} pages, took {taken}, and rescued {rescued} that it found "
        f"used. It looked up {checked} of the {scanned} one by one (through the reverse mapping, "
        "from the page to its table entry). At a page found young it also looked at the "
        f"neighbouring entries (look-arounds: {rounds}); that saved {scanned - checked} look-ups. "
        f"After it: {_in_words(where(told, 'evicted'))}."
    )


def returned(memory: Memory, told: Run) -> str:
    """The answer about the pages that come back. Markdown."""
    back = between(told, "evicted", "returned", "pgmajfault")
    return (
        f"{back} pages had to be read back from swap. These are *refaults*: each was a mistake and "
        "cost a swap-out and a swap-in. They enter the **youngest** generation, so they are ahead "
        f"of the {memory.used} pages that were in use all along. Now: "
        f"{_in_words(where(told, 'returned'))}."
    )


def who_reads(told: dict[str, Run], memory: Memory) -> str:
    """The answer about a guest's memory on several kernels. Markdown."""
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
        f"{memory.used} pages in use sink like idle ones. Only eviction, which asks about each "
        "page before it takes it, finds out. (A guest has one page of code besides these "
        f"{memory.pages}; it is counted, too.)\n\n" + "\n\n".join(said)
    )


def side_by_side(told: dict[str, Run]) -> pl.DataFrame:
    """The whole story on several kernels, as `strips` takes it."""
    return pl.concat([spans(run, STEPS, name) for name, run in told.items()])
