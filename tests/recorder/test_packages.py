from pathlib import Path

import pytest

from mglru_lab.recorder import packages
from mglru_lab.recorder.apt import Packages
from mglru_lab.recorder.tools import RecorderError
from tests.recorder.fakes import ALL_NEEDED, installed

RELEASES = [
    "6.12.96+deb12-cloud-amd64",
    "6.12.117+deb12-cloud-amd64",
    "6.12.118+deb13-cloud-amd64",
    "7.1.13+deb13-cloud-amd64",
]


@pytest.fixture(autouse=True)
def _mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of our own, lists with RELEASES, and packages that unpack to an installed kernel."""

    def download(self: Packages, names: list[str], to: Path) -> list[Path]:
        (to / f"{names[0]}.deb").touch()
        return [to / f"{names[0]}.deb"]

    def unpack(*words: object, cwd: Path | None = None) -> str:
        archive, files = words[-2:]
        release = Path(str(archive)).stem.split("-", 2)[2]
        Path(str(files)).mkdir()
        installed(Path(str(files)), release, ALL_NEEDED)
        return ""

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(packages, "path", lambda program, *others: program)
    monkeypatch.setattr(packages, "run", unpack)
    monkeypatch.setattr(Packages, "releases", lambda self, progress: RELEASES)
    monkeypatch.setattr(Packages, "download", download)


def test_a_name_is_its_newest_release() -> None:
    found = packages.kernel("6.12")
    assert found.release == "6.12.117+deb12-cloud-amd64"
    assert found.modules is not None
    assert found.modules.has("zram")


def test_a_release_is_that_very_kernel() -> None:
    assert packages.kernel(RELEASES[0]).release == RELEASES[0]


def test_a_release_that_is_gone_is_named_with_those_that_are_there() -> None:
    gone = "6.12.90+deb12-cloud-amd64"
    with pytest.raises(RecorderError, match=r"have no 6\.12\.90.*they have 6\.12\.96\+deb12-cloud"):
        packages.kernel(gone)
    with pytest.raises(
        RecorderError, match=r"trixie-backports have no 6.18 now; they have 6.12.96"
    ):
        packages.kernel("6.18")


def test_without_lists_the_newest_that_is_here_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Packages, progress: object) -> list[str]:
        raise RecorderError("apt-get update failed:\nno network")

    packages.kernel(RELEASES[0])
    monkeypatch.setattr(Packages, "releases", refuse)
    told: list[str] = []
    assert packages.kernel("6.12", told.append).release == RELEASES[0]
    assert told == [f"using {RELEASES[0]}, which is here: no network"]
    with pytest.raises(RecorderError, match="no network"):
        packages.kernel("7.1")


@pytest.mark.parametrize("name", ["6.2", "", "6.1.0-56-amd64", "7.3.4+deb12-cloud-amd64"])
def test_a_kernel_that_is_none_is_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(
        RecorderError, match=r"is unknown. Allowed: 6\.1, 6\.12, .*FILE, DIR or TREE"
    ):
        packages.kernel(name)


@pytest.mark.parametrize("name", ["../x", "6.1/../x-cloud-amd64", "/nowhere"])
def test_what_has_a_slash_is_a_path(name: str) -> None:
    with pytest.raises(RecorderError, match="there is no such kernel"):
        packages.kernel(name)


def test_a_package_that_cannot_be_fetched_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Packages, names: list[str], to: Path) -> list[Path]:
        (to / "half.deb").write_text("half")
        raise RecorderError("no network")

    monkeypatch.setattr(Packages, "download", refuse)
    with pytest.raises(RecorderError, match="no network"):
        packages.kernel("6.12")
    assert list(packages.cache().iterdir()) == []
