import gzip
import struct
from pathlib import Path

import pytest

from mglru_lab.scenario.traces import formats, source
from mglru_lab.scenario.traces.entries import TraceError

ORACLE = b"".join(struct.pack("<IQIq", t, t % 3, 4096, -1) for t in range(6))


def test_gzip_is_read_straight_whatever_its_name(tmp_path: Path) -> None:
    for name in ("x.oracleGeneral.gz", "x.oracleGeneral"):
        (tmp_path / name).write_bytes(gzip.compress(ORACLE))
        assert formats.read(tmp_path / name)["page"].n_unique() == 3
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"page\n1\n"))
    assert formats.read(tmp_path / "x.csv.gz").height == 1


def test_zstd_is_read_straight_in_several_frames(tmp_path: Path) -> None:
    zstd = pytest.importorskip("backports.zstd")
    packed = zstd.compress(ORACLE[:24]) + zstd.compress(ORACLE[24:])
    (tmp_path / "x.oracleGeneral.zst").write_bytes(packed)
    assert formats.read(tmp_path / "x.oracleGeneral.zst")["n"].sum() == 6
    (tmp_path / "y.oracleGeneral.zst").write_bytes(packed[:-5])
    with pytest.raises(TraceError, match="packed by zstd, but damaged"):
        formats.read(tmp_path / "y.oracleGeneral.zst")


def test_without_zstd_the_way_on_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("compression", "backports"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    (tmp_path / "x.oracleGeneral.zst").write_bytes(b"\x28\xb5\x2f\xfd....")
    with pytest.raises(TraceError, match=r"unpack it first: zstd -d x.oracleGeneral.zst"):
        formats.read(tmp_path / "x.oracleGeneral.zst")


def test_what_unpacks_to_too_much_or_is_cut_off_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.oracleGeneral.gz"
    path.write_bytes(gzip.compress(ORACLE)[:-9])
    with pytest.raises(TraceError, match="packed by gzip, but damaged"):
        formats.read(path)
    monkeypatch.setattr(source, "MOST_BYTES", 100)
    path.write_bytes(gzip.compress(ORACLE))
    with pytest.raises(TraceError, match="more than 100 bytes when unpacked"):
        formats.read(path)


@pytest.mark.parametrize("name", ["x.parquet", "x.npy"])
def test_what_is_read_by_its_path_has_to_be_unpacked(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(b"PAR1"))
    with pytest.raises(TraceError, match=f"unpack it first: gzip -d {name}.gz"):
        formats.read(tmp_path / f"{name}.gz")


def test_nothing_is_written_packed_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("page\n1\n")
    table = formats.read(tmp_path / "x.csv")
    with pytest.raises(TraceError, match=r"written unpacked; name it without \.gz"):
        formats.write(table, tmp_path / "y.csv.gz")
