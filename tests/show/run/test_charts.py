from dataclasses import replace
from typing import Any

import pytest

from mglru_lab.lab.run.pressure import Pressure
from mglru_lab.lab.run.side_by_side import SEEN, SideBySide
from mglru_lab.show.run import charts, prose


@pytest.fixture(scope="module")
def result() -> SideBySide:
    return SideBySide.run(Pressure(trace="zipf10_15", memory=0.5))


def titles(spec: Any) -> list[str]:
    """All axis and chart titles of a specification."""
    if isinstance(spec, dict):
        own = [spec["title"]] if isinstance(spec.get("title"), str) else []
        return own + [title for value in spec.values() for title in titles(value)]
    return [title for value in spec for title in titles(value)] if isinstance(spec, list) else []


def test_every_chart_names_what_it_shows_and_its_units(result: SideBySide) -> None:
    axis = result.pressure.time_axis
    drawn = [
        charts.generations(result.generations, axis),
        charts.accessed(result.accessed, axis, SEEN),
        charts.costs(result.costs),
        charts.refaults(result.timeline, axis),
    ]
    named = [titles(chart.to_dict()) for chart in drawn]
    assert "pages in memory" in named[0]
    assert axis in named[0]
    assert "Which MMU's accessed bit knows that a page was used" in named[1]
    assert "events in the whole run" in named[2]
    assert "refaults since the start (pages)" in named[3]


def test_charts_stay_small(result: SideBySide) -> None:
    assert result.generations.height < 5000
    assert result.accessed.height < 5000


def test_the_headline_compares_the_first_kernel_with_the_last(result: SideBySide) -> None:
    ours, theirs = result.total("6.1", "pgscan"), result.total("6.12", "pgscan")
    said = prose.headline(result)
    assert f"**6.1** has {ours / theirs:.2f} times the pages scanned ({ours:,}" in said
    assert said.endswith("of **6.12**.")


def test_sentences_hold_the_runs_numbers(result: SideBySide) -> None:
    scanned = f"{result.total('6.1', 'pgscan'):,}"
    assert f"**6.1** scanned {scanned} pages" in prose.costs(result)
    assert f"**6.12** {result.total('6.12', 'pgmajfault'):,}" in prose.refaults(result)
    assert f"**6.1** aged {result.total('6.1', 'agings')} times" in prose.generations(result)
    assert "second time" not in prose.generations(replace(result, runs={"6.1": result.runs["6.1"]}))
    newest = SideBySide.run(Pressure(trace="zipf10_15", memory=0.5, kernels=("6.12", "7.3")))
    assert "(under **7.3** the second time: the first marks it)" in prose.generations(newest)
    known = prose.accessed(result)
    assert "under **6.1** an aging reads the dark part only" in known.replace("Under", "under")
    assert "under **6.12** an aging reads both colours" in known
