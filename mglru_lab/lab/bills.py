"""Bills on the floor: survey first, or pick what is in front; the thread's question as a game.

Banknotes lie in a row, face down. A backpack holds some of them. Surveying turns every one over, at
a price each, and takes the best; picking takes the first ones as they come. Surveying pays up to a
price a look, just as asking the secondary MMU does up to a price a call.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NOTES = (1, 2, 5, 10, 20, 50, 100)
SURVEY, PICK = "survey first", "pick what is in front"


@dataclass(frozen=True, kw_only=True)
class Room:
    """`bills` of them on the floor, a `backpack` that holds some, a price for a `look` at one."""

    bills: int = 40
    backpack: int = 10
    look: float = 2.0
    seed: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.backpack <= self.bills:
            raise ValueError(f"backpack {self.backpack}: allowed are 1 to {self.bills}")
        if self.look < 0:
            raise ValueError(f"look {self.look:g}: allowed is 0 and more")

    @property
    def values(self) -> npt.NDArray[np.int64]:
        """What lies there, from the door on: small notes are many, large ones few."""
        random = np.random.default_rng(np.random.SeedSequence(self.seed).spawn(1)[0])
        weights = 1 / np.sqrt(NOTES)
        found: npt.NDArray[np.int64] = random.choice(NOTES, self.bills, p=weights / weights.sum())
        return found

    def taken(self, how: str) -> npt.NDArray[np.bool_]:
        """One boolean a bill: it is in the backpack."""
        chosen = np.zeros(self.bills, np.bool_)
        best = np.argsort(-self.values, kind="stable")
        chosen[best[: self.backpack] if how == SURVEY else slice(self.backpack)] = True
        return chosen

    def worth(self, how: str) -> float:
        """What is in the backpack, less the looks."""
        looks = self.bills * self.look if how == SURVEY else 0
        return float(self.values[self.taken(how)].sum()) - looks

    @property
    def break_even(self) -> float:
        """The price of a look at which both ways end with the same."""
        gain = self.values[self.taken(SURVEY)].sum() - self.values[self.taken(PICK)].sum()
        return float(gain) / self.bills
