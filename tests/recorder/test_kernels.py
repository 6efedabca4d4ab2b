import re

import polars as pl
import pytest

from mglru_lab.kernel.releases import family_of
from mglru_lab.kernel.rules import FAMILIES
from mglru_lab.paths import DATA
from mglru_lab.recorder.kernels import NAMES, TABLE, named, series_of


@pytest.mark.parametrize(
    ("release", "family"),
    [
        ("6.1.0-57-cloud-amd64", "6.1"),
        ("6.1", "6.1"),
        ("6.6.30", "6.1"),
        ("6.12.117+deb12-cloud-amd64", "6.12"),
        ("6.13.1", "6.12"),
        ("6.14", "6.14"),
        ("6.16.12+deb13-cloud-amd64", "6.14"),
        ("6.17.13+deb13-cloud-amd64", "6.17"),
        ("6.19.14", "6.17"),
        ("7.1.13+deb13-cloud-amd64", "6.17"),
        ("7.2.12+deb13-cloud-amd64", "7.2"),
        ("7.3.4+deb13-cloud-amd64", "7.3"),
        ("7.3-rc4-mine", "7.3"),
        ("8.0.0", "7.3"),
    ],
)
def test_a_release_follows_the_newest_rules_not_newer_than_it(release: str, family: str) -> None:
    assert family_of(release) == family


@pytest.mark.parametrize("release", ["", "linux", "6", "6.x", "v6.12"])
def test_what_is_no_release_has_no_family(release: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{release!r} is no kernel release")):
        family_of(release)


def test_a_kernel_older_than_the_rules_is_named() -> None:
    with pytest.raises(ValueError, match=r"5\.15\.1 is older than 6\.1"):
        family_of("5.15.1")


def test_every_family_has_a_kernel_and_rows_are_told_apart() -> None:
    assert {series.rules for series in TABLE} == set(FAMILIES)
    assert len(set(NAMES)) == len(TABLE)
    for series in TABLE:
        assert series_of(series.recorded) is series
        assert [other.name for other in TABLE if other.newest([series.recorded])] == [series.name]


def test_what_the_project_keeps_was_recorded_on_rows_of_the_table() -> None:
    releases = pl.read_parquet(DATA / "recordings" / "runs.parquet")["release"].unique().to_list()
    for release in releases:
        family_of(release)
    assert {"6.1", "6.12"} <= {s.name for r in releases if (s := series_of(r))}


def test_the_newest_is_the_one_with_the_highest_patch_level() -> None:
    (series,) = (s for s in TABLE if s.name == "6.12")
    names = [
        "6.12.96+deb12-cloud-amd64",
        "6.12.117+deb12-cloud-amd64",
        "6.12.118+deb13-cloud-amd64",
        "6.12.200+deb12-cloud-amd64-dbg",
    ]
    assert series.newest(names) == "6.12.117+deb12-cloud-amd64"
    assert series.newest(names[2:]) is None


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ("7.3", ["7.3"]),
        ("6.1*", ["6.1", "6.12", "6.16", "6.17", "6.18", "6.19"]),
        ("6.1*,7.*", [name for name in NAMES if "arm64" not in name]),
        ("*-arm64", ["6.12-arm64", "7.3-arm64"]),
        ("7.3, 6.12,7.3", ["7.3", "6.12"]),
        ("./linux/,6.12", ["./linux/", "6.12"]),
        ("7.3.4+deb13-cloud-amd64", ["7.3.4+deb13-cloud-amd64"]),
    ],
)
def test_several_kernels_are_named_by_patterns_and_commas(patterns: str, names: list[str]) -> None:
    assert named(patterns) == names


@pytest.mark.parametrize("patterns", ["", " , ", "9.*"])
def test_a_pattern_that_fits_none_is_refused_with_what_is_allowed(patterns: str) -> None:
    with pytest.raises(ValueError, match=r"kernel .* is unknown.*Allowed: 6\.1, 6\.12"):
        named(patterns)
