"""What a host's kernel means for its VMs: a row per release, from the functions that tell it."""

from mglru_lab.lab.mechanisms import experiments, for_operators


def test_a_row_per_release_says_who_is_asked_who_pays_and_what_is_kept() -> None:
    table = for_operators.by_release()
    rows = {row["kernel"]: row for row in table.iter_rows(named=True)}
    assert list(rows) == ["6.1", "6.12", "6.18", "7.3"]
    assert [row["x86"] for row in rows.values()] == ["not asked", "write", "none", "none"]
    assert [row["arm64"] for row in rows.values()] == ["not asked", "write", "write", "write"]
    assert rows["6.18"]["least"] == 2465
    assert rows["6.18"]["host"] == 19.8
    assert rows["6.12"]["process_moves"] == rows["6.12"]["guest_moves"] == 1
    moved = experiments.by_size([3500], ["6.12", "7.3"])
    process = moved.filter(by="a process")["swapins"]
    assert rows["7.3"]["process_moves"] == round(process[1] / process[0], 2)


def test_s390_is_asked_since_7_2() -> None:
    assert for_operators.asked("7.1", "s390") == "not asked"
    assert for_operators.asked("7.2", "s390") == "read"
