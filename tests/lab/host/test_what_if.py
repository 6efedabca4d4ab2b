import pytest

from mglru_lab.lab.host.what_if import in_use_by_a_guest


def test_only_a_kernel_that_asks_tells_a_guests_pages_from_idle_ones() -> None:
    table = in_use_by_a_guest(1000, 0.25, ["6.1", "6.12"])
    idle, wrong = table.rows()[1], table.rows()[2]
    assert idle[1:] == (1000, 750)
    assert wrong[1:] == (250, 0)
    for used in (0.0, 1.0):
        assert in_use_by_a_guest(100, used, ["6.12"])["6.12"][1] == 100 - round(100 * used)
    with pytest.raises(ValueError, match="allowed is a share"):
        in_use_by_a_guest(100, 2, ["6.1"])
