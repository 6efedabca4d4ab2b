"""Debian's kernels by name: fetched as packages, and kept unpacked in our cache."""

import re
from collections.abc import Callable
from pathlib import Path

from mglru_lab.paths import cache_folder
from mglru_lab.recorder import image
from mglru_lab.recorder.apt import Packages
from mglru_lab.recorder.image import KernelImage
from mglru_lab.recorder.kernels import NAMES, TABLE, Series, series_of
from mglru_lab.recorder.scratch import scratch
from mglru_lab.recorder.tools import BY_NAME, RecorderError, path, run


def cache() -> Path:
    """Where packages and lists are kept."""
    return cache_folder() / "recorder"


def _quiet(_line: str) -> None:
    """Progress that nobody reads."""


def kernel(name: str, progress: Callable[[str], None] = _quiet) -> KernelImage:
    """The kernel that `--kernel` names: of the table, a release that fits it, or a path.

    RecorderError names what is allowed, and where a kernel cannot be fetched.
    """
    if "/" in name or (name and name not in NAMES and Path(name).exists()):
        return image.own(Path(name).expanduser())
    for series in TABLE:
        if series.name == name:
            return image.own(_unpacked(series, _newest(series, progress)))
    found = series_of(name)
    if found is None:
        raise RecorderError(
            f"kernel {name!r} is unknown. Allowed: {', '.join(NAMES)}, a release of them such as "
            f"{TABLE[0].recorded}, or the path of your own: FILE, DIR or TREE"
        )
    return image.own(_unpacked(found, name))


def _packages(series: Series) -> Packages:
    folder = cache() / "apt" / "+".join((*series.suites, series.arch))
    return Packages(folder, series.suites, series.arch)


def _folder(release: str) -> Path:
    return cache() / f"linux-{release}"


def _newest(series: Series, progress: Callable[[str], None]) -> str:
    """The newest release in the lists; without lists, the newest that is unpacked here."""
    here = [folder.name.removeprefix("linux-") for folder in cache().glob("linux-*")]
    try:
        listed = _packages(series).releases(progress)
    except RecorderError as error:
        if (release := series.newest(here)) is None:
            raise
        progress(f"using {release}, which is here: {str(error).splitlines()[-1]}")
        return release
    newest = series.newest(listed)
    if newest is None:
        raise RecorderError(
            f"Debian's {', '.join(series.suites)} have no {series.name} now; "
            f"they have {', '.join(listed) or 'no kernel'}"
        )
    return newest


def _unpacked(series: Series, release: str) -> Path:
    """The folder with a kernel's files; fetched and unpacked once, whole or not at all."""
    folder = _folder(release)
    if folder.is_dir():
        return folder
    path("apt-get", *BY_NAME)
    packages = _packages(series)
    listed = packages.releases(_quiet)
    if release not in listed:
        raise RecorderError(
            f"Debian's {', '.join(series.suites)} have no {release} now; "
            f"they have {', '.join(r for r in listed if re.fullmatch(series.release, r))}"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with scratch(folder.parent) as made:
        files = made / "files"
        names = [f"linux-{part}-{release}" for part in series.packages]
        for archive in packages.download(names, made):
            run(path("dpkg-deb", *BY_NAME), "-x", archive, files)
        try:
            files.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another recorder has just put it there
                raise
    return folder
