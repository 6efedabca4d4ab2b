import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.lab.thread import story


@pytest.mark.parametrize(
    ("name", "evicted", "rescued"),
    [("existing", 0, 1025), ("6.12", 512, 0), ("exact", 512, 0), ("v4/code", 0, 1025)],
)
def test_only_who_asks_while_aging_tells_the_idle_half_apart(
    name: str, evicted: int, rescued: int
) -> None:
    told = story.tell(ml.Kernel.parse(name))
    frame = story.places(told)
    end = frame.filter(step=story.STEPS["evicted"], place="swapped out")
    assert dict(end.select("half", "pages").iter_rows()) == {
        "the half in use": 0, "the idle half": evicted,
    }  # fmt: skip
    assert told.counters("evicted")["rescues"] == rescued
    assert f"Evicted: {evicted} of the 512 idle pages" in story.verdict(told)


def test_every_page_is_somewhere_at_every_step() -> None:
    frame = story.places(story.tell(ml.Kernel()))
    totals = frame.group_by("step", "half").agg(pl.col("pages").sum())
    assert set(totals["pages"]) == {512}


def test_a_nested_share_is_blind_to_exact() -> None:
    told = story.tell(ml.Kernel(variant="exact"), "nested=0.5")
    frame = story.places(told).filter(step=story.STEPS["again"])
    behind = dict(frame.group_by("place").agg(pl.col("pages").sum()).iter_rows())
    nested_in_use = behind["3 behind (oldest possible)"]
    assert nested_in_use > 512  # the idle half, and the nested pages of the half in use
