"""What the page on what became of the argument says, said of the same runs, made here."""

from pathlib import Path

import mglru_lab as ml
from mglru_lab.lab.mechanisms import experiments, on_real_kernels
from mglru_lab.lab.mechanisms.attribution import attribute
from mglru_lab.lab.mechanisms.on_real_kernels import KERNEL
from mglru_lab.lab.mechanisms.timeline import NEVER, TIMELINE
from mglru_lab.lab.price.advise import advise, policy_of
from mglru_lab.lab.price.verdict import verdict

TEXT = " ".join(
    (Path(__file__).parents[1] / "docs" / "tutorial" / "what-became-of-it.md")
    .read_text(encoding="utf-8")
    .split()
)


def test_none_of_the_nine_was_merged() -> None:
    posted = [one for one in TIMELINE if "-" in one.when]
    assert len(posted) == 9
    assert {one.fate for one in posted} == {NEVER}
    assert "Of the nine postings and proposals of 2023 and 2024 none was merged" in TEXT


def test_who_pays() -> None:
    against = on_real_kernels.against_control(on_real_kernels.who_pays()).filter(source=KERNEL)
    of = {(kernel, who): percent for kernel, _, who, percent in against.iter_rows()}
    host = f"{of['6.1', 'host']} % more than with the control on 6.1, and {of['6.18', 'host']} %"
    assert host in TEXT
    guest = f"refaults {-of['6.1', 'guest']} % and {-of['6.18', 'guest']} % less"
    assert guest in TEXT
    assert all(abs(of[kernel, who]) < 1 for kernel in ("6.12", "7.3") for who in ("host", "guest"))


def test_one_flag() -> None:
    _, marked, _, unmarked = experiments.fault_mark(("6.18", "7.3")).rows()
    assert f"(host {marked[3]} %, guest {marked[4]} %), and 7.3 without" in TEXT
    assert f"(host +{unmarked[3]} %, guest {unmarked[4]} %)" in TEXT


def test_memory_that_nobody_asked_for() -> None:
    least = on_real_kernels.least_kept(on_real_kernels.memory_kept()).filter(source=KERNEL)
    of = {kernel: (pages, swapins) for kernel, _, pages, swapins in least.iter_rows()}
    assert f"left with {of['6.18'][0]:,} on 6.18, and swaps in {of['6.18'][1]:,} pages" in TEXT
    assert f"where 7.3 swaps in {of['7.3'][1]:,}" in TEXT


def test_the_mails_questions_on_both_rules() -> None:
    found = [ml.threshold(experiments.shared(), rules=rules) for rules in ("6.12", "7.3")]
    old, new = (one.break_even for one in found)
    assert (
        f"breaks even at {old:,.0f} ns per call on the rules of 6.12 and at {new:,.0f} ns" in TEXT
    )
    assert f"a call costs {found[0].call[0]:,.0f}" in TEXT
    assert {verdict(one).kind for one in found} == {"undecided"}
    before, after = (advise(rules=rules, length=16384) for rules in ("6.12", "7.3"))
    shares = [round(100 * one.by_policy[policy_of(one.chosen)]) for one in (before, after)]
    assert f"was `{before.chosen}`, in {shares[0]} % of the draws" in TEXT
    assert f"it is `{after.chosen}`, in {shares[1]} %" in TEXT


def test_what_got_worse() -> None:
    moved = experiments.by_size([3500], ["6.12", "7.3"])
    swapins = {(by, kernel): n for by, _, _, kernel, n in moved.iter_rows()}
    process, guest = (swapins[by, "7.3"] / swapins[by, "6.12"] for by in experiments.USERS)
    assert f"swaps in {process:.2f} times as many pages as 6.12 for a process" in TEXT
    assert f"and {guest:.2f} times as many for a guest" in TEXT
    scenario, given = experiments.made(experiments.moving())
    table = attribute(scenario, "6.12", "7.3", entries=given)
    explained = dict(table.select("rule", "explained").iter_rows())
    for rule in ("seen_twice", "keeps_flags", "protected_head"):
        assert explained[rule] > 0.9
        assert f"`{rule}`" in TEXT
