from pathlib import Path

import numpy as np
import pytest

import mglru_lab as ml
from mglru_lab.kernel.rules import RULES
from mglru_lab.scenario.generators import GUEST
from mglru_lab.scenario.workloads import (
    WORKLOADS,
    Workload,
    charged_ahead,
    mix,
    seeds,
    workload,
)


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_workload_is_its_seed_and_stays_inside_its_memory(name: str) -> None:
    made, again, other = (workload(name, 1024, 4096, seed) for seed in (5, 5, 6))
    assert (made.entries == again.entries).all()
    assert not np.array_equal(made.entries, other.entries)
    guest = made.entries >= GUEST
    assert made.host + made.guest <= 1024
    assert made.entries[~guest].max() < (made.host or made.guest)
    assert guest.any() == bool(made.host)
    if made.host:
        assert (made.entries[guest] - GUEST).max() < made.guest
    assert WORKLOADS[name].__doc__ is not None
    assert "Stresses" in WORKLOADS[name].__doc__


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_workload_runs_under_pressure(name: str, tmp_path: Path) -> None:
    run = ml.run(workload(name, 1024, 8192).scenario(tmp_path, 0.5, marks=4))
    assert run.counters("end")["pgmajfault"] > 0
    assert "mark4" in run.snapshots
    assert not list(tmp_path.glob("*.partial"))


def test_the_guests_share_is_what_was_asked_for() -> None:
    entries = mix(1024, 20_000, 1, share=0.3).entries
    assert (entries >= GUEST).mean() == pytest.approx(0.3, abs=0.02)


def test_phases_move_and_periodic_guests_sleep() -> None:
    quarters = workload("phases", 1024, 8192).entries.reshape(8, -1) // 256
    assert [set(part) for part in quarters] == [{i % 4} for i in range(8)]
    guest = workload("periodic", 1024, 8192).entries.reshape(8, -1) >= GUEST
    assert guest.mean(axis=1).tolist() == [1, 0, 0, 0, 1, 0, 0, 0]


def test_seeds_are_spawned_and_differ() -> None:
    assert len({*seeds(1, 8), *seeds(2, 8)}) == 16
    child = np.random.SeedSequence(1).spawn(1)[0]
    assert seeds(1, 1) == [int(child.generate_state(1, np.uint64)[0])]


def test_nested_pages_are_in_the_scenario(tmp_path: Path) -> None:
    assert "kvm nested=0.33" in workload("nested", 128, 256).scenario(tmp_path, 0.5).text


def test_wrong_values_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="workload 'x' is unknown"):
        workload("x")
    with pytest.raises(ValueError, match="pages 3"):
        workload("mix", pages=3)
    with pytest.raises(ValueError, match="seed -1"):
        workload("mix", seed=-1)
    with pytest.raises(ValueError, match="memory 0"):
        Workload("a", np.arange(3), 0, 3).scenario(tmp_path, 0)


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("name", WORKLOADS)
def test_a_share_of_the_pages_is_what_fits_into_memory(
    name: str, rules: str, tmp_path: Path
) -> None:
    """To the page, whatever was charged in advance; and reclaim begins just there."""
    made = workload(name, 512, 4096)
    for memory in (0.2, 0.5, 0.8):
        run = ml.run(made.scenario(tmp_path, memory, marks=64), ml.Kernel(rules=rules))
        assert run.capacity == made.resident(memory)
        own = bool(made.host) + 1  # the program's and the guest's program's page
        most = max(s.counters["anon"] // 4096 - own for s in run.snapshots.values())
        gone = 0 if rules in ("6.1", "6.12") else own  # seen once, since 6.14 these pages go, too
        assert most <= made.resident(memory) + gone
        assert most > made.resident(memory) - 64  # reclaim goes down by up to two batches


def test_all_pages_fit_and_one_page_less_does_not(tmp_path: Path) -> None:
    entries = np.concatenate([np.arange(600), np.arange(600)])
    made = Workload("all", entries, 0, 600)
    assert ml.run(made.scenario(tmp_path, 1.0)).end["pswpout"] == 0
    assert ml.run(made.scenario(tmp_path, 599 / 600)).end["pgsteal"] > 0


def test_a_memory_that_cannot_be_had_is_refused(tmp_path: Path) -> None:
    made = workload("mix", 256, 1024)
    ahead = charged_ahead(128, 128)
    assert ahead == 60
    message = rf"51 of 256 pages of memory: {ahead} are charged in advance, so allowed are 61"
    with pytest.raises(ValueError, match=message):
        made.scenario(tmp_path, 0.2)
