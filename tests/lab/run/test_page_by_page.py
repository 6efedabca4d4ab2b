import pytest

import mglru_lab as ml
from mglru_lab.lab.run import page_by_page
from mglru_lab.lab.run.page_by_page import STEPS, Memory, between, only_aged, spans, until, where

KERNEL = ml.Kernel(variant="6.12")


def test_the_story_of_userspace_is_the_same_on_every_kernel() -> None:
    memory = Memory(pages=20, used=5, late=3)
    for variant in ("existing", "6.12", "v4"):
        told = memory.tell(ml.Kernel(variant=variant))
        assert where(told, "written") == {"youngest": 20}
        assert where(told, "used") == {"1 behind": 5, "2 behind": 15}
        assert where(told, "idle") == {"2 behind": 5, "3 behind (oldest possible)": 15}
        assert where(told, "evicted") == {"youngest": 3, "2 behind": 5, "swapped out": 12}
        assert where(told, "returned") == {"youngest": 15, "2 behind": 5}
        assert between(told, "evicted", "returned", "pgmajfault") == 12


def test_a_guest_is_another_matter() -> None:
    memory = Memory(pages=20, used=5).by("guest")
    assert where(memory.tell(ml.Kernel(variant="existing")), "evicted") == {"youngest": 20}
    assert where(memory.tell(KERNEL), "evicted")["swapped out"] == 11


def test_what_is_only_aged_sinks_and_stays_in_the_oldest_generation() -> None:
    told = only_aged(8, 5, KERNEL)
    ages = [int(told.page_generations(str(n))[0]) for n in range(6)]
    assert ages == [0, 1, 2, 3, 3, 3]
    rows = page_by_page.generations(told, {"0": "start", "5": "end"}).rows()
    assert rows[0] == ("start", 0, 3, "0: 0, 1: 0, 2: 0, 3: 8")
    assert rows[1] == ("end", 5, 8, "5: 8, 6: 0, 7: 0, 8: 0")


def test_spans_cover_every_page_at_every_step() -> None:
    frame = spans(Memory().tell(KERNEL), STEPS, "me")
    for step in STEPS.values():
        part = frame.filter(step=step)
        assert part["first"].to_list() == [0, *part["end"].to_list()[:-1]]
        assert part["end"][-1] == 64
    assert list(until("used")) == ["written", "aged", "used"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"pages": 513}, "pages 513: allowed are 2 to 512"),
        ({"used": 64}, "used 64: allowed are 1 to 63"),
        ({"late": 33}, "late 33: allowed are 0 to 32"),
        ({"user": "gust"}, "user gust: allowed are|did you mean guest"),
    ],
)
def test_wrong_memories_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Memory(**fields)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="agings 0: allowed are 1 to 20"):
        only_aged(8, 0, KERNEL)
