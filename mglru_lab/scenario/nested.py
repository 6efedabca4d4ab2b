"""Which pages are mapped for a nested guest, too: `nested=SHARE[@SEED][/scattered]`."""

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mglru_lab.scenario.generators import Splitmix64, permutation


class Nested(NamedTuple):
    """A share of a region's pages, from a seed; one run of pages unless scattered."""

    share: float | None = None
    """None: not said. Then it is the MMU's kind that decides: none of the pages, or all."""
    seed: int = 0
    scattered: bool = False

    @classmethod
    def parse(cls, text: str) -> "Nested":
        """`nested=0.3`, `nested=0.3@7`, `nested=0.3@7/scattered`; empty: not said."""
        if not text:
            return cls()
        parts = re.fullmatch(r"nested=([0-9]*\.?[0-9]+)(?:@([0-9]{1,18}))?(/scattered)?", text)
        if parts is None or not 0 <= float(parts[1]) <= 1:
            raise ValueError(
                f"{text!r}: allowed is nested=SHARE[@SEED][/scattered], SHARE from 0 to 1"
            )
        return cls(float(parts[1]), int(parts[2] or 0), bool(parts[3]))

    def pages(self, pages: int) -> npt.NDArray[np.bool_]:
        """One boolean per page; round(share * pages) of them are true."""
        count = round((self.share or 0) * pages)
        chosen = np.zeros(pages, np.bool_)
        random = Splitmix64(self.seed)
        if self.scattered:
            chosen[permutation(pages, random)[:count]] = True
        else:
            start = int(random.below(np.array([pages - count + 1]))[0])
            chosen[start : start + count] = True
        return chosen
