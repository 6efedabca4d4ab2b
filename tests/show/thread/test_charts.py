from typing import Any

import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.lab.thread import decisions, readings, selftest, story, switch_counters
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.show.kit.charts import steps
from mglru_lab.show.thread import charts, look_around_prose, prose
from tests.show.run.test_charts import titles


@pytest.fixture(scope="module")
def under() -> pl.DataFrame:
    runs = switch_counters.modelled("m_share50_kvm_en7_y1_r1", ["never", "stock", "walk_only"])
    wanted = ["host refaults", "guest refaults", "pages scanned", *switch_counters.QUESTIONS]
    return switch_counters.beside("m_share50_kvm_en7_y1_r1", wanted, runs)


def data(chart: Any) -> list[dict[str, Any]]:
    """The rows that a chart carries."""
    (rows,) = chart.to_dict()["datasets"].values()
    found: list[dict[str, Any]] = rows
    return found


def test_the_decision_map_has_a_named_cell_for_each_of_the_rows() -> None:
    cells = list(decisions.rows(bits=0xF))
    rows = data(charts.decision_map(cells))
    with_kconfig = {row["row"] for row in rows if row["row"].endswith(" + Kconfig")}
    assert with_kconfig == {f"{name} + Kconfig" for name in
                            ("v4 (mail)", "v4 (code)", "proposed (mail)")}  # fmt: skip
    assert len(rows) == (16 + len(with_kconfig)) * 8 + 9
    whys = {(row["row"], row["column"]): row["why"] for row in rows}
    kernel = ml.Kernel(variant="v4", reading="code", kconfig=True, enabled=0xF, mmu="arm64")
    assert whys["v4 (code) + Kconfig", "arm64"] == decisions.sentence(kernel)
    answers = {(row["row"], row["column"]): row["answer"] for row in rows}
    assert answers["v6 (code)", "x86-tdp-nested"] == "TDP part only"
    assert answers["6.12 (code)", "other"] == "exclusive"
    assert answers["v4 (code) + Kconfig", "arm64"] == "read"
    assert answers["v4 (code)", "arm64"] == "not asked"
    assert {row["answer"] for row in rows} == set(charts.LOCKS)
    assert "0xf" in prose.decision_map(0xF)


def test_the_verdict_map_leaves_out_kconfigs_that_are_none() -> None:
    verdicts = selftest.table(selftest.verdicts(["v4", "v5"]))
    rows = data(charts.verdict_map(verdicts))
    names = {row["row"] for row in rows}
    assert names == {"v4 (mail)", "v4 (mail) + Kconfig", "v4 (code)", "v4 (code) + Kconfig",
                     "v5 (code)"}  # fmt: skip
    assert "PASS" in prose.verdicts(verdicts)
    said = prose.knows(selftest.knows(verdicts))
    assert "v5" in said
    assert "where the bit reads clear, no variant" not in said.lower()  # 6.12 has no bit, and asks


def test_the_story_is_told_for_each_kernel() -> None:
    told = {name: story.tell(ml.Kernel.parse(name)) for name in ("existing", "6.12")}
    chart = charts.story(pl.concat([story.places(run) for run in told.values()]))
    assert "pages" in titles(chart.to_dict())
    assert {row["kernel"] for row in data(chart)} == set(told)
    assert "**6.12**: Evicted: 512 of the 512 idle pages" in prose.story_of(told)


def test_real_kernel_and_model_are_in_one_chart(under: pl.DataFrame) -> None:
    end = under.filter(label="end")
    chart = charts.beside(end, "a title", ["never", "stock", "walk_only"])
    assert {row["source"] for row in data(chart)} == {"real kernel", "model"}
    assert {"a title", "events in the whole run"} <= set(titles(chart.to_dict()))
    assert "of 1," in prose.options(under)
    assert "1.23 times as often" in prose.who_pays(under)


def test_questions_are_told_apart_by_who_asks(under: pl.DataFrame) -> None:
    end = under.filter(label="end", source="real kernel").filter(
        pl.col("counter").is_in(switch_counters.QUESTIONS)
    )
    chart = charts.questions(end, ["never", "stock", "walk_only"])
    assert "pages asked about in the whole run" in titles(chart.to_dict())
    assert prose.questions(under).startswith("*What to see:* 68% of 6.12's 129,638")


def test_lines_share_one_legend_for_colour_and_dash() -> None:
    case = CASES["regrow"]
    frame = case.scanned(case.compare([ml.Kernel(), ml.Kernel(look_around="v4")]))
    spec = steps(frame, "pages scanned since the start", case.axis, case.title).to_dict()
    encoding = spec["encoding"]
    assert encoding["color"]["title"] == encoding["strokeDash"]["title"]
    assert encoding["color"]["scale"]["domain"] == encoding["strokeDash"]["scale"]["domain"]
    assert {"pages scanned since the start", case.axis, case.title} <= set(titles(spec))
    assert "6.12:v4 5,632" in prose.scanned(frame)


def test_calls_are_shown_by_lock_and_place() -> None:
    kernels = [ml.Kernel.parse(name) for name in ("6.12", "v4+kconfig", "existing")]
    paid = readings.calls(CASES["regrow"].compare(kernels))
    chart = charts.calls(paid)
    assert "notifier calls" in titles(chart.to_dict())
    assert {"no lock", "write", "write + TLB flush"} >= {row["lock"] for row in data(chart)}
    said = prose.calls(paid, kernels)
    assert "v4+kconfig, existing: none at all." in said
    assert "6.12 64" in said


def test_walks_that_stop_asking_are_pointed_out(under: pl.DataFrame) -> None:
    walks = switch_counters.over_time(under, "asked by walks")
    assert "stock 12,432 and 12,408" in prose.blind(walks)


def test_readings_and_pages_are_explained() -> None:
    assert "in 8 of these 8 cells" in prose.readings(readings.readings_differ(True, 0xF))
    compared = ml.compare(story.scenario("nested=0.3"), ["v2", "exact"], releases=True)
    said = prose.by_page(readings.calls(compared))
    assert "**exact** 2,154 (none)" in said
    assert "**v2** 2,154 (none), 921 (write)" in said


def test_bits_that_read_back_are_told_by_host() -> None:
    said = prose.reads_back(readings.reads_back("0xf", False))
    assert "on *x86, TDP*: v5" in said
    assert "nowhere: existing, 6.1, v4, 6.12, 6.15" in said
    assert "0x2 is shown everywhere but on" in said
    assert "nowhere: existing, 6.1, 6.12, 6.15\n" in prose.reads_back(
        readings.reads_back("0xf", True)
    )


def test_the_recorded_table_and_what_it_bought_are_told() -> None:
    rows = [
        (option, "real kernel", counter, value)
        for value, option in enumerate(("walk_only", "stock", "v4_kconfig"), start=4)
        for counter in ("pages scanned", "refaults")
    ]
    frame = pl.DataFrame(rows, ["option", "source", "counter", "value"], orient="row")
    assert "scanned: *walk_only* 4, *stock* 5, *v4_kconfig* 6." in look_around_prose.regrow(frame)
    assert "*stock* 5 refaults, 5 scanned; *walk_only* 4" in look_around_prose.bought(frame)
    result = ml.compare(story.scenario(), ["6.12"])
    assert "**6.12** 0 refaults, 512 scanned, 0 questions by windows" in (
        look_around_prose.own_and_other(result)
    )
