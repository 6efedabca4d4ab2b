"""What chance decided in a recorded run (a context switch, freed slab), told to the model."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FLIPS = 0
"""Row n: the n-th unforced aging walks where the rules say that it does not, or the reverse."""
WALKED = 1
"""Row n: whether the n-th aging was seen to walk, or NOT_SEEN."""
RECLAIM, ROUND, SLAB = 2, 3, 4
"""Any row: so many slab pages were freed in this round of this reclaim, both counted from 1."""
COLUMNS = 5
NOT_SEEN = -1


def chance(
    flipped_walks: Sequence[int] = (),
    seen_walks: Sequence[bool] = (),
    freed_slab: Sequence[tuple[int, int, int]] = (),
) -> npt.NDArray[np.int64]:
    """One table of all that is told; `freed_slab`: reclaim, round and pages.

    Plain numbers, because what type an array of records has takes Numba long to find out.
    """
    rows = max(max(flipped_walks, default=-1) + 1, len(seen_walks), len(freed_slab))
    table = np.zeros((rows, COLUMNS), np.int64)
    table[list(flipped_walks), FLIPS] = 1
    table[:, WALKED] = NOT_SEEN
    table[: len(seen_walks), WALKED] = seen_walks
    if freed_slab:
        table[: len(freed_slab), RECLAIM : SLAB + 1] = freed_slab
    return table
