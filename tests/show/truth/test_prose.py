"""What *Against the real kernel* says fits the kernel that it is about."""

import polars as pl

from mglru_lab.lab.truth.against import ALONE, KERNEL, WITH_FOUND, Beside
from mglru_lab.show.truth import prose


def test_a_kernel_with_its_swap_on_a_disk_differs_and_the_reason_is_said() -> None:
    said = prose.maps(Beside.of("b_lookaround_en7", "7.1"))
    assert "**656** differ (a disk is written" in said
    assert "**0** differ." in prose.maps(Beside.of("b_lookaround_en7", "6.16"))


def test_what_was_not_recorded_is_said_with_the_kernels_that_were() -> None:
    said = prose.not_recorded("r_zipf10_20_en7_f0y1", "7.2")
    assert said == (
        "Linux 7.2 was not recorded running `r_zipf10_20_en7_f0y1`. "
        "Try `kernel` 6.1, 6.12, 6.18 or 7.3."
    )


def test_repeats_are_compared_only_where_there_are_several() -> None:
    columns = ["run", "source", "misses", "found"]
    none = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    assert "running it never" in prose.repeats(none)
    rows = [
        ("f0y1_r1 (a)", source, misses, "nothing")
        for source, misses in ((KERNEL, 9), (ALONE, 8), (WITH_FOUND, 9))
    ]
    assert "running it once" in prose.repeats(pl.DataFrame(rows, columns, orient="row"))
    rows += [(name.replace("r1", "r2"), *rest) for name, *rest in rows]
    said = prose.repeats(pl.DataFrame(rows, columns, orient="row"))
    assert "swaps in exactly 9 pages. All of these runs are in exact mode" in said
    assert "In **2** of them" in said
