"""One rule exchanged: who pays for a guest, how much memory it keeps, what a moving set costs."""

import numpy as np
import pytest

from mglru_lab.lab.mechanisms import experiments, on_real_kernels
from mglru_lab.lab.mechanisms.experiments import LENGTH
from mglru_lab.lab.run.run import run
from mglru_lab.policy.kernel import Kernel


def test_the_experiment_is_the_recorded_scenario() -> None:
    """Settled first, as 6.18 and 7.3 were recorded."""
    for release in ("6.18", "7.3"):
        paid = on_real_kernels.who_pays(50, [release]).filter(source=on_real_kernels.KERNEL)
        for control, named in ((False, "guest"), (True, "userspace (control)")):
            end = run(experiments.shared(50, control), Kernel.parse(release)).end
            theirs = tuple(paid.filter(by=named)["refaults"])
            assert (end["host_majflt"], end["guest_majflt"]) == theirs
        least = on_real_kernels.least_kept(on_real_kernels.memory_kept("uniform", [release]))
        real = least.filter(source=on_real_kernels.KERNEL).select("least", "swapins").row(0)
        assert experiments.alone(Kernel.parse(release)) == real


@pytest.mark.parametrize("share", [20, 50, 80])
def test_the_faults_mark_decides_who_pays_whichever_kernel_has_it(share: int) -> None:
    frame = experiments.fault_mark(("6.18", "7.3"), share)
    assert frame["as_released"].to_list() == [True, False, True, False]
    for _, marks, _, host, guest in frame.iter_rows():
        guest_wins = host > 15 and guest < -10
        assert guest_wins == (marks == "no")
    assert all(abs(percent) < 5 for percent in frame.row(2)[3:])  # 7.3 as it is


def test_either_of_two_rules_gives_a_guest_its_memory_back() -> None:
    frame = experiments.over_reclaim("6.18", ("scans_what_is_left", "abort_when_reclaimed"))
    assert frame["rule"].to_list() == [
        "", "without scans_what_is_left", "with abort_when_reclaimed"
    ]  # fmt: skip
    assert frame["least"][0] < 2500
    assert min(frame["least"][1:]) > 4080
    assert max(frame["swapins"][1:]) < 0.95 * frame["swapins"][0]
    assert experiments.alone(Kernel.parse("6.16"))[0] > 4080  # so it began with 6.17


def test_a_working_set_moves_or_is_strided_as_said() -> None:
    accesses = experiments.moving(size=100, speed=0.5, length=1000)
    where = accesses.astype(np.int64) - np.arange(1000) // 2
    assert where.min() >= 0
    assert where.max() < 100
    every = experiments.strided(stride=4, length=4000)
    assert 0.8 < (every % 4 == 0).mean() < 0.9
    assert (experiments.moving(seed=1) == experiments.moving(seed=1)).all()


def test_7_3_swaps_in_more_where_a_moving_set_nearly_fills_memory_and_not_where_it_is_small() -> (
    None
):
    frame = experiments.by_size([1000, 3500, 4000], ["6.12", "7.3"])
    of = {(by, size, kernel): n for by, size, _, kernel, n in frame.iter_rows()}
    for by in experiments.USERS:
        assert of[by, 1000, "7.3"] < 1.05 * of[by, 1000, "6.12"]
        assert of[by, 4000, "7.3"] > 1.3 * of[by, 4000, "6.12"]
    assert of["a process", 3500, "7.3"] > 1.5 * of["a process", 3500, "6.12"]
    assert of["a guest", 3500, "7.3"] < 1.1 * of["a guest", 3500, "6.12"]


def test_what_was_hot_once_stays_on_7_3() -> None:
    frame = experiments.in_use(3500, ["6.12", "7.3"])
    older, newer = frame.select("in_memory", "others").iter_rows()
    assert newer[0] < older[0]
    assert newer[1] > older[1]
    assert abs(sum(older) - sum(newer)) < 100  # both have their memory


def test_a_made_scenario_replays_what_was_made() -> None:
    scenario, given = experiments.made(experiments.moving(length=500), "kvm")
    end = run(scenario, Kernel(), entries=given).end
    assert end["accesses"] == 500 < LENGTH
