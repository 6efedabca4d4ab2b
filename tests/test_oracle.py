"""The slow model is right: it equals recordings of the real kernels, too."""

import pytest

from mglru_lab.lab.truth import recordings
from mglru_lab.lab.truth.match import EXACT_COUNTERS
from mglru_lab.lab.truth.recordings import Recording, expand_map
from mglru_lab.scenario.generators import trace
from tests import oracle, oracle_files
from tests.recorded import RECORDED

EXACT = {
    ours.removesuffix("_anon"): kernel
    for ours, kernel in EXACT_COUNTERS.items()
    if ours != "memory.current" and not ours.endswith("_file")
}
SMALL = [
    "a_noforce",
    "b_evict_en1",
    "b_evict_en7",
    "b_lookaround_en7",
    "k_evict_en7",
    "k_guestonly_en7",
]


@pytest.fixture(scope="module")
def recorded() -> dict[tuple[str, str], Recording]:
    return {(run.rules, run.scenario): run for run in recordings.load() if not run.is_switched}


def entries(name: str) -> list[int]:
    return trace(name.split("/")[-1].removesuffix(".u32")).tolist()


@pytest.mark.parametrize("rules", RECORDED)
@pytest.mark.parametrize("scenario", SMALL)
def test_page_maps_equal(
    recorded: dict[tuple[str, str], Recording], rules: str, scenario: str
) -> None:
    run = recorded[rules, scenario]
    slow = oracle.run(run.text, rules=rules)
    assert len(slow.dumps) == len(run.maps) > 1
    for (label, _), runs in run.maps.items():
        assert slow.dumps[label].map == expand_map(runs), label


@pytest.mark.parametrize(
    ("rules", "scenario", "switched"),
    [
        ("6.12", "c_zipf10_15_en7_f0y1_r1", ()),
        ("6.12", "c_hotscan_15_en7_f0y1_r1", ()),
        ("6.1", "c_zipf08_20_en7_f0_r1", ()),
        ("6.12", "c_cyclic_15_en7_f0_r1", (3,)),  # what follows are kworkers' switches
    ],
)
def test_miss_logs_and_counters_equal(
    recorded: dict[tuple[str, str], Recording], rules: str, scenario: str, switched: tuple[int, ...]
) -> None:
    run = recorded[rules, scenario]
    slow = oracle.run(run.text, rules=rules, traces=entries, extra_walks=switched)
    missed = run.missed()
    assert missed is not None
    assert slow.misses == missed.tolist()
    for label, counters in slow.stats.items():
        kernel = {ours: run.stats[label].get(theirs, 0) for ours, theirs in EXACT.items()}
        assert {name: counters[name] for name in EXACT} == kernel, label


@pytest.mark.parametrize("scenario", ["r_zipf08_15_en7_f0y1_r1", "r_zipf10_15_en7_f0y1_r1"])
def test_a_file_whose_tiers_are_weighed_against_the_other_type(
    recorded: dict[tuple[str, str], Recording], scenario: str
) -> None:
    """Without the choice of type these page maps differ, which random scenarios do not show."""
    run = recorded["6.12", scenario]
    slow = oracle_files.run(run.text, rules="6.12", traces=entries)
    assert slow.dumps["end"].map == expand_map(run.maps["end", 0])
    for label, counters in slow.stats.items():
        kernel = run.stats[label]
        assert counters["max_seq"] == kernel["max_seq"]
        assert counters["pgscan"] == kernel.get("vm.pgscan_file", 0)
        assert counters["pgsteal"] == kernel.get("vm.pgsteal_file", 0)
