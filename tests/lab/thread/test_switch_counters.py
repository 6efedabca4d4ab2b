import pytest

from mglru_lab.lab.run.run import Run
from mglru_lab.lab.thread import switch_counters
from mglru_lab.lab.thread.switch_counters import COUNTERS, KERNEL, MODEL, QUESTIONS
from mglru_lab.lab.truth.switch_settings import SETTINGS

pytestmark = pytest.mark.slow

SHARE = "m_share50_kvm_en7_y1_r1"


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    return switch_counters.modelled(SHARE)


def test_under_pressure_every_option_is_equal_at_every_mark(runs: dict[str, Run]) -> None:
    frame = switch_counters.beside(SHARE, list(COUNTERS), runs)
    assert set(frame["option"]) == set(SETTINGS)
    assert switch_counters.agreement(frame).startswith("4,224 of 4,224 numbers")


def test_the_published_facts_are_in_the_recording(runs: dict[str, Run]) -> None:
    """O7 and O10 of the recorder's notes."""
    end = switch_counters.beside(SHARE, list(COUNTERS), runs).filter(label="end", source=KERNEL)
    value = {(o, c): v for o, c, v in end.select("option", "counter", "value").iter_rows()}
    assert value["stock", "host refaults"] == 5018
    assert value["never", "guest refaults"] == 3272
    assert value["v4_kconfig", "pages scanned"] == 31659
    assert [value["stock", name] for name in QUESTIONS] == [24840, 16427, 88371]


def test_v4s_walks_go_blind(runs: dict[str, Run]) -> None:
    frame = switch_counters.beside(SHARE, ["asked by walks"], runs)
    for source in (KERNEL, MODEL):
        marks = switch_counters.over_time(frame, "asked by walks", source)
        v4 = marks.filter(option="v4_kconfig").sort("step")["value"].to_list()
        stock = marks.filter(option="stock").sort("step")["value"].to_list()
        assert len(v4) == 64
        assert v4[-1] - v4[31] < 20  # about one page a pass, not of the region
        assert stock[-1] - stock[31] > 10_000


@pytest.mark.parametrize("scenario", ["o_bloom_en7", "o_regrow_en7"])
def test_small_scenarios_differ_by_a_page_of_the_recorders_own_at_most(scenario: str) -> None:
    runs = switch_counters.modelled(scenario)
    frame = switch_counters.beside(scenario, ["pages scanned", *QUESTIONS], runs)
    wide = frame.pivot("source", index=["option", "label", "counter"], values="value")
    assert (wide[KERNEL] - wide[MODEL]).abs().max() <= 4  # type: ignore[operator]


def test_what_was_not_recorded_is_refused(runs: dict[str, Run]) -> None:
    with pytest.raises(ValueError, match="no recording of 'x' for option never"):
        switch_counters.modelled("x")
    with pytest.raises(ValueError, match="counter 'x': allowed are host refaults"):
        switch_counters.beside(SHARE, ["x"], runs)


def test_questions_are_counted_from_when_the_switch_was_set() -> None:
    """All were asked before, by the same walks; what `never` asks since is nothing."""
    runs = switch_counters.modelled("o_regrow_en7", ["never", "stock"])
    frame = switch_counters.beside("o_regrow_en7", ["asked by walks", "pages scanned"], runs)
    last = frame.filter(label="p16_dense_evict_oldest")
    asked = {(r["option"], r["source"]): r["value"] for r in
             last.filter(counter="asked by walks").to_dicts()}  # fmt: skip
    assert asked["never", switch_counters.KERNEL] == asked["never", switch_counters.MODEL] == 0
    assert asked["stock", switch_counters.KERNEL] == asked["stock", switch_counters.MODEL] > 0
    before = frame.filter(label="o0_all_old", counter="asked by walks")["value"].to_list()
    assert min(before) > 0
    scanned = last.filter(counter="pages scanned", source=switch_counters.MODEL, option="never")
    assert scanned["value"].item() == runs["never"].end["pgscan"]
