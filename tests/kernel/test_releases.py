import pytest

from mglru_lab.kernel.releases import family_of, version_of
from mglru_lab.kernel.rules import FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_that_of_its_own_release(family: str) -> None:
    assert family_of(family) == family
    assert family_of(f"{family}.99+deb-cloud-amd64") == family


def test_a_release_between_two_families_follows_the_older_one() -> None:
    assert family_of("6.11.3") == family_of("6.2") == "6.1"
    assert family_of("99.0") == FAMILIES[-1]


def test_numbers_are_compared_as_numbers() -> None:
    assert version_of("6.12.1") > version_of("6.2")


@pytest.mark.parametrize("release", ["", "mine", "6", "6.12x"])
def test_what_is_no_release_is_refused(release: str) -> None:
    with pytest.raises(ValueError, match="is no kernel release"):
        version_of(release)


def test_a_kernel_before_the_first_family_is_refused() -> None:
    with pytest.raises(ValueError, match=r"is older than 6\.1"):
        family_of("5.10.7")
