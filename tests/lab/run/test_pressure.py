from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.kernel.replay import PAGE_MASK
from mglru_lab.lab.run.pressure import MARKS, Pressure


def quanta(folder: Path) -> Path:
    path = folder / "my.parquet"
    pages = np.random.default_rng(1).integers(0, 1000, 4000)
    pl.DataFrame({"t": np.arange(4000) // 100, "page": pages, "w": pages % 2 == 0}).write_parquet(
        path
    )
    return path


def test_memory_is_a_share_of_the_pages_touched() -> None:
    pressure = Pressure(trace="zipf10_15", memory=0.5)
    assert pressure.pages == np.unique(pressure.entries & np.uint32(PAGE_MASK)).size
    assert pressure.resident == round(pressure.pages / 2)
    assert ml.run(pressure.scenario).capacity == pressure.resident


def test_the_scenario_is_one_that_a_kernel_could_run() -> None:
    lines = Pressure(trace="zipf10_15").scenario.text.splitlines()
    assert lines[:2] == ["enabled y", "region 6144 kvm"]
    assert lines[3:] == ["trace zipf10_15", f"replaymarks 0 98304 {MARKS}", "settle", "dump end"]


def test_a_trace_of_ones_own_is_found_by_its_path(tmp_path: Path) -> None:
    pressure = Pressure(trace=str(quanta(tmp_path)), memory=0.25)
    assert (pressure.pages, pressure.resident) == (982, 246)
    assert pressure.time_axis == "time (quanta of the trace)"
    times = pressure.times()
    assert len(times) == MARKS
    assert times == sorted(times)
    assert times[-1] == 40.0


def test_a_workload_has_a_seed_and_a_file_has_none(tmp_path: Path) -> None:
    first, second = Pressure(trace="zipf10_15"), Pressure(trace="zipf10_15", seed=7)
    assert not np.array_equal(first.entries, second.entries)
    rows = dict(Pressure(trace=str(quanta(tmp_path)), seed=7).configuration().iter_rows())
    assert rows["seed"] == "none: the trace is a file"
    assert dict(second.configuration().iter_rows())["seed"] == "7"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"memory": 0.0}, "memory 0.0 is not a share"),
        ({"memory": 1.5}, "memory 1.5 is not a share"),
        ({"kernels": ()}, "kernels is empty; allowed are existing, 6.1, v1"),
        ({"kernels": ("6.21",)}, "kernel '6.21' is unknown; allowed are Linux 6.1 to 6.19"),
        ({"seed": -1}, "seed -1 is negative"),
        ({"enabled": "on"}, "enabled 'on': the kernel answers EINVAL"),
        ({"trace": "nothing.parquet"}, "trace 'nothing.parquet' is in none of"),
    ],
)
def test_what_cannot_be_run_is_refused_by_name(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Pressure(**wrong)  # type: ignore[arg-type]


def test_the_configuration_tells_everything_that_decides() -> None:
    rows = dict(
        Pressure(trace="zipf10_15", memory=0.25, kernels=("6.1",)).configuration().iter_rows()
    )
    assert rows["trace"].startswith("zipf10_15: 98304 accesses to ")
    assert rows["kernels"] == "6.1"
    assert len(rows["sha256 of the accesses"]) == 64
