import pytest

from mglru_lab.lab.check import calls
from tests.lab.check.fakes import raw

IN_6_1 = (
    "calls kvm_mmu_notifier_*young -> 0\ncalls: tracer 0\ncalls aging\n"
    "calls eviction kvm_mmu_notifier_clear_flush_young<-__mmu_notifier_clear_flush_young:2049 "
    "_raw_write_lock<-kvm_mmu_notifier_clear_flush_young:2049"
)


@pytest.mark.parametrize(
    ("text", "doing", "asked", "locked"),
    [
        (IN_6_1, "aging", 0, {}),
        (IN_6_1, "eviction", 2049, {"mmu_lock for write": 2049}),
        (raw("6.12", "k_calls_en7"), "aging", 2049, {"mmu_lock for write": 2049}),
        (raw("6.12", "k_calls_en7"), "eviction", 1024, {"mmu_lock for write": 1024}),
        (raw("7.3", "k_calls_en7"), "aging", 2049, {}),
        (raw("7.3", "k_calls_en7"), "eviction", 1024, {}),
    ],
)
def test_who_asked_and_under_which_lock(
    text: str, doing: str, asked: int, locked: dict[str, int]
) -> None:
    found = calls.read(text.splitlines())[doing]
    assert found.asked == asked
    assert found.locked() == locked


def test_locks_taken_to_unmap_are_told_apart() -> None:
    found = calls.read(raw("7.3", "k_calls_en7").splitlines())["eviction"]
    assert found.locked(unmapping=True) == {"mmu_lock for write": 2048}


@pytest.mark.parametrize("line", ["calls aging x", "calls aging f<-g:x", "calls a f<-g:1 h"])
def test_a_line_that_no_recorder_writes_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="allowed is calls LABEL"):
        calls.read([line])
