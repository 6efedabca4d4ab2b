import pytest

import mglru_lab as ml
from mglru_lab.lab import stakes
from mglru_lab.lab.look_around_cases import CASES


@pytest.fixture(scope="module")
def share50() -> ml.Comparison:
    kernels = [ml.Kernel(variant=name) for name in ("6.12", "existing")]
    return CASES["share50"].compare(kernels)


def test_the_transfer_from_host_to_guest_has_the_recorded_size(share50: ml.Comparison) -> None:
    """Never against stock of the kernel with a switch: 6149 / 3272 and 5018 / 4991 refaults."""
    rows = {row["kernel"]: row for row in stakes.who_pays(share50).to_dicts()}
    assert rows["6.12"]["host refaults"] == pytest.approx(5018, abs=1)
    assert rows["6.12"]["guest refaults"] == pytest.approx(4991, abs=1)
    assert rows["existing"]["host refaults"] == pytest.approx(6149, abs=1)
    assert rows["existing"]["guest refaults"] == pytest.approx(3272, abs=1)
    assert rows["existing"]["rescued at eviction"] > rows["6.12"]["rescued at eviction"]


def test_no_kernel_beats_the_optimum(share50: ml.Comparison) -> None:
    frame = stakes.beside_bounds(share50)
    assert frame["policy"][0] == "Belady's optimum"
    assert frame["times"][0] == 1
    assert set(share50.names) < set(frame["policy"])
