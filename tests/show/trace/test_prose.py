import polars as pl

from mglru_lab.scenario.traces.facts import TraceFacts
from mglru_lab.show.trace import prose


def facts() -> TraceFacts:
    """Page 0 in each of ten quanta; ten others in the first and the last one."""
    rows = [(t, 0) for t in range(10)] + [(t, page) for t in (0, 9) for page in range(1, 11)]
    table = pl.DataFrame(sorted(rows), ["t", "page"], orient="row")
    return TraceFacts(table.with_columns(n=pl.lit(1), w=pl.lit(False)))


def test_a_traces_answers_are_its_numbers() -> None:
    assert "Of 11 pages touched, the median window of 1 quanta needs 1 (9.1%), the largest 11" in (
        prose.working_set(facts())
    )
    said = prose.reuse(facts())  # 30 touches: 11 first ones, 9 of page 0, 10 after a rest
    assert "30% of the touches find" in said
    assert "33% find one that rested longer, and 37% are a page's first" in said
    assert "gets 33% of the touches" in prose.heat(facts())


def totals(*refaults: int) -> pl.DataFrame:
    what = ["pages swapped back in (refaults)", "pages scanned at the end of the list"]
    return pl.DataFrame({"what": what} | {f"k{n}": [back, 5] for n, back in enumerate(refaults)})


def test_kernels_that_hardly_differ_are_not_called_apart() -> None:
    assert "hardly changes how much comes back" in prose.pressed(totals(1000, 1010))
    assert "They differ by 50%" in prose.pressed(totals(1500, 1000))
    assert "**k0** swaps 1,500 pages back in and scans 5" in prose.pressed(totals(1500, 1))


def test_notes_of_a_trace_are_shown_escaped() -> None:
    assert prose.notes([]) == ""
    assert prose.notes(["a filter <x>"]) == "\n\n*Note:* a filter &lt;x&gt;."
