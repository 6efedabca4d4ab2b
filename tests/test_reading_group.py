"""What the plan for a reading group says the lab shows: said of the same runs, made here."""

import re
from pathlib import Path

import polars as pl

import mglru_lab as ml
from mglru_lab.lab.price import proactive_curves, stakes
from mglru_lab.lab.price.threshold import on_kvms
from mglru_lab.lab.price.verdict import deciding, verdict
from mglru_lab.lab.run.run import SWAPPED
from mglru_lab.lab.thread import readings, selftest, story, switch_counters, your_policy
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.lab.thread.switch_counters import KERNEL
from mglru_lab.policy import comparable
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
    wanted = ["refaults", "pages scanned", *switch_counters.QUESTIONS]
    name = "m_share50_kvm_en7_y1_r1"
    runs = switch_counters.modelled(name)
    frame = switch_counters.beside(name, wanted, runs)
    end = frame.filter(source=KERNEL, label="end")
    value = {(o, c): v for o, c, v in end.select("option", "counter", "value").iter_rows()}
    walks, hand, windows = switch_counters.QUESTIONS
    beside = value["stock", walks] + value["stock", windows]
    assert says(value["never", hand], value["stock", hand], beside)
    assert says(value["stock", "refaults"], value["never", "refaults"])
    scanned = value["v4_kconfig", "pages scanned"], value["stock", "pages scanned"]
    assert says(value["v4_kconfig", "refaults"], value["stock", "refaults"], *scanned)
    share = value["stock", windows] / (beside + value["stock", hand])
    assert f"{100 * share:.0f} % of the questions" in TEXT
    assert "v4_kconfig 20,625 and 15" in prose.blind(switch_counters.over_time(frame, walks))
    assert says(20625, 15)
    wanted = ["host refaults", "guest refaults", "pages scanned"]
    pays = prose.who_pays(switch_counters.beside(name, wanted, runs))
    assert says(*map(float, re.findall(r"\d\.\d\d", pays)))


def test_asking_breaks_even_at_such_prices_on_such_kvms() -> None:
    scenario = CASES["share50"].scenario(ml.Kernel(variant="6.12"))
    old, mid, new = on_kvms(scenario, "6.12", "existing", rules="6.12").values()
    low, high = old.interval
    assert (
        f"breaks even at {old.break_even:,.0f} ns per call (range {low:,.0f} to {high:,.0f})"
        in TEXT
    )
    assert f"break-even price is {mid.break_even:,.0f} ns, on 6.15 {new.break_even:,.0f}" in TEXT
    low, high = new.interval
    assert (
        f"(range {low:,.0f} to {high:,.0f}): undecided, and at the default prices it costs" in TEXT
    )
    assert verdict(new).kind == "undecided"
    assert new.difference < 0


def test_what_the_proposal_breaks_even_at_and_which_price_decides_it() -> None:
    scenario = CASES["share50"].scenario(ml.Kernel(variant="proposed"))
    old, mid, new = on_kvms(scenario, "proposed", "existing", rules="6.12").values()
    assert old.same_pages
    assert mid.same_pages
    low, high = new.interval
    said = f"the break-even price is {new.break_even:,.0f} ns (range {low:,.0f} to {high:,.0f})"
    assert said in TEXT
    assert deciding(new)["price"].to_list() == ["rmap"]


def test_on_todays_rules_the_break_even_prices_are_nearer_to_zero() -> None:
    for asks in ("6.12", "proposed"):
        scenario = CASES["share50"].scenario(ml.Kernel(variant=asks))
        then, now = (on_kvms(scenario, asks, "existing", rules=r) for r in ("6.12", "7.3"))
        for kvm in ("6.12", "6.15"):
            if then[kvm].break_even is not None:
                assert abs(now[kvm].break_even or 0) < abs(then[kvm].break_even or 0)


def test_code_and_words_differ_in_so_many_cells() -> None:
    differ = readings.readings_differ(False, 0xF)
    assert f"In {differ.height} cells of the table" in TEXT
    assert set(differ["variant"]) == {"v2", "v3"}
    assert set(differ["code"]) == {"no"}
    rows = stakes.without_vm(comparable.alike(("v4/code+kconfig", "existing")))
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
    existing, stock = (ml.Kernel(variant=name, kvm="6.13") for name in ("existing", "6.12"))
    adaptive = ml.Kernel(variant=ml.adaptive(), kvm="6.13")
    scenario = CASES["share50"].scenario(stock)
    worth = your_policy.worth(scenario, [adaptive, stock], existing)
    ours, theirs = worth.values()
    assert f"{ours.calls:,} calls instead of {theirs.calls:,}" in TEXT
    said = f"breaks even at {ours.break_even:,.0f} ns each instead of {theirs.break_even:,.0f}"
    assert said in TEXT
    said = policy_prose.sleepy(your_policy.sleepy([adaptive]))
    assert "asks in 3 of 19 agings while it sleeps, first at aging 6 after it woke" in said
    assert "in 3 of 19 agings, and notices at the sixth aging" in TEXT
