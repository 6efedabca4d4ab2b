from pathlib import Path

import pytest

from mglru_lab.recorder import packages
from mglru_lab.recorder.packages import KERNELS, KernelFiles, newest
from mglru_lab.recorder.tools import RecorderError

NAMES = [
    "linux-image-6.1.0-9-cloud-amd64",
    "linux-image-6.1.0-56-cloud-amd64",
    "linux-image-6.1.0-56-cloud-amd64-dbg",
    "linux-image-6.12.117+deb12-cloud-amd64",
    "linux-image-6.12.96+deb12-cloud-amd64",
    "linux-image-cloud-amd64",
]


def test_the_newest_kernel_is_the_one_with_the_highest_number() -> None:
    assert newest(NAMES, KERNELS["6.1"]) == "linux-image-6.1.0-56-cloud-amd64"
    assert newest(NAMES, KERNELS["6.12"]) == "linux-image-6.12.117+deb12-cloud-amd64"


def test_lists_without_the_kernel_say_what_to_do() -> None:
    with pytest.raises(RecorderError, match="run apt-get update as root"):
        newest(NAMES[-1:], KERNELS["6.1"])


@pytest.mark.parametrize("name", ["6.2", "", "../x", "6.1.0-56-amd64", "6.1/../x-cloud-amd64"])
def test_a_kernel_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(RecorderError, match=r"allowed are 6\.1, 6\.12, or a release"):
        packages.kernel(name)


def test_a_package_that_cannot_be_fetched_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*command: object, cwd: Path | None = None) -> str:
        assert cwd is not None
        (cwd / "half.deb").write_text("half")
        raise RecorderError("no network")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(packages, "run", refuse)
    monkeypatch.setattr(packages, "path", lambda program: program)
    with pytest.raises(RecorderError, match="no network"):
        packages.unpacked("busybox-static")
    assert list(packages.cache().iterdir()) == []


def test_where_the_files_of_a_kernel_are() -> None:
    files = KernelFiles("6.1.0-56-cloud-amd64", Path("/r"))
    assert files.image == Path("/r/boot/vmlinuz-6.1.0-56-cloud-amd64")
    assert files.modules == Path("/r/lib/modules/6.1.0-56-cloud-amd64")
