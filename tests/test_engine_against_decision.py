"""The engine obeys the decision, in every case: generations, questions by lock, look-around."""

from collections.abc import Iterator

import pytest

import mglru_lab as ml
from mglru_lab.lab.thread.decisions import Row, rows
from mglru_lab.policy.variants import VARIANTS

pytestmark = pytest.mark.slow

PAGES = 512
CODE = 1  # a page with the guest's program

# The first aging, with all bits on, clears the primary bits that the faults set.
SCENARIO = f"""
enabled 0xf
region {PAGES} kvm
touch 0 {PAGES}
settle
age
enabled BITS
touch 0 {PAGES}
stat before
age
dump aged
age
age
touch 0 {PAGES}
stat sunk
evict all 200 1
stat secondary
age
age
age
utouch 0 {PAGES}
stat again
evict all 200 1
stat primary
"""


def _kernel(row: Row) -> ml.Kernel:
    return ml.Kernel(
        variant=row.variant,
        reading=row.reading,
        rules="6.12",
        kconfig=bool(row.kconfig),
        mmu=row.mmu,
    )


def _asked(run: ml.Run, event: str, where: str) -> dict[str, int]:
    found = run.events.filter(event=event, where=where).select("lock", "count")
    return dict(found.iter_rows())


def _expected_walk(row: Row, run: ml.Run) -> Iterator[tuple[object, object]]:
    """Pages touched by the guest alone are one behind if the walk saw it, else two."""
    before, after = run.counters("before"), run.counters("primary")
    saw = row.aging_harvests == "yes"
    generations = run.page_generations("aged")
    yield set(generations.tolist()), {1} if saw else {2}
    asked = _asked(run, "secondary MMU asked", "aging")
    if saw:
        yield asked.keys(), {row.aging_lock}
        aged = run.counters("aged")
        yield aged["asks_aging"] - before["asks_aging"], PAGES + CODE
        yield aged["found_aging"] - before["found_aging"], PAGES + CODE
    else:
        yield after["asks_aging"] - before["asks_aging"], 0
        yield after["found_aging"] - before["found_aging"], 0
        if row.aging_harvests == "tdp-part":
            yield asked.keys(), {"in vain"}


@pytest.mark.parametrize(("variant", "reading"), VARIANTS)
def test_every_cell(variant: str, reading: str) -> None:
    all_rows = list(rows([variant], reading))
    assert len(all_rows) == 2 * 2 * 2 * 8
    for row in all_rows:
        bits = f"{0x1 | 2 * row.mm_walk_0x2 | 8 * row.bit_0x8:#x}"
        run = ml.run(ml.Scenario(SCENARIO.replace("BITS", bits)), _kernel(row))
        for got, expected in _expected_walk(row, run):
            assert got == expected, row
        assert _asked(run, "secondary MMU asked", "eviction").keys() == {row.eviction_lock}, row
        _check_look_around(row, run)


def _check_look_around(row: Row, run: ml.Run) -> None:
    """Eviction meets pages young in the secondary MMU, later pages young in the primary one."""
    at = {label: run.counters(label)["lookarounds"] for label in run.snapshots}
    by_secondary = at["secondary"] > at["sunk"]
    by_primary = at["primary"] > at["again"]
    if row.lookaround_if_primary_young != "user-choice":
        assert by_secondary == (row.lookaround_if_secondary_young == "yes"), row
        assert by_primary == (row.lookaround_if_primary_young == "yes"), row
    asked = _asked(run, "secondary MMU asked", "look-around")
    if row.lookaround_window in ("none", "primary") or not (by_primary or by_secondary):
        assert asked == {}, row
    elif row.lookaround_window == "secondary":
        assert asked.keys() == {row.eviction_lock}, row
    else:
        assert asked.keys() <= {"none", "read", "in vain"}, row
        assert len(asked) == 1, row
