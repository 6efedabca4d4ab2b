"""Which real kernels there are: one table, read by code, tests, the command line and the docs.

A kernel of your own needs no row here (`mglru_lab.recorder.image`), only a family of rules.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mglru_lab.choose import choose
from mglru_lab.kernel.releases import family_of


@dataclass(frozen=True, kw_only=True)
class Series:
    """A series of a distribution's kernels: its newest package stands for it."""

    name: str
    """As `--kernel` takes it."""
    suites: tuple[str, ...]
    """Of Debian, which have its packages; those that the machine has a mirror of are asked."""
    release: str
    """Pattern of `uname -r`; its first group is the patch level."""
    packages: tuple[str, ...]
    """Prefixes of the packages with its files: linux-PREFIX-RELEASE."""
    lacks: tuple[str, ...] = ()
    """What its packages do not have, and so cannot be recorded: kvm, zram, files."""
    recorded: str
    """The release that was recorded first."""
    scenarios: str
    """What was recorded of that release."""
    arch: str = "amd64"
    """Debian's name of the architecture."""

    @property
    def rules(self) -> str:
        """The family of rules that it follows."""
        return family_of(self.name)

    @property
    def shape(self) -> str:
        """How its files are packed, for people."""
        packed = " + ".join(f"linux-{part}-*" for part in self.packages)
        return packed + (f" (no {', '.join(self.lacks)})" if self.lacks else "")

    def newest(self, releases: Sequence[str]) -> str | None:
        """The release among `releases` with the highest patch level; None if it has none."""
        fits = [(int(m[1]), m[0]) for r in releases if (m := re.fullmatch(self.release, r))]
        return max(fits)[1] if fits else None


_SMALL = "small scenarios"
_EXACT = "exact mode"
_WITHOUT_MODULES = ("kvm", "zram", "files")
_BOOKWORM = ("bookworm-security", "bookworm")
_BACKPORTS = ("trixie-backports",)


def _arm64(name: str, suites: tuple[str, ...], patch: str, deb: str, *packages: str) -> Series:
    return Series(
        name=f"{name}-arm64",
        suites=suites,
        release=rf"{re.escape(name)}\.(\d+)\+{deb}-cloud-arm64",
        packages=packages,
        lacks=("kvm",),
        recorded=f"{name}.{patch}+{deb}-cloud-arm64",
        scenarios=f"nine {_SMALL}",
        arch="arm64",
    )


def _backport(
    name: str, recorded: str, scenarios: str, *packages: str, lacks: tuple[str, ...] = ()
) -> Series:
    return Series(
        name=name,
        suites=_BACKPORTS,
        release=rf"{re.escape(name)}\.(\d+)\+deb13-cloud-amd64",
        packages=packages,
        lacks=lacks,
        recorded=recorded + "+deb13-cloud-amd64",
        scenarios=scenarios,
    )


TABLE = (
    Series(
        name="6.1",
        suites=_BOOKWORM,
        release=r"6\.1\.0-(\d+)-cloud-amd64",
        packages=("image",),
        recorded="6.1.0-56-cloud-amd64",
        scenarios=f"{_SMALL}, {_EXACT}, guests, files",
    ),
    Series(
        name="6.12",
        suites=_BOOKWORM,
        release=r"6\.12\.(\d+)\+deb12-cloud-amd64",
        packages=("image",),
        recorded="6.12.117+deb12-cloud-amd64",
        scenarios=f"{_SMALL}, {_EXACT}, guests, files, switches",
    ),
    _backport("6.16", "6.16.12", f"eight {_SMALL}, two or three in {_EXACT}", "image"),
    _backport("6.17", "6.17.13", f"eight {_SMALL}, two or three in {_EXACT}", "image"),
    _backport("6.18", "6.18.15", f"{_SMALL}, {_EXACT}, guests, files, who calls KVM", "image"),
    _backport("6.19", "6.19.14", f"five {_SMALL}", "binary", lacks=_WITHOUT_MODULES),
    _backport("7.0", "7.0.13", f"five {_SMALL}", "binary", lacks=_WITHOUT_MODULES),
    _backport("7.1", "7.1.13", f"five {_SMALL}", "binary", lacks=_WITHOUT_MODULES),
    _backport("7.2", "7.2.12", f"eight {_SMALL}, two or three in {_EXACT}", "binary", "modules"),
    _backport(
        "7.3", "7.3.4", f"{_SMALL}, {_EXACT}, guests, files, who calls KVM", "binary", "modules"
    ),
    _arm64("6.12", _BOOKWORM, "117", "deb12", "image"),
    _arm64("7.3", _BACKPORTS, "4", "deb13", "binary", "modules"),
)
"""Oldest first, then those of another architecture."""
NAMES = tuple(series.name for series in TABLE)


def series_of(release: str) -> Series | None:
    """The row of a release; None if no row has it."""
    return next((series for series in TABLE if re.fullmatch(series.release, release)), None)


def named(patterns: str) -> list[str]:
    """The kernels that `--kernel` means: names, `6.1*`, full releases or paths, by commas.

    A pattern with * or ? stands for the names in the table that fit; ValueError if none does.
    """
    found: list[str] = []
    for pattern in filter(None, map(str.strip, patterns.split(","))):
        if "/" not in pattern and re.search(r"[*?[]", pattern):
            others = "arm64" in pattern  # another architecture has to be meant
            fits = [n for n in NAMES if fnmatchcase(n, pattern) and others == n.endswith("arm64")]
            if not fits:
                choose("kernel", pattern, NAMES)
        else:
            fits = [pattern]
        found += [name for name in fits if name not in found]
    if not found:
        choose("kernel", patterns, NAMES)
    return found
