"""Kernels as people name them: what stands for a release."""

import pytest

from mglru_lab.kernel.rules import RULES
from mglru_lab.policy import comparable
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.kernel_by_release import RELEASES, newest, of_release, version
from mglru_lab.policy.kvm import KVMS
from mglru_lab.policy.variants import NAMES


@pytest.mark.parametrize(
    ("release", "variant", "kvm"),
    [("6.6", "6.1", "6.1"), ("6.11", "6.1", "6.1"), ("6.13", "6.12", "6.13"),
     ("6.14.3", "6.12", "6.13"), ("v6.6.30-rc1", "6.1", "6.1")],
)  # fmt: skip
def test_a_release_is_the_newest_of_each_axis_that_is_not_newer(
    release: str, variant: str, kvm: str
) -> None:
    kernel = Kernel.parse(release)
    assert (kernel.variant, kernel.kvm_name) == (variant, kvm)
    assert version(kernel.rules) <= version(release)  # type: ignore[operator]


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: "{}.{}".format(*release))
def test_every_release_stands_for_a_kernel(release: tuple[int, int]) -> None:
    text = "{}.{}".format(*release)
    kernel = Kernel.parse(text)
    if text not in NAMES:
        assert kernel.rules == newest(RULES, release)
        assert kernel.kvm_name == newest(KVMS, release)
    assert kernel.never_released == ""
    assert Kernel.parse(kernel.name) == kernel


def test_it_is_said_in_words() -> None:
    (said,) = comparable.stands_for(["6.11+kconfig", "existing", "6.12"])
    assert said == (
        "Linux 6.11 stands for the policy 6.1 on the rules of 6.1, the nearest before it that is "
        "modelled, with the KVM code of 6.1."
    )


def test_what_a_name_says_holds() -> None:
    assert Kernel.parse("6.6@6.12~6.15").name == "6.1@6.12~6.15"
    assert Kernel.parse("6.6", rules="6.12", kvm="v7").name == "6.1@6.12~v7"
    assert Kernel.parse("6.6", rules="").rules == "6.1"


@pytest.mark.parametrize("text", ["5.19", "6.0", "6.21", "7.9"])
def test_a_release_that_is_not_known_is_refused(text: str) -> None:
    assert version(text) is not None
    with pytest.raises(ValueError, match=rf"kernel '{text}' is unknown; allowed are Linux 6.1 to"):
        of_release(text)
