import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.lab.thread import decisions, selftest
from mglru_lab.lab.thread.selftest import FAIL, PASS, SKIP

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def verdicts() -> pl.DataFrame:
    return selftest.table(selftest.verdicts())


def test_there_is_one_verdict_for_every_variant_kconfig_bit_and_mmu(
    verdicts: pl.DataFrame,
) -> None:
    keys = ["variant", "reading", "kconfig", "bit_0x8", "mmu"]
    assert verdicts.height == verdicts.select(keys).n_unique() == (16 * 8 + 9) * 2 * 2


def test_it_passes_exactly_where_the_decision_says_that_aging_learns_everything(
    verdicts: pl.DataFrame,
) -> None:
    keys = ["variant", "reading", "kconfig", "bit_0x8", "mmu"]
    table = ml.decision_table().filter(pl.col("mm_walk_0x2") == 1)
    both = verdicts.join(table, on=keys, how="inner")
    assert both.height == verdicts.height
    ran = both.filter(pl.col("verdict") != SKIP)
    agree = (ran["verdict"] == PASS) == (ran["aging_harvests"] == "yes")
    assert agree.all()
    skipped = both.filter(verdict=SKIP)
    assert set(skipped["aging_harvests"]) <= {"no"}
    assert {PASS, FAIL, SKIP} == set(both["verdict"])


@pytest.mark.parametrize(
    ("name", "mmu", "verdict", "reason"),
    [
        ("6.12", "x86-tdp-ad", PASS, "changed generation after every use"),
        ("existing", "x86-tdp-ad", FAIL, "too many pages still idle"),
        ("v5", "x86-tdp-was-nested", FAIL, "still in the old generation"),
        ("v4/code", "x86-tdp-ad", SKIP, "enabled reads 0x0007, 0xb is needed"),
        ("v3/code", "other", FAIL, "still in the old generation"),
    ],
)
def test_verdicts_have_their_reason(name: str, mmu: str, verdict: str, reason: str) -> None:
    told = selftest.selftest(ml.Kernel.parse(name, mmu=mmu))
    assert (told.verdict, reason in told.reason) == (verdict, True)


def test_without_walks_the_test_does_not_run() -> None:
    told = selftest.selftest(ml.Kernel(variant="6.12", enabled=1))
    assert told.verdict == SKIP
    assert "page_idle" in told.reason


def test_power9_has_nothing_to_walk() -> None:
    assert selftest.selftest(ml.Kernel(mmu="ppc-radix", hw_pte_young=False)).verdict == SKIP


def test_a_small_share_of_blind_pages_goes_unnoticed_by_the_test_of_the_series() -> None:
    """It wants more than half of the pages in one generation, and 30 % are not tracked at all."""
    told = selftest.selftest(ml.Kernel(variant="exact"), "nested=0.3")
    assert told.verdict == PASS
    assert selftest.selftest(ml.Kernel(variant="exact"), "nested=0.6").verdict == FAIL


def test_the_mails_question(verdicts: pl.DataFrame) -> None:
    """Kconfig and bit alone tell for the proposal with its Kconfig set, and not without."""
    frame = selftest.knows(verdicts)
    sure = {(r["variant"], r["reading"], r["kconfig"], r["bit_0x8"]): r for r in frame.to_dicts()}
    assert sure["proposed", "mail", "y", "set"]["sure"] == "works"
    assert sure["proposed", "mail", "n", "set"]["sure"] == "cannot know"
    assert sure["v4", "code", "y", "set"]["sure"] == "works"
    assert sure["v4", "code", "n", "clear"]["sure"] == "does not work"
    assert sure["6.12", "code", "-", "-"]["sure"] == "works"
    assert sure["existing", "code", "-", "-"]["sure"] == "does not work"
    v5 = sure["v5", "code", "-", "set"]
    assert (v5["sure"], v5["fooled_on"]) == ("cannot know", "x86-tdp-nested, x86-tdp-was-nested")
    v3 = sure["v3", "code", "-", "set"]
    assert v3["works_on"] == "x86-tdp-ad, arm64"


def test_readings_that_a_test_can_make_are_those_of_some_kernel(verdicts: pl.DataFrame) -> None:
    frame = selftest.knows(verdicts)
    assert frame.height == 33
    assert ("v4", "code", "n", "set") not in frame.select(
        "variant", "reading", "kconfig", "bit_0x8"
    ).rows()


def test_one_line_per_setting_and_one_column_per_mmu(verdicts: pl.DataFrame) -> None:
    lines = selftest.by_mmu(verdicts)
    assert lines.height == 17 * 4
    assert lines.columns[4:] == list(decisions.MMUS)


def test_no_variant_with_the_bit_ages_a_guest_where_it_reads_clear_and_6_12_has_none() -> None:
    """What the notebook and the reading group say, cell by cell."""
    frame = selftest.knows(selftest.table(selftest.verdicts()))
    assert set(frame.filter(bit_0x8="clear")["sure"]) == {"does not work"}
    without = dict(frame.filter(bit_0x8="-").select("variant", "sure").rows())
    assert without == {
        "existing": "does not work", "6.1": "does not work", "6.12": "works", "6.15": "works",
        "7.3": "works",
    }  # fmt: skip
