from pathlib import Path

import pytest

from mglru_lab.lab.host import snapshots
from mglru_lab.lab.host.snapshots import began_anew, history, moved
from mglru_lab.lab.host.text import HostError
from mglru_lab.paths import DATA
from tests.lab.host.made import VM, lru_gen, put

SAMPLE = DATA / "host_sample"


def test_watching_takes_that_many_snapshots(tmp_path: Path) -> None:
    told: list[str] = []
    snapshots.watch(SAMPLE / "0", tmp_path / "w", 0, 3, told.append)
    assert len(told) == len(history(tmp_path / "w")) == 3
    assert told[0].endswith(": 1 memcgs")


def test_watching_what_shows_nothing_writes_nothing(tmp_path: Path) -> None:
    put(tmp_path / "h")
    with pytest.raises(HostError, match="lru_gen is missing"):
        snapshots.watch(tmp_path / "h", tmp_path / "w", 0, 3, print)
    assert not (tmp_path / "w").exists()


def test_no_snapshot_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="no snapshot in it"):
        history(tmp_path)


def test_one_flaw_costs_one_snapshot(tmp_path: Path) -> None:
    put(tmp_path / "a", lru_gen=lru_gen((1, "/")), taken="10\n")
    put(tmp_path / "b", taken="20\n")  # not root
    put(tmp_path / "c", release="Linux\n")
    put(tmp_path / "d", lru_gen=lru_gen((1, "/")) + "memcg x\n", taken="30\n")
    put(tmp_path / ".e.4711", lru_gen=lru_gen((1, "/")))  # interrupted
    found = history(tmp_path).usable
    assert [host.taken for host in found] == [10, 30]
    assert len(found.flaws) == 3
    said = "\n".join(found.flaws)
    assert f"{tmp_path / 'b'}: /sys/kernel/debug/lru_gen is missing" in said
    assert "'Linux\\n' does not begin" in said
    assert "line 5: 'x' is no memcg's number" in said


def test_where_no_snapshot_is_usable_the_reason_is_told(tmp_path: Path) -> None:
    put(tmp_path / "a", taken="1\n")
    with pytest.raises(HostError, match="lru_gen is missing: debugfs is read by root"):
        _ = history(tmp_path).usable


def pair(root: Path, first: dict[str, str], last: dict[str, str]) -> snapshots.History:
    for name, taken, texts in (("0", "0\n", first), ("1", "10\n", last)):
        put(root / name, **{"taken": taken, "lru_gen": lru_gen((44, VM))} | texts)
    return history(root)


def test_what_reclaim_counted_is_the_difference_of_last_and_first(tmp_path: Path) -> None:
    found = pair(
        tmp_path,
        {"vmstat": "pswpin 1\n", "stat": "pgscan 5\n"},
        {"vmstat": "pswpin 4\n", "stat": "pgscan 105\n"},
    )
    assert moved(found, VM).rows() == [("pswpin", 3, None), ("pgscan", None, 100)]
    assert not began_anew(found, VM)
    assert moved(history(SAMPLE), "/o_k_mixed_en7").is_empty()


def test_a_vm_started_anew_does_not_compare_with_the_one_before(tmp_path: Path) -> None:
    found = pair(
        tmp_path,
        {"vmstat": "pswpin 5\n", "stat": "pgscan 800\n"},
        {"vmstat": "pswpin 9\n", "stat": "pgscan 900\n", "lru_gen": lru_gen((45, VM))},
    )
    assert moved(found, VM).rows() == [("pswpin", 4, None)]
    (why,) = began_anew(found, VM)
    assert why.endswith("was made anew: its number was 44 and is 45.")


def test_counters_that_begin_again_at_0_do_not_compare(tmp_path: Path) -> None:
    found = pair(
        tmp_path,
        {"vmstat": "pswpin 5\n", "stat": "pgscan 800\n"},
        {"vmstat": "pswpin 9\n", "stat": "pgscan 1\n"},
    )
    assert moved(found, VM).rows() == [("pswpin", 4, None)]
    assert "its counters began at 0 again" in began_anew(found, VM)[0]


def test_two_boots_do_not_compare(tmp_path: Path) -> None:
    found = pair(tmp_path / "x", {"vmstat": "pswpin 5\n"}, {"vmstat": "pswpin 1\n"})
    assert moved(found, VM).is_empty()
    assert "pswpin of the machine went backwards" in began_anew(found, VM)[0]
    found = pair(
        tmp_path / "y",
        {"vmstat": "pswpin 5\n", "boot": "a\n"},
        {"vmstat": "pswpin 50\n", "boot": "b\n"},
    )
    assert moved(found, VM).is_empty()
    assert "The machine was started anew between" in began_anew(found, VM)[0]
