"""What the plan for a reading group says the lab shows: said of the same runs, made here."""

import re
from pathlib import Path

import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.lab.price import proactive_curves, stakes
from mglru_lab.lab.run.run import SWAPPED
from mglru_lab.lab.thread import readings, selftest, story, switched, your_policy
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.lab.thread.switched import KERNEL
from mglru_lab.scenario.workloads import workload
from mglru_lab.show.thread import policy_prose, prose

ROOT = Path(__file__).parents[1]
TEXT = " ".join(
    (ROOT / "docs" / "tutorial" / "reading-group.md").read_text(encoding="utf-8").split()
)


def says(*numbers: object) -> bool:
    """These numbers, in this order, close to each other."""
    return bool(re.search(".{1,120}".join(re.escape(f"{n:,}") for n in numbers), TEXT))


def test_every_notebook_that_it_names_is_there() -> None:
    named = set(re.findall(r"`(?:notebooks/)?(\d\d_\w+)(?:\.ipynb)?`", TEXT))
    assert named == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} - {"10_report"}


def test_the_smallest_run_asks_so_often() -> None:
    told = {name: story.tell(ml.Kernel(variant=name)) for name in ("existing", "6.12")}
    asked = {name: run.counters("evicted") for name, run in told.items()}
    gone = {name: (run.page_generations("evicted") == SWAPPED).sum() for name, run in told.items()}
    assert gone == {"existing": 0, "6.12": 512}
    assert says(asked["existing"]["asks_eviction"])
    assert says(asked["6.12"]["asks_aging"], asked["6.12"]["asks_eviction"], 512)


def test_recorded_kernels_asked_and_refaulted_so_often() -> None:
    wanted = ["refaults", "pages scanned", *switched.QUESTIONS]
    name = "m_share50_kvm_en7_y1_r1"
    runs = switched.modelled(name)
    frame = switched.beside(name, wanted, runs)
    end = frame.filter(source=KERNEL, label="end")
    value = {(o, c): v for o, c, v in end.select("option", "counter", "value").iter_rows()}
    walks, hand, windows = switched.QUESTIONS
    beside = value["stock", walks] + value["stock", windows]
    assert says(value["never", hand], value["stock", hand], beside)
    assert says(value["stock", "refaults"], value["never", "refaults"])
    scanned = value["v4_kconfig", "pages scanned"], value["stock", "pages scanned"]
    assert says(value["v4_kconfig", "refaults"], value["stock", "refaults"], *scanned)
    share = value["stock", windows] / (beside + value["stock", hand])
    assert f"{100 * share:.0f} % of the questions" in TEXT
    assert "v4_kconfig 20,625 and 15" in prose.blind(switched.over_time(frame, walks))
    assert says(20625, 15)
    wanted = ["host refaults", "guest refaults", "pages scanned"]
    pays = prose.who_pays(switched.beside(name, wanted, runs))
    assert says(*map(float, re.findall(r"\d\.\d\d", pays)))


@pytest.mark.parametrize(
    ("asks", "flush", "pays"),
    [
        ("6.12", True, "352 ns"),
        ("proposed", True, "1,224 ns if asking at eviction flushes"),
        ("proposed", False, "*not even for free* if it does not"),
    ],
)
def test_asking_pays_up_to_such_a_price(asks: str, flush: bool, pays: str) -> None:
    costs = ml.Costs()
    if not flush:
        costs = costs.but(lookup_write_tlbflush=costs.prices["lookup_write"])
    scenario = CASES["share50"].scenario(ml.Kernel(variant=asks))
    verdict = ml.threshold(scenario, asks, costs=costs).verdict
    assert verdict == ("never" if "free" in pays else f"below {pays.split(' ns')[0]} ns")
    assert pays in TEXT


def test_code_and_words_differ_in_so_many_cells() -> None:
    differ = readings.readings_differ(False, 0xF)
    assert f"In {differ.height} cells of the table" in TEXT
    assert set(differ["variant"]) == {"v2", "v3"}
    assert set(differ["code"]) == {"no"}
    rows = stakes.without_vm([ml.Kernel.parse(n) for n in ("v4/code+kconfig", "existing")])
    walked = dict(rows.select("kernel", "tables walked").rows())
    assert f"it walks {walked['v4/code+kconfig']}, the others {walked['existing']};" in TEXT


def test_a_kernel_that_does_not_ask_sees_no_working_set() -> None:
    kernels = [ml.Kernel.parse(name) for name in ("proposed", "existing")]
    sets = proactive_curves.working_set(workload("phases", length=32768), kernels, 2048)
    last = sets.filter(pl.col("pass") == pl.col("pass").max())
    seen = {name: (estimate, true) for name, _, true, estimate in last.rows()}
    assert says(*seen["existing"], seen["proposed"][0])


def test_a_blind_policy_passes_the_selftest() -> None:
    assert selftest.selftest(ml.Kernel(variant="exact"), "nested=0.3").verdict == "PASS"
    known = selftest.knows(selftest.table(selftest.verdicts()))
    unsure = known.filter(sure="cannot know", bit_0x8="set").select("variant", "kconfig").rows()
    names = {name for name, kconfig in unsure if kconfig != "y"}
    assert names == {"v1", "v2", "v3", "v5", "v6", "v7", "exact", "proposed"}
    assert ("proposed", "y") not in unsure


def test_the_adaptive_policy_asks_so_seldom() -> None:
    existing, adaptive = ml.Kernel(variant="existing"), ml.Kernel(variant=ml.adaptive(kvm="6.12"))
    scenario = CASES["share50"].scenario(ml.Kernel(variant="6.12"))
    worth = your_policy.worth(scenario, [adaptive, ml.Kernel(variant="6.12")], existing)
    ours, stock = worth.rows()
    prices = [row[3].removeprefix("below ").removesuffix(" ns") for row in (ours, stock)]
    assert f"{ours[1]:,} calls instead of {stock[1]:,}" in TEXT
    assert f"up to {prices[0]} ns each instead of {prices[1]}" in TEXT
    said = policy_prose.sleepy(your_policy.sleepy([adaptive]))
    assert "asks in 3 of 19 agings while it sleeps, first at aging 6 after it woke" in said
    assert "in 3 of 19 agings, and notices at the sixth aging" in TEXT
