"""What recorded kernels did, as it was counted when they ran; the model has the same numbers."""

import polars as pl
import pytest

from mglru_lab.lab.mechanisms import on_real_kernels
from mglru_lab.lab.mechanisms.on_real_kernels import KERNEL, MODEL
from mglru_lab.lab.truth import recordings

PAID = {
    50: {"6.1": (6175, 3304, 4782, 4728), "6.12": (5018, 4991, 5016, 5000),
         "6.18": (5258, 3684, 4389, 4324), "7.3": (5300, 5147, 5342, 5139)},
    20: {"6.1": (6172, 1440, 4787, 2180), "6.12": (5150, 2127, 5144, 2123),
         "6.18": (5122, 1756, 4081, 2112), "7.3": (5074, 2334, 5052, 2387)},
    80: {"6.1": (2712, 3092, 2092, 4701), "6.12": (2085, 5051, 2093, 5040),
         "6.18": (2566, 3148, 2009, 4084), "7.3": (2347, 4952, 2274, 5058)},
}  # fmt: skip
"""Host's and guest's refaults, then those of the control: copied from the recorder's logs."""


@pytest.mark.parametrize("share", on_real_kernels.SHARES)
def test_host_and_guest_refault_as_recorded_and_the_model_as_they_do(share: int) -> None:
    paid = on_real_kernels.who_pays(share)
    real = paid.filter(source=KERNEL)
    for kernel, expected in PAID[share].items():
        assert tuple(real.filter(kernel=kernel)["refaults"]) == expected
    wide = paid.pivot("source", index=["kernel", "by", "who"], values="refaults")
    assert wide[KERNEL].to_list() == wide[MODEL].to_list()


@pytest.mark.parametrize("share", on_real_kernels.SHARES)
def test_the_guest_wins_and_the_host_pays_on_6_1_and_6_18_alone(share: int) -> None:
    against = on_real_kernels.against_control(on_real_kernels.who_pays(share)).filter(source=KERNEL)
    found = {(k, who): percent for k, _, who, percent in against.iter_rows()}
    for kernel in ("6.1", "6.18"):
        assert found[kernel, "host"] > 19
        assert found[kernel, "guest"] < -14
    for kernel in ("6.12", "7.3"):
        assert abs(found[kernel, "host"]) < 5
        assert abs(found[kernel, "guest"]) < 5
    guest, control = PAID[share]["6.1"][0], PAID[share]["6.1"][2]
    assert found["6.1", "host"] == round(100 * (guest / control - 1), 1)


@pytest.mark.parametrize(
    ("trace", "least", "swapins"),
    [("uniform", 2465, (58251, 58290, 64558, 58247)), ("zipf10", 2217, (8544, 8674, 11243, 8757))],
)
def test_6_18_alone_takes_a_guests_memory(trace: str, least: int, swapins: tuple[int, ...]) -> None:
    kept = on_real_kernels.memory_kept(trace)
    found = on_real_kernels.least_kept(kept)
    real = found.filter(source=KERNEL)
    assert tuple(real["swapins"]) == swapins
    for kernel, pages in real.select("kernel", "least").iter_rows():
        assert pages == least if kernel == "6.18" else pages > 4080
    wide = found.pivot("source", index="kernel", values=["least", "swapins"])
    for what in ("least", "swapins"):
        assert wide[f"{what}_{KERNEL}"].to_list() == wide[f"{what}_{MODEL}"].to_list()
    assert kept.filter(pl.col("source") == KERNEL).height == 4 * 16


def test_what_was_not_recorded_is_refused() -> None:
    with pytest.raises(ValueError, match=r"kernel '6\.17' was not recorded with m_share20"):
        on_real_kernels.who_pays(20, ["6.17"])
    with pytest.raises(ValueError, match="share 30"):
        on_real_kernels.who_pays(30)
    with pytest.raises(ValueError, match="trace 'cyclic'"):
        on_real_kernels.memory_kept("cyclic")


def test_which_kernels_were_recorded_as_the_notebook_says() -> None:
    """6.14 and 6.15 were not; 6.19 to 7.1 only with a disk, and without a guest."""
    runs = recordings.shipped()
    of = {release: [r for r in runs if r.series == release] for release in
          ("6.14", "6.15", "6.16", "6.17", "6.19", "7.0", "7.1", "7.2")}  # fmt: skip
    assert not of["6.14"]
    assert not of["6.15"]
    for some in ("6.16", "6.17", "7.2"):
        assert 0 < len(of[some]) < 20
    for disk in ("6.19", "7.0", "7.1"):
        assert of[disk]
        assert all(r.file.startswith("nvme_") and " kvm" not in r.text for r in of[disk])
