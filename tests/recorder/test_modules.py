import gzip
import lzma
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mglru_lab.recorder.modules import Modules, needs
from mglru_lab.recorder.tools import RecorderError
from tests.recorder.fakes import module


def _zstd(data: bytes) -> bytes:
    if not shutil.which("zstd"):
        pytest.skip("no zstd is installed to pack with")
    return subprocess.run(["zstd", "-c"], input=data, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    ("end", "pack"),
    [("", bytes), (".xz", lzma.compress), (".gz", gzip.compress), (".zst", _zstd)],
)
def test_modules_come_plain_whatever_they_are_packed_with(
    tmp_path: Path, end: str, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / f"kvm-amd.ko{end}").write_bytes(pack(module("kvm")))
    (tmp_path / f"kvm.ko{end}").write_bytes(pack(module("irqbypass", soft="crc32c-x sha2")))
    (tmp_path / f"crc32c_x.ko{end}").write_bytes(pack(module()))
    (tmp_path / f"irqbypass.ko{end}").write_bytes(pack(module()))
    found = Modules.installed(tmp_path).in_order(["kvm-amd", "nothing"])
    assert list(found) == ["irqbypass.ko", "crc32c_x.ko", "kvm.ko", "kvm_amd.ko"]
    assert all(data.startswith(b"\x7fELF") for data in found.values())


def test_what_a_module_needs_is_in_its_modinfo() -> None:
    assert needs(module()) == []
    assert needs(module("a,b-c", soft="d e")) == ["a", "b-c", "d", "e"]
    assert needs(b"\x7fELF") == []


def test_modules_that_need_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "a.ko").write_bytes(module("b"))
    (tmp_path / "b.ko").write_bytes(module(soft="a"))
    assert sorted(Modules.installed(tmp_path).in_order(["a"])) == ["a.ko", "b.ko"]


def test_a_damaged_module_is_named(tmp_path: Path) -> None:
    (tmp_path / "zram.ko.xz").write_bytes(b"\xfd7zXZ\x00broken")
    with pytest.raises(RecorderError, match=r"zram.ko.xz: damaged xz data"):
        Modules.installed(tmp_path).in_order(["zram"])
    (tmp_path / "brd.ko").write_bytes(b"text")
    with pytest.raises(RecorderError, match=r"brd.ko: no kernel module"):
        Modules.installed(tmp_path).in_order(["brd"])


def test_what_is_built_in_is_known_only_where_a_file_says_so(tmp_path: Path) -> None:
    assert Modules.installed(tmp_path).has("zram") is None
    (tmp_path / "modules.builtin").write_text("kernel/virtio-pci.ko\n")
    found = Modules.installed(tmp_path)
    assert (found.has("virtio_pci"), found.has("zram")) == (True, False)
