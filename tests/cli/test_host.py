from pathlib import Path

from click.testing import CliRunner, Result

from mglru_lab.cli.main import main
from mglru_lab.paths import DATA


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


def test_a_watch_and_its_report(tmp_path: Path) -> None:
    root = DATA / "host_sample/1"
    watched = call("watch", "--root", root, "--every", 0, "--count", 2, "--out", tmp_path / "w")
    assert watched.exit_code == 0, watched.output
    shown = call("report", tmp_path / "w", "--used", 0.25).output
    assert "2 snapshots" in shown
    assert "If a guest used 0.25 of such a memcg's pages" in shown


def test_errors_have_no_traceback(tmp_path: Path) -> None:
    for words in (("snapshot", "--root", tmp_path), ("report", tmp_path)):
        shown = call(*words)
        assert shown.exit_code == 2
        assert str(tmp_path) in shown.output
        assert "Traceback" not in shown.output
