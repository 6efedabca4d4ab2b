from typing import Any

import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.lab.price import verdict
from mglru_lab.lab.price.threshold import Threshold
from mglru_lab.lab.thread import story, your_policy
from mglru_lab.lab.thread.your_policy import ASLEEP, AWAKE
from mglru_lab.progress import IN_REPORT
from mglru_lab.show.thread import policy_prose


def test_a_policys_source_is_shown_in_a_report_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def mine(pages: Any, at: Any) -> bool:
        return True

    monkeypatch.delenv(IN_REPORT, raising=False)
    assert policy_prose.source(mine) == ""
    monkeypatch.setenv(IN_REPORT, "yes")
    assert "return True" in policy_prose.source(mine)


def test_what_is_known_is_counted() -> None:
    said = policy_prose.seen(your_policy.what_is_seen("arm64", "v4"))
    assert "Of 4 pages truly used `primary_young` shows 2" in said
    assert "(here: read)" in said


def test_a_comparison_is_told_kernel_by_kernel() -> None:
    result = ml.compare(story.scenario(), ["existing", "6.12"])
    said = policy_prose.own(result)
    assert "**existing** 0 refaults, 1,025 scanned, 0 questions" in said


def test_a_kernel_better_than_lru_is_said_to_be() -> None:
    rows = {"Belady's optimum": 1.0, "LRU": 3.0, "perfect aging": 3.5, "a": 2.0, "b": 4.0}
    frame = pl.DataFrame({"policy": list(rows), "times": list(rows.values())})
    assert "**a**, has 2.00 times" in policy_prose.beside_bounds(frame, ["a", "b"])
    assert "a refault less" in policy_prose.beside_bounds(frame, ["a", "b"])
    assert "none of the kernels" in policy_prose.beside_bounds(frame, ["b"])


def test_who_asks_while_the_guest_sleeps_is_counted() -> None:
    steps = 2 * AWAKE + ASLEEP
    always = [("always", step, step) for step in range(1, steps + 1)]
    never = [("never", step, 0) for step in range(1, steps + 1)]
    late = [("late", step, int(step > AWAKE + ASLEEP + 3)) for step in range(1, steps + 1)]
    frame = pl.DataFrame([*always, *never, *late], ["option", "step", "value"], orient="row")
    said = policy_prose.sleepy(frame)
    assert "**always** asks in 19 of 19 agings while it sleeps, first at aging 1" in said
    assert "**never** asks in 0 of 19 agings while it sleeps;" in said
    assert "**late** asks in 0 of 19 agings while it sleeps, first at aging 4" in said


def test_worth_is_told_in_words() -> None:
    one, two = (
        Threshold("a", "b", {("aging", "lookup_none"): 10}, {("eviction", "rmap"): n}, ml.Costs())
        for n in (10, 20)
    )
    said = policy_prose.worth({"one": one, "two": two})
    assert "The highest break-even price has **two**" in said
    assert verdict.headline(one) in said
    assert verdict.by_parts(two) in said
