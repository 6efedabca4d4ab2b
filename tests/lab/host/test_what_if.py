from pathlib import Path

import pytest

from mglru_lab.lab.host.what_if import both_ways, in_use_by_a_guest
from tests.lab.host.made import changed


def test_only_a_kernel_that_asks_tells_a_guests_pages_from_idle_ones() -> None:
    table = in_use_by_a_guest(1000, 0.25, ["6.1", "6.12"])
    idle, wrong = table.rows()[1], table.rows()[2]
    assert idle[1:] == (1000, 750)
    assert wrong[1:] == (250, 0)
    for used in (0.0, 1.0):
        assert in_use_by_a_guest(100, used, ["6.12"])["6.12"][1] == 100 - round(100 * used)
    with pytest.raises(ValueError, match="allowed is a share"):
        in_use_by_a_guest(100, 2, ["6.1"])
    with pytest.raises(ValueError, match="allowed are 1 and more"):
        in_use_by_a_guest(0, 0.5, ["6.1"])


@pytest.mark.parametrize(
    ("release", "arch", "names"),
    [("6.8.0", "x86_64", ["6.1", "6.12"]), ("6.12.30", "aarch64", ["6.12", "existing"])],
)
def test_a_host_is_compared_with_itself_asking_or_not(
    tmp_path: Path, release: str, arch: str, names: list[str]
) -> None:
    host = changed(tmp_path / "h", release=f"{release}\n", arch=f"{arch}\n", enabled="0x0003\n")
    both = both_ways(host)
    assert [kernel.variant for kernel in both] == names
    assert len({(kernel.rules, kernel.kvm) for kernel in both}) == 1
    assert {kernel.mmu for kernel in both} == {host.mmu}
    assert {kernel.enabled for kernel in both} == {3}
    asked = in_use_by_a_guest(1000, 0.25, both).rows()[6][1:]
    assert [count > 0 for count in asked] == [kernel.record.asks != "never" for kernel in both]
