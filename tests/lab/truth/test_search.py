import pytest

from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.lab.truth import groundtruth, search
from mglru_lab.lab.truth.recordings import Recording

pytestmark = pytest.mark.slow


def named(recorded: list[Recording], scenario: str, rules: str = "6.12") -> Recording:
    return next(r for r in recorded if r.scenario == scenario and r.rules == rules)


def test_one_aging_that_walked_explains_a_whole_run(recorded: list[Recording]) -> None:
    """Ordinary runs of the kernel vary by percents; here a single bit makes the difference."""
    run = named(recorded, "c_hotscan_15_en7_f0_r1")
    without = groundtruth.compare(run)
    assert without.first_miss == 85026
    found = groundtruth.compare(run, improve=search.improve)
    assert found.unrecorded == Unrecorded(flipped_walks=(28,))
    assert found.equal
    assert found.first_miss == -1


def test_a_walk_long_before_explains_what_differs_much_later(recorded: list[Recording]) -> None:
    """Memory written to memory.reclaim: the second aging of the first pass walked, too, and so
    filled the Bloom filter of the next walk, eight passes later."""
    run = named(recorded, "m_proreclaim_half_user_en7_y0_r1")
    assert {rows[0][0] for rows in groundtruth.compare(run).counters.values()} == {
        "mark9",
        "mark10",
    }
    found = groundtruth.compare(run, improve=search.improve)
    assert found.unrecorded == Unrecorded(flipped_walks=(0,))
    assert found.equal


@pytest.mark.parametrize(
    ("scenario", "bits"),
    [("c_cyclic_20_en7_f0_r1", (2,)), ("c_cyclic_15_en3_f64_r1", (2, 85))],
)
def test_the_rest_of_a_cyclic_run_follows_from_one_switch_or_two(
    recorded: list[Recording], scenario: str, bits: tuple[int, ...]
) -> None:
    """Aging 85 was due to walk after a kworker had run, which was late."""
    run = named(recorded, scenario)
    assert not groundtruth.compare(run).equal
    found = groundtruth.compare(run, improve=search.improve)
    assert found.unrecorded == Unrecorded(flipped_walks=bits)
    assert found.equal


def test_slab_pages_freed_just_after_a_mark_explain_a_run_of_the_classic_lru(
    recorded: list[Recording],
) -> None:
    """6.1 counted them as reclaimed, so that its first reclaim after the mark ended earlier."""
    run = named(recorded, "c_uniform_20_en0_f0y0_r1", "6.1")
    without = groundtruth.compare(run)
    assert without.first_miss == 8928
    assert without.apart < 0.001
    found = groundtruth.compare(run, improve=search.improve)
    assert found.unrecorded == Unrecorded(freed_slab=((31, 1, 2),))
    assert found.equal


def test_slab_pages_that_explain_only_a_part_are_not_believed(
    recorded: list[Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SLAB_PAGES", (1,))  # two are needed
    run = named(recorded, "c_uniform_20_en0_f0y0_r1", "6.1")
    assert groundtruth.compare(run, improve=search.improve).unrecorded == Unrecorded()


def test_what_explains_only_a_part_is_not_believed(
    recorded: list[Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_FLIPPED_WALKS", 1)
    found = groundtruth.compare(
        named(recorded, "c_hotscan_15_en3_f64_r1"), improve=search.improve
    )  # it takes two
    assert not found.equal
    assert found.unrecorded == Unrecorded()


@pytest.mark.parametrize(("rules", "wrong"), [("6.1", 1), ("6.12", 11)])
def test_the_phase_of_the_batch_is_read_off(
    recorded: list[Recording], rules: str, wrong: int
) -> None:
    run = named(recorded, "a_basic_en7", rules)
    found = groundtruth.compare(run, improve=search.improve)
    assert groundtruth.compare(run).pages["a0_populated_unsettled"] == wrong
    assert found.unrecorded.phase == 11
    assert found.distance == (0, 0, 0)


def test_what_is_known_is_used_only_if_it_helps(recorded: list[Recording]) -> None:
    run = named(recorded, "k_evict_en7")
    assert groundtruth.compare(run, Unrecorded(stack_page=True)).unrecorded == Unrecorded()


def test_a_guests_code_beside_memory_of_the_worker_explains_whole_runs(
    recorded: list[Recording],
) -> None:
    """6.1 skips tables whose PMD is old; the worker's use keeps that of the code's table young."""
    run = named(recorded, "kc_cyclic_20_en7_f0y1_r1", "6.1")
    assert sum(groundtruth.compare(run).pages.values()) > 0
    found = groundtruth.compare(run, improve=search.improve)
    assert found.unrecorded == Unrecorded(code_shares_table=True)
    assert found.equal


def test_a_page_of_the_stack_explains_whole_runs(recorded: list[Recording]) -> None:
    run = next(
        r for r in recorded if (r.file, r.scenario) == ("options_walk_window", "o_regrow_en7")
    )
    assert sum(map(len, groundtruth.compare(run).counters.values())) == 101
    found = groundtruth.compare(run, improve=search.improve)
    assert found.unrecorded == Unrecorded(stack_page=True)
    assert found.equal
