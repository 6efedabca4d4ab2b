import gzip
from pathlib import Path

import pytest

from mglru_lab.recorder import image, kconfig
from mglru_lab.recorder.tools import RecorderError
from tests.recorder.fakes import ALL_NEEDED, arm64_image, bzimage, installed, module


def test_an_image_by_itself_tells_its_release_and_its_configuration(tmp_path: Path) -> None:
    file = tmp_path / "bzImage"
    file.write_bytes(bzimage("7.3.0-mine", "CONFIG_LRU_GEN=y\n# CONFIG_ZRAM is not set\n"))
    found = image.own(file)
    assert (found.release, found.arch, found.modules) == ("7.3.0-mine", "amd64", None)
    assert found.config == {"LRU_GEN": "y"}


@pytest.mark.parametrize(
    ("name", "config"), [("vmlinuz-7.3.0-mine", "config-7.3.0-mine"), ("bzImage", ".config")]
)
def test_a_configuration_beside_the_image_is_read(tmp_path: Path, name: str, config: str) -> None:
    (tmp_path / name).write_bytes(bzimage())
    (tmp_path / config).write_text("CONFIG_MEMCG=y\n")
    assert image.own(tmp_path / name).config == {"MEMCG": "y"}


@pytest.mark.parametrize("name", ["bzImage", "mine"])
def test_an_image_without_any_configuration_may_still_be_booted(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(bzimage())
    assert image.own(file).config is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no Linux kernel image"),
        (b"#!/bin/sh\n" + bytes(2000), "no Linux kernel image"),
        (bzimage(bits=32), "a 32-bit x86 kernel"),
        (bzimage()[:1050], r"cut off: 1050 of \d+ bytes are there"),
        (
            b"\x7fELF" + bytes(14) + b"\x3e\0" + bytes(1000),
            r"an ELF file \(x86-64\), perhaps vmlin",
        ),
        (b"\x7fELF" + bytes(14) + b"\xf3\0" + bytes(1000), r"an ELF file \(RISC-V\)"),
        (bytes(56) + b"RSC\x05" + bytes(1000), "a RISC-V kernel"),
        (bytes(56) + b"ARM\x64" + bytes(1000), "does not tell its release"),
        (b"\x1f\x8b\x08broken", "damaged gzip data"),
    ],
)
def test_a_file_that_is_no_kernel_is_refused_with_the_reason(
    tmp_path: Path, data: bytes, why: str
) -> None:
    file = tmp_path / "k"
    file.write_bytes(data)
    with pytest.raises(RecorderError, match=f"/k: .*{why}"):
        image.own(file)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_arm64_image_is_read_plain_and_packed(tmp_path: Path, pack: type[bytes]) -> None:
    file = tmp_path / "Image"
    file.write_bytes(pack(arm64_image("7.3.1")))
    found = image.own(file)
    assert (found.release, found.arch) == ("7.3.1", "arm64")


def test_an_installed_kernel_comes_with_its_modules(tmp_path: Path) -> None:
    found = image.own(installed(tmp_path))
    assert found.image == tmp_path / "boot" / "vmlinuz-7.3.0-mine"
    assert found.modules is not None
    assert list(found.modules.in_order(["zram"])) == ["lzo_compress.ko", "zram.ko"]
    assert found.config == kconfig.parse(ALL_NEEDED)


def test_the_modules_folder_names_one_of_several_kernels(tmp_path: Path) -> None:
    installed(tmp_path)
    (tmp_path / "boot" / "vmlinuz-6.18.1").write_bytes(bzimage("6.18.1"))
    with pytest.raises(
        RecorderError, match=r"2 kernels in it; name one of .*lib/modules/7.3.0-mine"
    ):
        image.own(tmp_path)
    assert image.own(tmp_path / "lib" / "modules" / "7.3.0-mine").release == "7.3.0-mine"


def test_a_kernel_beside_its_modules_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "usr" / "lib" / "modules" / "7.3.0-mine"
    folder.mkdir(parents=True)
    (folder / "vmlinuz").write_bytes(bzimage())
    (folder / "config").write_text("CONFIG_SWAP=y\n")
    for where in (tmp_path, folder):
        found = image.own(where)
        assert (found.image, found.config) == (folder / "vmlinuz", {"SWAP": "y"})


def tree(folder: Path) -> Path:
    for name in ("Kbuild", "Kconfig"):
        (folder / name).touch()
    return folder


def test_a_built_source_tree_has_its_image_and_the_modules_of_its_order(tmp_path: Path) -> None:
    tree(tmp_path)
    boot = tmp_path / "arch" / "x86" / "boot"
    boot.mkdir(parents=True)
    (boot / "bzImage").write_bytes(bzimage())
    (tmp_path / "drivers").mkdir()
    (tmp_path / "drivers" / "zram.ko").write_bytes(module())
    (tmp_path / "modules.order").write_text("drivers/zram.o\ndrivers/gone.o\n")
    (tmp_path / ".config").write_text("CONFIG_ZRAM=m\n")
    found = image.own(tmp_path)
    assert found.modules is not None
    assert list(found.modules.files) == ["zram"]
    assert found.config == {"ZRAM": "m"}


def test_a_tree_that_is_not_built_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecorderError, match="not built: it has no arch/x86/boot/bzImage and no"):
        image.own(tree(tmp_path))


def test_a_folder_without_a_kernel_and_a_path_to_nothing_are_named(tmp_path: Path) -> None:
    with pytest.raises(RecorderError, match="no kernel in it: looked for boot/vmlinuz-RELEASE"):
        image.own(tmp_path)
    with pytest.raises(RecorderError, match=r"/none: there is no such kernel"):
        image.own(tmp_path / "none")
