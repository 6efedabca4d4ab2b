from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mglru_lab.cli.host import SHOWN
from mglru_lab.cli.main import main
from mglru_lab.paths import DATA
from tests.lab.host.made import VM, lru_gen, put


def call(*words: object) -> Result:
    return CliRunner().invoke(main, ["host", *map(str, words)])


def test_a_snapshot_tells_rules_and_generations_and_is_kept(tmp_path: Path) -> None:
    shown = call("snapshot", "--root", DATA / "host_sample/1", "--out", tmp_path / "kept")
    assert shown.exit_code == 0, shown.output
    assert "the rules of 6.12.\n" in shown.output
    assert "| /o_k_mixed_en7 | 0    | 3   | 192    | 1,792 | 0    | 2        |" in shown.output
    assert (tmp_path / "kept" / "taken").exists()
    again = call("snapshot", "--root", DATA / "host_sample/1", "--out", tmp_path / "kept")
    assert again.exit_code == 2
    assert "Traceback" not in again.output


def test_a_snapshot_without_generations_is_not_kept(tmp_path: Path) -> None:
    root = put(tmp_path / "h", vmstat="nr_active_anon 6\nnr_active_file 8\n")
    shown = call("snapshot", "--root", root, "--out", tmp_path / "kept")
    assert shown.exit_code == 2
    assert "| two youngest generations | 6    | 8    |" in shown.output
    assert "lru_gen is missing: debugfs is read by root" in shown.output
    assert [path.name for path in tmp_path.iterdir()] == ["h"]


def test_of_thousands_of_memcgs_the_largest_are_shown(tmp_path: Path) -> None:
    many = "".join(lru_gen((i, f"/pod{i}"), pages=i) for i in range(1, 1501))
    root = put(tmp_path / "h", lru_gen=many)
    shown = call("snapshot", "--root", root).output
    assert len(shown.splitlines()) < SHOWN + 10
    assert "| 1500  | /pod1500 " in shown
    assert "| all   | 1,500 memcgs in all |" in shown
    assert "1,480 smaller memcgs are not shown" in shown
    one = call("snapshot", "--root", root, "--memcg", "/pod7").output
    assert one.count("| 7     | /pod7 |") == 2
    assert call("snapshot", "--root", root, "--memcg", "7").output == one
    none = call("snapshot", "--root", root, "--memcg", "/x")
    assert none.exit_code == 2
    assert "memcg '/x': there is none; the largest are /pod1500" in none.output


def test_a_number_of_64_bits_is_shown_as_it_is_given(tmp_path: Path) -> None:
    root = put(tmp_path / "h", lru_gen="memcg 4294969345 /a\n node 0\n 3 9 1 1 \n 4 4 1 1 \n")
    assert "| 4294969345 | /a " in call("snapshot", "--root", root).output
    assert "| 4294969345 | /a " in call("snapshot", "--root", root, "--memcg", 4294969345).output


def test_a_watch_and_its_report(tmp_path: Path) -> None:
    root = DATA / "host_sample/1"
    watched = call("watch", "--root", root, "--every", 0, "--count", 2, "--out", tmp_path / "w")
    assert watched.exit_code == 0, watched.output
    shown = call("report", tmp_path / "w", "--used", 0.25).output
    assert "2 snapshots" in shown
    assert (
        "On the model of this host (rules of 6.12, KVM of 6.12, x86-tdp-ad, enabled 0x0007)"
        in shown
    )
    assert "if a guest used 0.25" in shown


def test_a_report_tells_what_it_leaves_out_and_goes_on(tmp_path: Path) -> None:
    texts = {"lru_gen": lru_gen((44, VM)), "arch": "aarch64\n", "release": "6.12.3\n"}
    put(tmp_path / "a", vmstat="pswpin 5\n", stat="pgscan 800\n", taken="10\n", **texts)
    put(tmp_path / "b", taken="15\n")
    texts["lru_gen"] = lru_gen((45, VM)) + "memcg x\n"
    put(tmp_path / "c", vmstat="pswpin 9\n", stat="pgscan 3\n", taken="20\n", **texts)
    shown = call("report", tmp_path, "--used", 0.25)
    assert shown.exit_code == 0, shown.output
    assert "this snapshot is left out" in shown.output
    assert "'x' is no memcg's number" in shown.output
    assert "| pswpin  | 4       | null  |" in shown.output
    assert "was made anew: its number was 44 and is 45" in shown.output
    assert "(rules of 6.12, KVM of 6.12, arm64, enabled" in shown.output


def test_mglru_that_is_off_ends_the_report(tmp_path: Path) -> None:
    put(tmp_path / "h", enabled="0x0000\n", lru_gen=lru_gen((1, "/"), pages=0))
    shown = call("report", tmp_path / "h")
    assert shown.exit_code == 0
    assert shown.output == (
        "Linux 6.8.12: MGLRU is off (enabled 0x0000): the classic LRU reclaims.\n"
    )


def test_without_root_a_report_says_so(tmp_path: Path) -> None:
    shown = call("report", put(tmp_path / "h", vmstat="nr_active_anon 6\nnr_active_file 8\n"))
    assert shown.exit_code == 2
    assert "two youngest generations" in shown.output
    assert "debugfs is read by root" in shown.output


@pytest.mark.parametrize("command", ["snapshot", "watch", "report"])
def test_errors_have_no_traceback(tmp_path: Path, command: str) -> None:
    words = {
        "snapshot": ("--root", tmp_path),
        "watch": ("--root", tmp_path, "--out", tmp_path / "w"),
        "report": (tmp_path,),
    }[command]
    shown = call(command, *words)
    assert shown.exit_code == 2
    assert str(tmp_path) in shown.output
    assert "Traceback" not in shown.output
