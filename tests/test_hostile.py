"""What users see of files that mean harm or are broken: one line, exit code 2, nothing touched."""

import struct
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mglru_lab.cli.main import main

NUMPY = b"\x93NUMPY\x01\x00"
HUGE = b"{'descr': '<i8', 'fortran_order': False, 'shape': (1152921504606846976,), }"
FILES = {
    "empty": b"",
    "wrong magic": b"MZ\x90\x00",
    "parquet without a footer": b"PAR1" + bytes(20),
    "parquet with a footer of 4 GB": b"PAR1" + b"\xff\xff\xff\xffPAR1",
    "numpy of 2^60 rows": NUMPY + struct.pack("<H", len(HUGE) + 1) + HUGE + b"\n",
    "not a number": b"page,t\nnan,1\n",
    "negative": b"page,t\n-1,1\n",
    "column twice": b"page,page\n1,2\n",
    "a formula": b"page\n=cmd|' /C calc'!A0\n",
    "a script": b"<script>alert(1)</script>\n",
    "zero bytes": bytes(7),
    "no text": b"\xff\xfe\x00region 8 anon",
}
READERS = {
    "run x.scn": ("run", "x.scn"),
    "compare x.scn": ("compare", "x.scn", "--variants", "existing,6.12"),
    "threshold x.scn": ("threshold", "x.scn"),
    "sweep x.toml": ("sweep", "x.toml", "--out", "made"),
    "trace info x.csv": ("trace", "info", "x.csv"),
    "trace info x.npy": ("trace", "info", "x.npy"),
    "trace convert x.parquet": ("trace", "convert", "x.parquet", "made.csv"),
    "trace convert x.lackey": ("trace", "convert", "x.lackey", "made.csv"),
    "trace convert x.damo": ("trace", "convert", "x.damo", "made.u32"),
    "trace convert x.oracleGeneral": ("trace", "convert", "x.oracleGeneral", "made.u32"),
    "convert x.txt": ("convert", "x.txt", "--out", "made"),
    "report -f x.yaml": ("report", "-f", "x.yaml", "--out", "made.html"),
    "report x.ipynb": ("report", "x.ipynb", "--out", "made.html"),
}
FINE = {
    # An empty scenario does nothing, and says so; these are bytes that such a file may hold.
    ("run x.scn", "empty"), ("compare x.scn", "empty"), ("threshold x.scn", "empty"),
    ("sweep x.toml", "empty"), ("report -f x.yaml", "empty"),
    ("trace convert x.oracleGeneral", "a formula"),  # 24 bytes are a record, whatever they say
}  # fmt: skip


def call(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    monkeypatch.chdir(folder)
    return CliRunner().invoke(main, words)


@pytest.mark.parametrize(
    ("reader", "kind"),
    [(reader, kind) for reader in READERS for kind in FILES if (reader, kind) not in FINE],
)
def test_a_hostile_file_is_told_in_a_line_and_nothing_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, kind: str
) -> None:
    file = tmp_path / reader.split()[-1]
    file.write_bytes(FILES[kind])
    shown = call(tmp_path, monkeypatch, *READERS[reader])
    assert shown.exit_code == 2, shown.output
    assert "\nError: " in f"\n{shown.output}"
    assert "Traceback" not in shown.output
    assert "--debug" not in shown.output, "an error that was foreseen"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert file.read_bytes() == FILES[kind]


def test_debug_shows_where_an_error_arose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.scn").write_text("toch\n")
    plain = call(tmp_path, monkeypatch, "run", "x.scn")
    shown = call(tmp_path, monkeypatch, "--debug", "run", "x.scn")
    assert (plain.exit_code, shown.exit_code) == (2, 2)
    assert "Traceback" not in plain.output
    assert "language.py" in shown.output
    assert shown.output.endswith(plain.output)


def test_an_error_that_nobody_foresaw_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr("mglru_lab.cli.run.run", broken)
    (tmp_path / "x.scn").write_text("region 8 anon\n")
    shown = call(tmp_path, monkeypatch, "run", "x.scn")
    assert shown.exit_code == 2
    assert "Error: ZeroDivisionError: of ours (mglru-lab --debug ... shows where)" in shown.output


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "..\\outside", "a/../../outside"])
def test_names_lead_to_no_file_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A trace is looked up by its last part; labels and kernels name no file at all."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside").write_bytes(bytes(8))
    (inside / "x.scn").write_text(f"region 8 anon\ntrace {name}\nstat end\n")
    shown = call(inside, monkeypatch, "run", "x.scn")
    assert shown.exit_code == 2
    assert "is in none of" in shown.output
    (inside / "x.scn").write_text(f"region 8 anon\nstat {name}\ndump <script>{name}\n")
    assert call(inside, monkeypatch, "run", "x.scn").exit_code == 0
    assert sorted(path.name for path in inside.iterdir()) == ["x.scn"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside", "outside"]


@given(data=st.binary(max_size=300))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_debugfs_text_is_a_host_or_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    root = tmp_path / "root"
    for name in ("sys/kernel/debug/lru_gen", "sys/kernel/mm/lru_gen/enabled"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / "sys/kernel/debug/lru_gen").write_bytes(data)
    (root / "sys/kernel/mm/lru_gen/enabled").write_bytes(b"0x0007\n")
    shown = call(tmp_path, monkeypatch, "host", "snapshot", "--root", "root")
    assert shown.exit_code in (0, 2)
    assert "Traceback" not in shown.output
    assert "--debug" not in shown.output, "an error that was foreseen"


def test_a_table_of_a_trace_with_huge_or_missing_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, table in enumerate(
        [
            pl.DataFrame({"t": [0, 1], "page": [1, 2**60]}),
            pl.DataFrame({"t": [0, 1], "page": [1.0, float("nan")]}),
            pl.DataFrame({"t": [0, None], "page": [1, 2]}),
            pl.DataFrame({"t": [2, 1], "page": [1, -2]}),
        ]
    ):
        table.write_parquet(tmp_path / f"{number}.parquet")
        shown = call(tmp_path, monkeypatch, "trace", "info", f"{number}.parquet")
        assert (shown.exit_code, "--debug" in shown.output) == (2, False), shown.output
