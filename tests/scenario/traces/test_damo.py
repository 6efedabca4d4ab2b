import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mglru_lab.scenario.traces import damo, formats
from mglru_lab.scenario.traces.entries import TraceError
from mglru_lab.scenario.traces.facts import TraceFacts
from mglru_lab.scenario.traces.formats import Loaded


def region(start: int, end: int, samples: int = 3, **more: Any) -> dict[str, Any]:
    counts = {"samples": samples, "percent": None}
    return {"start": f"{start:,}", "end": f"{end:,}", "nr_accesses": counts} | more


def record(*snapshots: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    made = [{"end_time": str(i * 10**8), "regions": regions} for i, regions in enumerate(snapshots)]
    return {"kdamond_idx": 0, "context_idx": 0, "target_id": 0, "snapshots": made} | more


def loaded(path: Path, *records: dict[str, Any]) -> Loaded:
    (path / "x.damo").write_text(json.dumps(records))
    return formats.load(path / "x.damo")


SIXTEEN = [region(1 << 22, (1 << 22) + (1 << 16))]


def test_each_kdamond_numbers_its_own_targets(tmp_path: Path) -> None:
    found = loaded(tmp_path, record(SIXTEEN), record(SIXTEEN, kdamond_idx=1)).table
    assert found["page"].n_unique() == 32
    assert found["t"].unique().to_list() == [0]
    contexts = loaded(tmp_path, record(SIXTEEN), record(SIXTEEN, context_idx=1)).table
    assert contexts["page"].n_unique() == 32


def test_what_several_schemes_saw_was_touched_once(tmp_path: Path) -> None:
    found = loaded(tmp_path, record(SIXTEEN, scheme_idx=0), record(SIXTEEN, scheme_idx=1))
    assert found.table.height == 16
    assert found.table["n"].unique().to_list() == [3]
    assert "2 schemes saw this memory" in found.notes[0]


FILTER = {"scheme_filters": [{"filter_type": "hugepage_size", "matching": True, "allow": True}]}


@pytest.mark.parametrize(
    ("passed", "pages", "note"),
    [
        ("16 KiB", 16, "a filter was on (hugepage_size): of 16 touches of pages 4 passed it"),
        ("0.016 MiB", 16, "of 16 touches of pages 5 passed it"),
        (65536, 16, "of 16 touches of pages 16 passed it"),
        (None, 16, "what passed it was not recorded"),
    ],
)
def test_a_filter_is_told_with_what_passed_it(
    tmp_path: Path, passed: Any, pages: int, note: str
) -> None:
    regions = [region(1 << 22, (1 << 22) + (1 << 16), sz_filter_passed=passed)]
    found = loaded(tmp_path, record(regions, **FILTER))
    assert found.table.height == pages
    assert note in found.notes[0]


def test_a_region_of_which_nothing_passed_is_left_out(tmp_path: Path) -> None:
    regions = [
        region(0, 4096, sz_filter_passed="0 B"),
        region(8192, 12288, sz_filter_passed="4 KiB"),
    ]
    assert loaded(tmp_path, record(regions, **FILTER)).table["page"].to_list() == [0]


def test_accesses_in_percent_are_told(tmp_path: Path) -> None:
    regions = [region(0, 4096) | {"nr_accesses": {"samples": None, "percent": "14.5 %"}}]
    found = loaded(tmp_path, record(regions))
    assert found.table["n"].to_list() == [15]
    assert "in percent" in found.notes[0]


def test_a_long_recording_of_a_host_is_counted_by_regions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The facts by regions are those by pages."""
    snapshots = [
        [region(0, 40 << 12), region(40 << 12, 50 << 12, i % 2), region(80 << 12, (90 + i) << 12)]
        for i in range(9)
    ]
    pages = TraceFacts(loaded(tmp_path, record(*snapshots)).table)
    monkeypatch.setattr(damo, "MOST_TOUCHES", 100)
    found = loaded(tmp_path, record(*snapshots))
    assert "counted by regions" in found.notes[0]
    assert found.table.height < pages.table.height / 5
    regions = TraceFacts(found.table)
    assert regions.summary.equals(pages.summary)
    assert regions.working_set.equals(pages.working_set)
    assert regions.reuse.equals(pages.reuse)
    assert regions.heat.sort("quantum", "page").equals(pages.heat.sort("quantum", "page"))
    with pytest.raises(TraceError, match="touches of pages; allowed are 100: record fewer snap"):
        formats.read(tmp_path / "x.damo")


TASK = "      kdamond.0-4711"
LINE = "target_id=0 nr_regions=11 4294967296-4295032832: 3 12"
TEXTS = {
    "perf script": f"kdamond.0  4711 [000] 79.842179: damon:damon_aggregated: {LINE}\n",
    "perf trace": f"  1241.509 kdamond.0/4711 damon:damon_aggregated({LINE})\n",
    "trace-cmd report": f"cpus=8\n {TASK} [000] ..... 92.021974: damon_aggregated:     {LINE}\n",
    "trace-cmd 3.2": f" {TASK} [005] 92.778382: damon_aggregated:     {LINE}\n",
    "tracefs": f"# tracer: nop\n#\n {TASK}    [000] .....    92.021974: damon_aggregated: {LINE}\n",
    "of a scheme": "kdamond.0 4711 [000] 80801.060214: damon:damos_before_apply: ctx_idx=0 "
    "scheme_idx=0 target_idx=0 nr_regions=11 4294967296-4295032832: 3 136\n",
}


@pytest.mark.parametrize("tool", TEXTS)
def test_every_tools_text_is_the_same_sixteen_pages(tmp_path: Path, tool: str) -> None:
    (tmp_path / "x.damo").write_text(TEXTS[tool])
    found = formats.read(tmp_path / "x.damo")
    assert found["page"].to_list() == list(range(16))
    assert found["n"].unique().to_list() == [3]


def text(tmp_path: Path, *lines: str) -> Loaded:
    (tmp_path / "x.damo").write_text("".join(f"{line}\n" for line in lines))
    return formats.load(tmp_path / "x.damo")


def aggregated(time: str, span: str, kdamond: int = 0, count: int = 2, samples: int = 1) -> str:
    return (
        f"kdamond.{kdamond} 4711 [000] {time}: damon:damon_aggregated: target_id=0 "
        f"nr_regions={count} {span}: {samples} 0"
    )


def test_regions_of_a_snapshot_have_times_of_their_own(tmp_path: Path) -> None:
    found = text(
        tmp_path,
        aggregated("1.000001", "0-4096"),
        aggregated("1.000009", "8192-12288"),
        aggregated("2.000001", "0-4096"),
        aggregated("2.000009", "8192-12288"),
    )
    assert found.table.select("t", "page").rows() == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_two_kdamonds_of_one_text_are_two_targets(tmp_path: Path) -> None:
    found = text(
        tmp_path,
        aggregated("1.1", "0-4096", count=1),
        aggregated("1.2", "0-4096", kdamond=1, count=1),
    )
    assert found.table.select("t", "page").rows() == [(0, 0), (0, 1)]


def test_other_events_between_are_passed_over_and_lost_ones_told(tmp_path: Path) -> None:
    found = text(
        tmp_path,
        aggregated("1.1", "0-4096", count=2),
        "    kdamond.0 4711 [000] 79.900000: damon:damon_monitor_intervals_tune: sample_us=10000",
        "CPU:0 [LOST 12 EVENTS]",
        aggregated("2.1", "0-4096", count=2),  # the second region is missing
    )
    assert found.table.select("t", "page").rows() == [(0, 0), (1, 0)]
    assert found.notes == ("the tracer lost events at 1 places: snapshots lack regions there",)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["hello"], "line 1: 'hello' is no line of damon:damon_aggregated"),
        ([aggregated("1.1", "0-4096"), aggregated("1.2", "4096")], "line 2: 'kdamond.0 4711"),
        (["# tracer: nop"], "no event damon_aggregated in it"),
        (["x 1 [0] 1.5: sched:sched_switch: a"], "no event damon_aggregated in it"),
        ([aggregated("soon", "0-4096")], "line 1: 'kdamond.0 4711 [000] soon:' has no time"),
        ([aggregated("1.1", "4096-1")], "region 4096-1, 1 accesses: impossible"),
    ],
)
def test_text_of_another_kind_is_told(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(TraceError) as error:
        text(tmp_path, *lines)
    assert message in str(error.value)


def test_pages_are_numbered_as_their_addresses(tmp_path: Path) -> None:
    regions = [region(1 << 40, (1 << 40) + 4096), region(4096, 8192)]
    table = loaded(tmp_path, record(regions)).table
    assert table.select(pl.col("page")).to_series().to_list() == [1, 0]
