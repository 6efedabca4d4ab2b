from pathlib import Path

import polars as pl
import pytest
from altair import FacetChart, LayerChart

import mglru_lab as ml
from mglru_lab.lab.sweep.cheapest import cheapest
from mglru_lab.lab.sweep.sweep import sweep
from mglru_lab.show.sweep import charts, prose
from tests.lab.sweep.test_sweep import Here

FRAME = pl.DataFrame(
    {
        "kernel": ["a", "a", "b", "b", "b"],
        "memory": [0.5, 0.5, 0.5, 0.7, 0.7],
        "workload": ["mix", "mix", "mix", "scan", "scan"],
        "pgmajfault": [2, 4, 7, 1, None],
        "error": [None, None, None, None, "OutOfMemory: <script>"],
    }
)


def test_what_was_not_asked_for_is_averaged_over_and_failures_are_left_out() -> None:
    assert charts.spread(FRAME, "pgmajfault", "memory", "kernel").rows() == [
        (0.5, "a", 3.0, 2.0, 4.0, 2), (0.5, "b", 7.0, 7.0, 7.0, 1), (0.7, "b", 1.0, 1.0, 1.0, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("over", ["memory", "kernel"])
def test_one_two_and_three_parameters(over: str) -> None:
    other = "kernel" if over == "memory" else "memory"
    one = charts.swept(FRAME, "pgmajfault", over)
    two = charts.swept(FRAME, "pgmajfault", over, other)
    three = charts.swept(FRAME, "pgmajfault", over, other, "workload")
    assert isinstance(one, LayerChart)
    assert isinstance(three, FacetChart)
    spec = two.to_dict()
    assert spec["title"]["text"] == "refaults (pages swapped back in), 4 runs"
    x = spec["layer"][0]["encoding"]["x"]
    assert x["type"] == ("quantitative" if over == "memory" else "nominal")
    assert spec["layer"][1]["encoding"]["color"]["title"] == charts.TITLES.get(other, other)
    assert three.to_dict()["facet"]["field"] == "workload"


def test_a_column_that_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match="column 'pgmajfalt' is unknown; did you mean pgmajfault"):
        charts.swept(FRAME, "pgmajfalt", "memory")


def test_the_answers_are_the_sweeps_numbers(tmp_path: Path) -> None:
    made = sweep(
        {"kernel": ["existing", "6.12"], "memory": [0.3, 0.6], "pages": 256, "length": 2048,
         "seed": [1, 2]},
        Here(),
        out=tmp_path,
    )  # fmt: skip
    frame = made.frame.collect()
    low = frame.filter(memory=0.3)["pgmajfault"].mean()
    assert f"With 30% of its pages in memory a run refaults {low:,.0f} times" in (
        prose.memory(made)
    )
    assert "8 cells: 2 of kernel, 2 of memory, 2 of seed; none failed" in prose.done(made)
    by_kernel = dict(frame.group_by("kernel").agg(pl.col("pgmajfault").mean()).rows())
    best = min(by_kernel, key=lambda name: by_kernel[name])
    assert f"**{best}** refaults least ({by_kernel[best]:,.0f})" in prose.kernels(made)
    assert f"The same kernel is best everywhere: mix: **{best}**" in prose.workloads(made)
    costs = ml.Costs(swap="disk")
    best = cheapest(made, costs)
    said = prose.prices("disk", best)
    assert f"- 30%: **{best['kernel'][0]}**, {best['ms'][0]:,.1f} ms per run" in said
