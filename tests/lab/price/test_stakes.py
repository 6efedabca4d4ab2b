import pytest

import mglru_lab as ml
from mglru_lab.lab.price import stakes
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.lab.truth import groundtruth
from mglru_lab.lab.truth.recordings import Recording
from mglru_lab.lab.truth.switch_settings import SETTINGS


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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "scenario", "refaults"),
    [  # host and guest; kvm: the guest's memory has a secondary MMU, user: the control has none
        ("mixed_6.1", "m_idleguest_kvm_en7_y1_r1", (46, 0)),
        ("mixed_6.1", "m_idleguest_user_en7_y1_r1", (0, 0)),
        ("mixed_6.12", "m_idleguest_kvm_en7_y1_r1", (0, 0)),
        ("mixed_6.1", "m_late_kvm_en7_y1_r1", (4295, 39)),
        ("mixed_6.1", "m_late_user_en7_y1_r1", (3176, 391)),
        ("mixed_6.12", "m_late_kvm_en7_y1_r1", (3273, 393)),
        ("mixed_6.1", "m_sweep_kvm_en7_y1_r1", (5992, 0)),  # the sign turns: bursts
        ("mixed_6.12", "m_sweep_user_en7_y1_r1", (6486, 1931)),
        ("mixed_tabs_6.1", "m_tabs_kvm_en7_y1_r1", (15836, 8844)),
        ("mixed_tabs_6.1", "m_tabs_user_en7_y1_r1", (14443, 11348)),
    ],
)
def test_who_refaults_is_who_did_on_a_real_kernel(
    recorded: list[Recording], file: str, scenario: str, refaults: tuple[int, int]
) -> None:
    recording = next(r for r in recorded if (r.file, r.scenario) == (file, scenario))
    kernel, made = groundtruth.on_model(recording)
    end = ml.run(made, kernel).end
    theirs = list(recording.stats.values())[-1]
    assert (theirs.get("host_majflt", 0), theirs.get("guest_majflt", 0)) == refaults
    assert (end["host_majflt"], end["guest_majflt"]) == refaults
    assert end["pgscan"] == theirs["vm.pgscan_anon"]


@pytest.mark.parametrize("option", ["stock", "never", "v4_kconfig", "v4_nokconfig"])
def test_a_process_without_a_vm_is_walked_as_recorded(
    recorded: list[Recording], option: str
) -> None:
    of = (f"options_{option}", "o_nonleaf_en7")
    before, after = list(next(r for r in recorded if (r.file, r.scenario) == of).stats.values())[1:]
    tables, ptes = (after[c] - before[c] for c in ("tables_walked", "ptes_walked"))
    assert (tables, ptes) == ((8, 4097) if option == "v4_kconfig" else (1, 513))
    ours = stakes.without_vm([SETTINGS[option].kernel]).row(0)
    assert ours[1:] == (tables, ptes - 1)  # one is the recorder's own


def test_v4_in_words_spares_processes_without_a_vm() -> None:
    found = stakes.without_vm(map(ml.Kernel.parse, ("v4/mail+kconfig", "v4/code+kconfig")))
    assert found["tables walked"].to_list() == [1, 8]
