"""Bills on the floor: survey first, or pick what is in front; the thread's question as a game.

Bills of 1 and 10 dollars lie in a row, face down; you take ten of them. Surveying bends down for
every one of them first, at a price each, and takes the best; picking takes the first ones as they
come. Surveying pays up to a price a look, just as asking the secondary MMU does up to a price a
call; a 500-lb backpack makes each look cost more, as mmu_lock does each call. Picking up costs the
same either way and is left out.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

NOTES, SHARES = (1, 10), (0.75, 0.25)
"""Dollars on a bill, and the share of each on the floor."""
SURVEY, PICK = "survey first", "pick what is in front"
LOAD = 5.3
"""How many times as much a look costs with the backpack: a page under a contended lock (585 ns),
over one of a lockless pass (110 ns); both published."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """So many `bills` on the floor, how many you `take`, a price for a `look` at one.

    `backpack`: whether you carry it.
    """

    bills: int = 40
    take: int = 10
    look: float = 0.5
    backpack: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.take <= self.bills:
            raise ValueError(f"take {self.take}: allowed are 1 to {self.bills}")
        if self.look < 0:
            raise ValueError(f"look {self.look:g}: allowed is 0 and more")

    @property
    def price(self) -> float:
        """What a look costs as you are."""
        return self.look * LOAD if self.backpack else self.look

    @property
    def values(self) -> npt.NDArray[np.int64]:
        """Dollars on each bill, from the door on."""
        random = np.random.default_rng(np.random.SeedSequence(self.seed).spawn(1)[0])
        found: npt.NDArray[np.int64] = random.choice(NOTES, self.bills, p=SHARES)
        return found

    def taken(self, how: str) -> npt.NDArray[np.bool_]:
        """One boolean a bill: you took it."""
        chosen = np.zeros(self.bills, np.bool_)
        best = np.argsort(-self.values, kind="stable")
        chosen[best[: self.take] if how == SURVEY else slice(self.take)] = True
        return chosen

    def worth(self, how: str) -> float:
        """What you took, less the looks."""
        looks = self.bills * self.price if how == SURVEY else 0
        return float(self.values[self.taken(how)].sum()) - looks

    @property
    def break_even(self) -> float:
        """The price of a look at which both ways end with the same."""
        gain = self.values[self.taken(SURVEY)].sum() - self.values[self.taken(PICK)].sum()
        return float(gain) / self.bills

    def gains(self) -> pl.DataFrame:
        """What a survey brings more than picking, by the price of a look: price, gain."""
        prices = np.linspace(0, 2 * max(self.look * LOAD, self.break_even, 1), 41)
        return pl.DataFrame({"price": prices, "gain": self.bills * (self.break_even - prices)})


def many(room: Room, rooms: int = 1000) -> list[float]:
    """The break-even prices of rooms like this one, with other bills."""
    return [replace(room, seed=room.seed + n).break_even for n in range(rooms)]


def by_take(room: Room, rooms: int = 200) -> pl.DataFrame:
    """The mean break-even price of rooms like this one, by how many bills are taken."""
    floors = np.array([replace(room, seed=room.seed + n).values for n in range(rooms)])
    best = np.sort(floors, axis=1)[:, ::-1]
    gains = (best - floors).cumsum(axis=1).mean(axis=0)
    return pl.DataFrame({"take": range(1, room.bills + 1), "break_even": gains / room.bills})
