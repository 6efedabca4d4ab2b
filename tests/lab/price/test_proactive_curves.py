import numpy as np
import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.lab.price.proactive_curves import freed_and_refaulted, working_set
from mglru_lab.scenario.generators import GUEST, mixed_zipf
from mglru_lab.scenario.workloads import Workload, workload

KERNELS = [ml.Kernel(variant=name) for name in ("6.12", "existing")]


def half(length: int = 65536) -> Workload:
    """The recorded one: host and guest of 4096 pages, half of the guest idle after it was made."""
    entries = mixed_zipf(4096, 2048, 500, length, 2060)
    return Workload("half", entries, 4096, 4096)


def test_who_asks_sees_the_working_set_and_who_does_not_sees_only_the_host() -> None:
    made = half(32768)
    frame = working_set(made, KERNELS)
    asked = frame.filter(kernel="6.12", **{"pass": 8})
    assert asked["estimate"].item() == pytest.approx(asked["true"].item(), rel=0.02)
    blind = frame.filter(kernel="existing", **{"pass": 8})
    last = made.entries[-4096:]
    host = np.unique(last[last < GUEST]).size
    assert blind["estimate"].item() == pytest.approx(host, rel=0.02)
    assert blind["true"].item() > 1.5 * host


def test_the_recorded_sizes_of_freed_memory_and_refaults_come_out() -> None:
    """Recorded: 5222 and 4367 pages freed in the mean; 7563 and 5932 refaults (host and guest)."""
    frame = freed_and_refaulted(half(), KERNELS, periods=[4096])
    rows = {name: rest for name, *rest in frame.iter_rows()}
    assert rows["6.12"][1] == pytest.approx(5222, rel=0.03)
    assert rows["existing"][1] == pytest.approx(4367, rel=0.03)
    assert rows["6.12"][2] == pytest.approx(2976 + 4587, rel=0.03)
    assert rows["existing"][2] == pytest.approx(1341 + 4591, rel=0.03)


def test_seldom_passes_free_less_and_refault_less() -> None:
    frame = freed_and_refaulted(half(32768), KERNELS[:1], periods=[2048, 8192])
    often, seldom = frame.sort("every").select("freed", "refaults").iter_rows()
    assert often[0] > seldom[0]
    assert often[1] > seldom[1]


def test_a_guest_alone_has_curves_too() -> None:
    made = workload("phases", 1024, 16384)
    assert working_set(made, KERNELS, 2048).height == 16
    assert freed_and_refaulted(made, KERNELS, [2048]).filter(pl.col("freed") > 0).height == 2


def test_a_period_longer_than_half_of_the_accesses_is_refused() -> None:
    with pytest.raises(ValueError, match="every 9000: allowed are up to 8192"):
        working_set(workload("phases", 1024, 16384), KERNELS, 9000)
