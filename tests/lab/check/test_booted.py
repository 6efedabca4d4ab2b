from pathlib import Path

from mglru_lab.lab.check import booted
from mglru_lab.recorder import image
from tests.recorder.fakes import ALL_NEEDED, bzimage, installed


def test_a_kernel_is_another_one_once_anything_that_it_boots_with_changes(tmp_path: Path) -> None:
    root = installed(tmp_path / "root")
    before = booted.checksum_of(image.own(root))
    assert booted.checksum_of(image.own(root)) == before
    for zram in root.rglob("zram.ko*"):
        zram.write_bytes(zram.read_bytes() + b"patched")
    assert booted.checksum_of(image.own(root)) != before


def test_images_without_modules_are_told_apart(tmp_path: Path) -> None:
    sums = []
    for release in ("7.3.0-a", "7.3.0-b"):
        file = tmp_path / release
        file.write_bytes(bzimage(release, ALL_NEEDED))
        sums.append(booted.checksum_of(image.own(file)))
    assert len(set(sums)) == 2
