"""Which rule makes 7.3 refault more than 6.12 on a working set that moves, or that is strided."""

import numpy as np
import numpy.typing as npt
import pytest

import mglru_lab as ml
from mglru_lab.kernel.rules import FAMILIES, RULES
from mglru_lab.lab.mechanisms.attribution import ALL, attribute, differing

PAGES, MEMORY, LENGTH = 8192, 4096, 131072
TEXT = (
    f"fifo 1\nyield 1\nregion {PAGES} anon\nlimit {MEMORY}\ntrace made.u32\n"
    f"replay 0 {LENGTH}\nsettle\nstat end\n"
)
RANDOM = np.random.default_rng(1)


def moving(size: int = 3500, speed: float = 0.1) -> npt.NDArray[np.uint32]:
    """A window of `size` pages, nearly as many as fit, which slides by `speed` per access."""
    start = (np.arange(LENGTH) * speed).astype(np.int64)
    return ((start + RANDOM.integers(0, size, LENGTH)) % PAGES).astype(np.uint32)


def strided(stride: int = 3) -> npt.NDArray[np.uint32]:
    """Four of five accesses go to every third page, the others to any."""
    hot = RANDOM.integers(0, PAGES // stride, LENGTH) * stride
    return np.where(RANDOM.random(LENGTH) < 0.8, hot, RANDOM.integers(0, PAGES, LENGTH)).astype(
        np.uint32
    )


@pytest.mark.parametrize("made", [moving, strided])
def test_what_makes_7_3_refault_more_is_that_used_pages_stay_protected(made) -> None:
    """One of three rules less, and the loss is gone; none of them alone brings it to 6.12.

    A page promoted once is PG_workingset for good (seen_twice, keeps_flags), and when such pages
    refault they are protected: by going to the head of the next generation (protected_head).
    """
    table = attribute(ml.Scenario(TEXT), "6.12", "7.3", entries={"made.u32": made()})
    assert table["rule"][0] == ALL
    before, after = table.row(0)[1:3]
    assert after > 1.4 * before
    rows = {row["rule"]: row for row in table.iter_rows(named=True)}
    for rule in ("protected_head", "seen_twice", "keeps_flags"):
        assert rows[rule]["explained"] > 0.9
    assert rows["protected_head"]["older_with"] == before
    for rule in ("budget", "aging_by_generations", "returns_all_scanned", "merge_counts"):
        assert rows[rule]["explained"] < 0.6


def test_a_small_working_set_makes_no_difference_to_explain() -> None:
    table = attribute(ml.Scenario(TEXT), "6.12", "7.3", entries={"made.u32": moving(size=1000)})
    before, after = table.row(0)[1:3]
    assert after < 1.1 * before


def test_the_rules_that_differ_are_those_of_the_table() -> None:
    assert differing("7.3", "7.3") == []
    assert ("tier_gain", "tier_margin") in differing("6.12", "6.14")
    for fields in differing("7.2", "7.3"):
        assert all(getattr(RULES["7.2"], f) != getattr(RULES["7.3"], f) for f in fields)
    assert all(differing(older, "7.3") for older in FAMILIES[:-1])


def test_an_unknown_counter_is_refused() -> None:
    with pytest.raises(ValueError, match="counter 'pgmajflt' is unknown"):
        attribute(ml.Scenario("region 8 anon\nstat end"), "7.2", "7.3", "pgmajflt")
