from pathlib import Path

import pytest

from mglru_lab.kernel.releases import family_of
from mglru_lab.kernel.rules import FAMILIES, RULES
from mglru_lab.lab.host.nearest_kernel import in_words, kernel_of
from tests.lab.host.made import changed


@pytest.mark.parametrize(
    ("release", "variant", "words"),
    [
        ("6.1.0-56-cloud-amd64", "6.1", "the rules of 6.1.\n"),
        ("6.8.1", "6.1", "the rules of 6.1 by its release (6.8 itself was not recorded)."),
        ("6.12.117", "6.12", "the rules of 6.12.\n"),
        ("5.15.78-android13-8", "6.1", "older than every kernel that was recorded; the nearest"),
    ],
)
def test_the_release_tells_rules_and_policy(
    tmp_path: Path, release: str, variant: str, words: str
) -> None:
    host = changed(tmp_path / "h", release=release + "\n")
    assert kernel_of(host).variant == variant
    assert words in in_words(host)
    asks = "Does aging ask about a guest page? no" not in in_words(host)
    assert asks == (variant != "6.1")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_named_whether_or_not_the_model_has_its_rules(
    tmp_path: Path, family: str
) -> None:
    host = changed(tmp_path / "h", release=f"{family}.3-generic\n")
    assert f"the rules of {family_of(family)}" in in_words(host)
    assert (kernel_of(host).rules == family) == (family in RULES)
    assert ("which the model does not have" in in_words(host)) == (family not in RULES)


def test_bits_and_modules_decide_what_is_said(tmp_path: Path) -> None:
    assert "MGLRU is off (enabled 0x0000)" in in_words(changed(tmp_path / "a", enabled="0x0000\n"))
    assert "Bit 0x8 is set" in in_words(changed(tmp_path / "b", enabled="0x000f\n"))
    old = in_words(changed(tmp_path / "o", enabled="1\n", release="5.12.19\n"))
    assert "enabled 1, as MGLRU showed it before it was merged" in old
    assert "taken for on" in in_words(changed(tmp_path / "x", enabled="0x00\n"))
    assert "DAMON" not in in_words(changed(tmp_path / "d", damon="N\n"))
    assert "clears accessed bits" in in_words(changed(tmp_path / "e", damon="Y\n"))


def test_the_models_kernel_has_this_hosts_bits_and_mmu(tmp_path: Path) -> None:
    host = changed(tmp_path / "h", enabled="0x0001\n", tdp_mmu="N\n", release="6.12.30\n")
    kernel = kernel_of(host)
    assert (kernel.rules, kernel.kvm, kernel.mmu) == ("6.12", "6.12", "x86-shadow")
    assert kernel.enabled == 1
    assert kernel_of(host, "existing").rules == "6.12"
