import numba
import numpy as np

from mglru_lab.kernel.prefetch import prefetch


def test_prefetching_changes_nothing_even_beyond_the_array():
    @numba.njit
    def begin(array, index):
        prefetch(array, index)
        return array.sum()

    records = np.ones(3, np.dtype([("a", "u4"), ("b", "u1")], align=True))
    for array in (np.ones(8, np.uint8), records["a"].copy()):
        for index in (0, array.size, 1 << 40, -5):
            assert begin(array, index) == array.size
            assert prefetch(array, index) is None
    prefetching = numba.njit(lambda array: prefetch(array, 2))
    prefetching(records)
    assert "prefetch" in next(iter(prefetching.inspect_asm().values()))
    assert records["a"].tolist() == [1, 1, 1]
