import os
import time
from pathlib import Path

import pytest

from mglru_lab.recorder import apt
from mglru_lab.recorder.apt import Packages, Source, sources
from mglru_lab.recorder.tools import RecorderError

MIRROR = "http://mirror.example/debian"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
DEB822 = f"""Types: deb
# a comment: amid a stanza
URIs: {MIRROR}
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: {KEYS}

Types: deb deb-src
URIs: {MIRROR}-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://gone.example/debian
Suites: trixie
Components: main
Enabled: no
"""
LINES = f"""# deb {MIRROR} sid main
deb [arch=amd64 signed-by={KEYS}] {MIRROR} trixie main contrib # ours
deb-src {MIRROR} trixie main
deb http://other.example/apt stable main
"""


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    (folder / "sources.list.d").mkdir(parents=True)
    return folder


def test_sources_are_read_in_both_formats(etc: Path) -> None:
    (etc / "sources.list.d" / "debian.sources").write_text(DEB822)
    (etc / "sources.list").write_text(LINES)
    (etc / "sources.list.d" / "old.list.bak").write_text(LINES)
    found = sources(etc)
    assert [source.uri for source in found] == [
        MIRROR, "http://other.example/apt", MIRROR, f"{MIRROR}-security",
    ]  # fmt: skip
    assert found[0] == Source(MIRROR, ("trixie",), ("main", "contrib"), KEYS)
    assert [source.is_debian for source in found] == [True, False, True, True]
    assert [source.is_security for source in found] == [False, False, False, True]
    assert "BEGIN PGP" in found[3].signed_by


def fetched(folder: Path, etc: Path, *suites: str) -> Packages:
    return Packages(folder, suites, "amd64", etc)


class Apt:
    """apt-get and apt-cache, as far as they are asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, names: str = "") -> None:
        self.commands: list[str] = []
        self.names, self.works = names, True
        monkeypatch.setattr(apt, "path", lambda program, *others: program)
        monkeypatch.setattr(apt, "run", self._run)

    def _run(self, *words: str, cwd: Path | None = None) -> str:
        self.commands.append(f"{words[0]} {words[-1]}")
        if words[-1] == "update" and not self.works:
            raise RecorderError("no network")
        return self.names


def test_the_mirror_is_the_machines_and_the_suite_is_ours(
    tmp_path: Path, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (etc / "sources.list.d" / "debian.sources").write_text(DEB822)
    Apt(monkeypatch)
    fetched(tmp_path / "a", etc, "trixie-backports", "bookworm-security").releases(print)
    written = (tmp_path / "a" / "debian.sources").read_text()
    assert (
        f"URIs: {MIRROR}\nSuites: trixie-backports\nComponents: main\nSigned-By: {KEYS}" in written
    )
    assert f"URIs: {MIRROR}-security\nSuites: bookworm-security" in written
    settings = (tmp_path / "a" / "apt.conf").read_text()
    for what in ("Dir::Etc::sourcelist", "Dir::State::Lists", "Dir::Cache"):
        assert f'{what} "{tmp_path / "a"}/' in settings
    assert "#clear APT::Update::Post-Invoke;" in settings


def test_releases_are_named_by_images_and_binaries(
    tmp_path: Path, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (etc / "sources.list.d" / "debian.sources").write_text(DEB822)
    names = "linux-image-6.18.15+deb13-cloud-amd64\nlinux-binary-7.1.13+deb13-cloud-amd64\n"
    Apt(monkeypatch, names + "linux-image-cloud-amd64\nlinux-image-6.18.15+deb13-amd64\n")
    found = fetched(tmp_path / "a", etc, "trixie-backports").releases(print)
    assert found == ["6.18.15+deb13-cloud-amd64", "7.1.13+deb13-cloud-amd64"]


def test_lists_are_fetched_once_a_day_and_old_ones_do_without_a_network(
    tmp_path: Path, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (etc / "sources.list.d" / "debian.sources").write_text(DEB822)
    ours, told = Apt(monkeypatch), list[str]()
    packages = fetched(tmp_path / "a", etc, "trixie-backports")
    for _ in range(2):
        packages.releases(told.append)
    assert ours.commands.count("apt-get update") == 1
    yesterday = time.time() - apt.FRESH - 1
    os.utime(tmp_path / "a" / "fetched", (yesterday, yesterday))
    ours.works = False
    packages.releases(told.append)
    assert ours.commands.count("apt-get update") == 2
    assert told[-1] == "using older package lists: no network"


def test_without_lists_and_network_the_reason_is_apts(
    tmp_path: Path, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (etc / "sources.list.d" / "debian.sources").write_text(DEB822)
    Apt(monkeypatch).works = False
    with pytest.raises(RecorderError, match="no network"):
        fetched(tmp_path / "a", etc, "trixie-backports").releases(print)


def test_a_machine_without_a_mirror_of_debian_is_told_what_else_there_is(
    tmp_path: Path, etc: Path
) -> None:
    (etc / "sources.list").write_text("deb http://other.example/apt stable main\n")
    with pytest.raises(
        RecorderError, match=r"names no mirror of Debian; give your own: --kernel F"
    ):
        fetched(tmp_path / "a", etc, "trixie-backports").releases(print)
    assert not (tmp_path / "a").exists()
