import re

import pytest

import mglru_lab as ml
from mglru_lab.lab.thread.look_around_cases import CASES

KERNELS = [ml.Kernel(variant=name) for name in ("6.12", "existing")]


@pytest.mark.parametrize("name", CASES)
def test_a_case_tells_the_kernels_apart_by_what_eviction_scans(name: str) -> None:
    result = CASES[name].compare(KERNELS)
    scanned = CASES[name].scanned(result)
    assert scanned["option"].unique().sort().to_list() == sorted(result.names)
    last = dict(scanned.group_by("option").last().select("option", "value").iter_rows())
    assert len(set(last.values())) == 2
    for kernel in result.names:
        values = scanned.filter(option=kernel)["value"]
        assert values.is_sorted()


@pytest.mark.parametrize(("bits", "said"), [("y", "7"), (0x1, "1")])
def test_a_case_runs_with_the_bits_that_the_kernel_boots_with(bits: str | int, said: str) -> None:
    text = CASES["regrow"].scenario(ml.Kernel(variant="6.12", enabled=bits)).text
    found = re.match(r"enabled (\w+)\n", text)
    assert found
    assert int(found[1], 16) & 7 == int(said, 16)
