from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mglru_lab.cli.main import main


def call(*words: object) -> Result:
    return CliRunner().invoke(main, ["trace", *map(str, words)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "x.csv"
    path.write_text("t,page\n0,5\n0,6\n1,5\n")
    return path


def test_info_tells_footprint_and_reuse(file: Path) -> None:
    shown = call("info", file).output
    assert "| pages touched (footprint)                | 2     |" in shown
    assert "| first touch | 0.6667 |" in shown


def test_convert_writes_what_the_name_says(file: Path, tmp_path: Path) -> None:
    shown = call("convert", file, tmp_path / "y.oracleGeneral")
    assert "3 touches of 2 pages" in shown.output
    assert (tmp_path / "y.oracleGeneral").stat().st_size == 3 * 24


def test_columns_are_named_and_notes_told(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("0,ab:x1,17,213,4,get,0\n0,ab:x2,27,27,5,get,0\n")
    shown = call("info", tmp_path / "x.csv")
    assert shown.exit_code == 2
    assert "it looks like Twitter's cache traces" in shown.output
    shown = call("info", tmp_path / "x.csv", "--columns", "t=1,key=2,w=6")
    assert "| pages touched (footprint)                | 2     |" in shown.output
    made = call("convert", tmp_path / "x.csv", tmp_path / "y.parquet", "--columns", "key=2")
    assert "2 touches of 2 pages" in made.output
    record = (
        '[{"scheme_filters": [{"filter_type": "anon"}], "snapshots": [{"end_time": "1", '
        '"regions": [{"start": 0, "end": 65536, "nr_accesses": 3, "sz_filter_passed": 16384}]}]}]'
    )
    (tmp_path / "x.damo").write_text(record)
    noted = call("info", tmp_path / "x.damo").output
    assert "Note: a filter was on (anon): of 16 touches of pages 4 passed it." in noted


@pytest.mark.parametrize(
    ("out", "message"),
    [("y.lackey", "format 'lackey' is not written"), ("y.what", "its name tells no format")],
)
def test_what_cannot_be_written_is_refused(
    file: Path, tmp_path: Path, out: str, message: str
) -> None:
    shown = call("convert", file, tmp_path / out)
    assert shown.exit_code == 2
    assert message in shown.output
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_damage_is_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("page\nfive\n")
    for words in (("info",), ("convert",)):
        out = [tmp_path / "y.npy"] if words == ("convert",) else []
        shown = call(*words, tmp_path / "x.csv", *out)
        assert shown.exit_code == 2
        assert "x.csv: line 2: column page: 'five' is not allowed" in shown.output
        assert "Traceback" not in shown.output
