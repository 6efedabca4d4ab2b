"""Each page's part of the state as plain arrays, for all code outside the engine."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mglru_lab.kernel.lruvec import (
    KIND,
    LRU_GEN_UNIT,
    LRU_REFS_MASK,
    LRU_REFS_UNIT,
    MEMORY_CACHED,
    MEMORY_FILE,
    MEMORY_GUEST,
    MEMORY_HELD,
    MEMORY_NESTED,
    NO_GEN,
    PG_ACTIVE,
    PG_REFERENCED,
    PG_WORKINGSET,
    PTE_STATE,
    PTE_WRITE,
    PTE_YOUNG,
    PTRS_PER_PTE,
    SPTE_STATE,
    SPTE_YOUNG,
    ZERO_FILLED,
    Lruvec,
)

# By name: where it stands, its bits, and what one of it is (0: true or false).
_BITS = {
    "pte": ("pte", PTE_STATE, 1),
    "writable": ("pte", PTE_WRITE, 0),
    "young": ("pte", PTE_YOUNG, 0),
    "spte": ("pte", SPTE_STATE, 1),
    "spte_young": ("pte", SPTE_YOUNG, 0),
    "zero_filled": ("pte", ZERO_FILLED, 0),
    "pg": ("flags", PG_REFERENCED | PG_ACTIVE | PG_WORKINGSET, 1),
    "refs": ("flags", LRU_REFS_MASK, LRU_REFS_UNIT),
    "held": ("memory", MEMORY_HELD, 0),
    "guest": ("memory", MEMORY_GUEST, 0),
    "file": ("memory", MEMORY_FILE, 0),
    "nested": ("memory", MEMORY_NESTED, 0),
    "cached": ("memory", MEMORY_CACHED, 0),
}
# By name: where it stands, and how much less it is than what stands there.
_NUMBERS = {"shadow_seq": ("next", 1), "shadow_refs": ("prev", 0)}


class Folios:
    """The folios of a state; every attribute is an array, copied when it is read.

    `folios[where]` are fewer of them, `folios[where].young = True` changes those, one or many.
    `pte` is of PTE_NONE and so on, `spte` of SPTE_*, `pg` of PG_*; `refs` counts; `gen`
    is seq % 4 or NO_GEN; `shadow_seq` and `shadow_refs` mean something while a page is not in
    memory; all others are true or false.
    """

    gen: Any
    pte: Any
    writable: Any
    young: Any
    spte: Any
    spte_young: Any
    zero_filled: Any
    pg: Any
    refs: Any
    held: Any
    nested: Any
    cached: Any
    guest: Any
    file: Any
    shadow_seq: Any
    shadow_refs: Any

    def __init__(self, v: Lruvec, where: Any = slice(None)) -> None:
        self.__dict__.update(_v=v, _where=where)

    def __getitem__(self, where: Any) -> "Folios":
        pages = np.arange(self._v.pte.size)[self._where]
        return Folios(self._v, pages[where])

    def __len__(self) -> int:
        return int(np.size(self._v.pte[self._where]))

    def _stored(self, name: str) -> npt.NDArray[Any]:
        v = self._v
        bits = {"pte": v.pte, "flags": v.flags, "memory": v.memory}
        stored: npt.NDArray[Any] = bits[name] if name in bits else v.folio[name][: v.pte.size]
        return stored

    def _kind(self) -> Any:
        return np.repeat(self._v.table.memory & KIND, PTRS_PER_PTE)[self._where]

    def __getattr__(self, name: str) -> Any:
        if name == "gen":
            return self._stored("flags")[self._where] // LRU_GEN_UNIT + np.int64(NO_GEN)
        if name in _NUMBERS:
            field, less = _NUMBERS[name]
            return self._stored(field)[self._where].astype(np.int64) - less
        if name not in _BITS:
            raise AttributeError(f"folios have no {name!r}")
        field, bits, unit = _BITS[name]
        value = self._stored(field)[self._where]
        if name in ("guest", "file"):  # before its first time in memory only its table knows
            value = value | self._kind()
        return (value & bits) // unit if unit else value & bits != 0

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "gen":
            stored, units = self._stored("flags"), np.asarray(value) - NO_GEN
            kept = stored[self._where] & (LRU_GEN_UNIT - 1)
            stored[self._where] = kept + (units * LRU_GEN_UNIT).astype(np.uint8)
            return
        if name in _NUMBERS:
            field, less = _NUMBERS[name]
            self._stored(field)[self._where] = np.asarray(value) + less
            return
        if name not in _BITS:
            raise AttributeError(f"folios have no {name!r}")
        field, bits, unit = _BITS[name]
        stored = self._stored(field)
        new = np.asarray(value, np.int64) * unit if unit else np.where(value, bits, 0)
        stored[self._where] = stored[self._where] & (0xFF ^ bits) | new.astype(np.uint8)
        if name == "nested":
            tables = np.arange(self._v.pte.size)[self._where] // PTRS_PER_PTE
            self._v.table.memory[tables] |= MEMORY_NESTED
        if name == "pte":
            self._stored("memory")[self._where] |= self._kind()
