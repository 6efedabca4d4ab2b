import pytest

from mglru_lab.lab.price.contention import PAGES_PER_VCPU, Contention

MODEL = Contention()


def test_a_lockless_ager_does_not_wait_and_a_locked_one_more_with_every_vcpu() -> None:
    waits = [MODEL.locked(vcpus).wait_ns for vcpus in (1, 2, 8, 32, 56)]
    assert waits == sorted(waits)
    assert waits[0] < 15
    assert waits[-1] > 3000
    for vcpus in (1, 8, 64):
        none, locked, lockless = (
            MODEL.predict(vcpus, aging)[0] for aging in ("none", "locked", "lockless")
        )
        assert none < lockless <= locked


def test_the_fixed_point_is_one() -> None:
    queue = MODEL.locked(16)
    assert queue.wait_ns == pytest.approx(MODEL.drain_us_ns * 16**2 / queue.fault_us, rel=1e-6)


def test_vcpus_that_seldom_fault_leave_the_lock_free() -> None:
    busy, idle = MODEL.locked(32), MODEL.locked(32, fault_us=1e6)
    assert idle.wait_ns < busy.wait_ns / 1000
    assert idle.vcpus_wait_ns < 1


def test_faults_for_write_let_the_ager_wait_a_whole_round() -> None:
    queue = MODEL.locked(64, 70, shadow=True)
    assert queue.wait_ns == 70_000


def test_a_pass_over_memory_that_is_all_there_costs_its_pages() -> None:
    """One pass, populated at once: the pages at `idle` each."""
    model = Contention(empty_ns=1e-9)
    took = model.average_pass(1e-9, 1000, 100, 100)
    assert took == pytest.approx(1000 * 100e-9, rel=0.01)


def test_a_pass_that_is_stuck_ends_after_the_vcpus() -> None:
    pages = 64 * PAGES_PER_VCPU
    took = MODEL.average_pass(7.0, pages, 100_000, 100)
    assert took == pytest.approx(7.0 + pages * 102.7e-9, rel=0.02)


def test_passes_by_small_steps_agree_with_the_closed_form() -> None:
    pages, wall, cost = 1_000_000, 1.0, 100e-9
    now, passes, step = 0.0, 0, 1e-5
    while now < wall:
        walked = 0.0
        while walked < 1:
            populated = min(now / wall, 1.0)
            walked += step / (pages * (cost * populated + MODEL.empty_ns * 1e-9))
            now += step
        passes += 1
    took = MODEL.average_pass(wall, pages, 100, 100)
    assert took == pytest.approx(now / passes, rel=0.02)
