import polars as pl
import pytest

from mglru_lab.lab.truth import against
from mglru_lab.lab.truth.against import KERNEL, MODEL, Beside


@pytest.fixture(scope="module")
def beside() -> Beside:
    return Beside.of("c_zipf10_15_en7_f0y1_r1", "6.12")


def test_equal_recordings_have_equal_frames(beside: Beside) -> None:
    assert beside.match.equal
    for frame in (beside.places, beside.misses(), beside.counters("pgscan_anon", "max_seq")):
        ours, kernels = (frame.filter(source=name).drop("source") for name in (MODEL, KERNEL))
        assert ours.height > 0 or frame.is_empty()
        if "counter" not in frame.columns:
            assert ours.equals(kernels)


def test_windows_of_misses_add_up_to_the_log(beside: Beside) -> None:
    log = beside.recording.missed()
    assert log is not None
    windows = beside.misses(16).filter(source=KERNEL)
    assert windows.height == 16
    assert windows["misses"].sum() == int(log.sum())
    with pytest.raises(ValueError, match="has no log of its misses"):
        Beside.of("b_evict_en7", "6.12").misses()


def test_places_cover_every_page_of_every_dump() -> None:
    places = Beside.of("b_evict_en7", "6.12").places
    covered = places.group_by("dump", "source").agg((pl.col("end") - pl.col("first")).sum())
    assert covered["end"].n_unique() == 1
    assert places["first"].min() == 0


def test_a_name_that_nothing_has_is_refused_with_one_that_is_near() -> None:
    with pytest.raises(ValueError, match="b_evict_en7"):
        Beside.of("b_evict_en", "6.12")


def test_another_kernels_rules_are_told_from_the_recording() -> None:
    assert not against.on_other_rules(Beside.of("b_evict_en7", "6.12"), "6.1").equal


def test_every_recorded_release_has_page_maps_and_says_what_it_lacks() -> None:
    releases = against.releases_with()
    assert releases[0] == "6.1"
    assert {"6.16", "6.18", "7.0", "7.3"} <= set(releases)
    assert releases.index("6.19") < releases.index("7.0")
    assert against.releases_with("b_lookaround_en7") == releases
    with pytest.raises(ValueError, match=r"kernel '6\.13' is unknown.*6\.19"):
        against.recorded_on("6.13")


def test_a_repeat_need_not_be_named() -> None:
    for kernel, repeat in (("6.12", "r1"), ("7.2", "r6")):
        found = Beside.if_recorded("c_hotscan_20_en7_f0y1", kernel)
        assert found is not None
        assert found.recording.scenario == f"c_hotscan_20_en7_f0y1_{repeat}"
        assert found.recording.series == kernel
    assert Beside.if_recorded("c_hotscan_20_en7_f0y1", "6.19") is None
    with pytest.raises(ValueError, match="is unknown"):
        Beside.if_recorded("c_hotscn_20_en7_f0y1", "6.19")
