import pytest

import mglru_lab as ml
from mglru_lab.lab.thread import decisions
from tests import truth

COLUMNS = [
    "variant", "reading", "kconfig", "bit_0x8", "mm_walk_0x2", "mmu", "aging_harvests",
    "aging_lock", "eviction_lock", "lookaround_if_primary_young", "lookaround_if_secondary_young",
    "lookaround_window",
]  # fmt: skip


def test_the_table_has_every_case_once() -> None:
    table = ml.decision_table()
    assert table.columns == COLUMNS
    assert table.height == table.select(COLUMNS[:6]).n_unique() == (16 * 8 + 9) * 2 * 2 * 2


def test_every_case_is_the_one_written_by_hand() -> None:
    for row in decisions.rows():
        of = (row.variant, row.reading, row.mmu)
        kconfig, bit, walk = bool(row.kconfig), bool(row.bit_0x8), bool(row.mm_walk_0x2)
        lock = truth.aging(*of, kconfig, bit, walk)
        harvests = {"no": ("no", "-"), "part": ("tdp-part", "none")}.get(lock, ("yes", lock))
        assert (row.aging_harvests, row.aging_lock) == harvests, row
        evict = truth.cells(truth.EVICTION)[of]
        assert row.eviction_lock == truth.LOCKS.get(evict, evict), row
        assert row.lookaround_if_secondary_young == truth.entry(*of, bit), row
        if row.variant in ("exact", "proposed"):
            assert row.lookaround_if_primary_young == "user-choice"
            continue
        window = truth.window(*of, bit)
        assert row.lookaround_window == window, row
        assert row.lookaround_if_primary_young == ("no" if window == "none" else "yes"), row


def test_a_chosen_look_around_rule_leaves_no_choice() -> None:
    rows = list(decisions.rows(["exact"], look_around="6.12"))
    assert {c.lookaround_if_secondary_young for c in rows} == {"yes"}
    assert {c.lookaround_window for c in rows} == {"secondary"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"variants": ["v9"]}, "variant 'v9' is unknown"),
        ({"mmus": ["arm"]}, "mmu 'arm' is unknown"),
        ({"variants": ["v5"], "reading": "mail"}, "reading of v5 'mail' is unknown"),
        ({"look_around": "v9"}, "look_around 'v9' is unknown"),
    ],
)
def test_a_wrong_name_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(decisions.rows(**wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "mmu", "said"),
    [
        ("v5", "x86-tdp-nested", "no: v5 reports FAST_FAILED once the VM has rmaps."),
        ("v6", "x86-tdp-nested", "in part: v6's fast-only call reads the TDP MMU's entry only"),
        ("6.12", "other", "yes, with mmu_lock, a spinlock"),
        ("v4", "x86-tdp-ad", "no: CONFIG_LRU_GEN_WALKS_SECONDARY_MMU is not set"),
        ("proposed+kconfig", "arm64", "yes, with mmu_lock for read"),
        ("exact", "arm64", "no: the call would take mmu_lock for read"),
        ("v4+kconfig", "x86-tdp-ad", "It never looks around in a process with a VM."),
        ("exact", "x86-tdp-ad", "left open by the mail"),
        ("7.3", "s390", "yes, with mmu_lock for read"),
        ("6.12", "s390", "Nobody asks about a guest page: before 7.2 KVM has no notifiers on s390"),
    ],
)
def test_a_case_in_words_says_why(name: str, mmu: str, said: str) -> None:
    assert said in decisions.sentence(ml.Kernel.parse(name, mmu=mmu))


def test_the_sentence_is_that_of_the_table() -> None:
    for row in decisions.rows(kconfig=True, bits=0xF):
        kernel = ml.Kernel(variant=row.variant, reading=row.reading, kconfig=True, mmu=row.mmu)
        starts = {"yes": "? yes, with", "no": "? no: ", "tdp-part": "? in part: "}
        assert starts[row.aging_harvests] in decisions.sentence(kernel)


def test_grids_have_a_line_per_variant_and_a_column_per_mmu() -> None:
    grid = decisions.by_mmu(decisions.rows(kconfig=True, bits=0xF), decisions.harvests)
    assert grid.columns == ["variant", "reading", *truth.MMUS, "s390"]
    assert dict(grid.select("variant", "s390").iter_rows()) == {
        name: "yes/read" if name == "7.3" else "-" for name in grid["variant"]
    }
    assert grid.filter(variant="v6")["x86-tdp-nested"].item() == "tdp-part/none"
    looks = decisions.by_mmu(decisions.rows(kconfig=True, bits=0xF), decisions.looks)
    assert looks.filter(variant="6.12")["arm64"].item() == "either/secondary"
    assert set(looks.filter(variant="v4")["arm64"]) == {"never"}
