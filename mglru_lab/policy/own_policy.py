"""A policy of one's own: two functions over arrays of pages, called by the compiled engine.

The engine calls an address; behind it a Python function marks the pages to be asked about.
"""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mglru_lab.choose import choose
from mglru_lab.kernel.features import Enabled
from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import MAX_NR_GENS, NO_GEN, PTE_PRESENT, Lruvec
from mglru_lab.policy import variants
from mglru_lab.policy.decision import Situation
from mglru_lab.policy.kvm import KVMS
from mglru_lab.policy.mmu import Lock, Mmu
from mglru_lab.policy.policy import Policy, Where
from mglru_lab.policy.variants import LookAround, Variant

Mask = npt.NDArray[np.bool_]


class Pages(NamedTuple):
    """What may be known without asking: one array element per page, in page table order."""

    position: npt.NDArray[np.int64]
    """0, 1, 2 ...: compare with `at.page`."""
    guest: Mask
    """In a memslot of KVM."""
    nested: Mask
    """Mapped for a nested guest."""
    present: Mask
    """In memory and mapped by the primary MMU."""
    primary_young: Mask
    lock: npt.NDArray[np.int64]
    """What asking about it would take (`Lock`)."""
    distance: npt.NDArray[np.int64]
    """Generations behind the youngest; -1 where it has none."""


class Moment(NamedTuple):
    """What a rule may depend on besides the pages."""

    mmu: Mmu
    kconfig: bool
    bit_0x8: bool
    nonleaf_0x4: bool
    asked: npt.NDArray[np.int64]
    """By walk so far and lock (`Lock`): pages that the walk asked about."""
    found: npt.NDArray[np.int64]
    """By walk so far: pages that only the secondary MMU knew to be young."""
    page: int = -1
    """Look-around: which of the pages eviction is at."""
    primary_young: bool = False
    """Look-around: the primary MMU knew that page to be young."""
    secondary_young: bool = False
    """Look-around: the secondary one did."""


Rule = Callable[[Pages, Moment], Any]


@dataclass(frozen=True, eq=False)
class OwnPolicy:
    """A variant of one's own, for everything that takes one.

    `aging(pages, at)` is called once per walk with all pages of the process and returns which of
    them to ask about: booleans, one per page or one for all. `look_around(pages, at)` is called for
    each young page that eviction meets, with its window; it returns None for no look-around, or
    which neighbours to ask about (primary bits are read in any case). Instead of a function,
    `look_around` may be the name of a rule. `kvm` names the release or posting whose KVM code
    answers (`kvm.KVMS`), unless `Kernel.kvm` names another. Both bits 0x2 (else nothing is walked)
    and 0x8 (`at.bit_0x8`) can be set.
    """

    name: str
    aging: Rule
    look_around: Rule | str = "v2"
    kvm: str = "v4"

    def __post_init__(self) -> None:
        _ = self.record

    @property
    def record(self) -> Variant:
        """The variant behind it: may ask about every page that the functions mark."""
        choose("kvm", self.kvm, list(KVMS))
        looks = LookAround("yes", "secondary")
        if isinstance(self.look_around, str):
            if self.look_around not in variants.LOOK_AROUND:
                allowed = ", ".join(variants.LOOK_AROUND)
                raise ValueError(f"look_around {self.look_around!r}: allowed are {allowed}")
            looks = variants.LOOK_AROUND[self.look_around]
        return Variant(
            name=self.name,
            source="a policy of one's own",
            in_words=(self.aging.__doc__ or "asks about the pages that its function marks").strip(),
            kvm=KVMS[self.kvm],
            look_around=looks,
        )


def _marks(answer: Any, pages: int, whose: str) -> Mask:
    """A rule's answer as one boolean per page."""
    marks = np.asarray(answer)
    if marks.dtype != np.bool_ or marks.shape not in ((), (pages,)):
        raise ValueError(
            f"{whose} returned {marks.dtype} of shape {marks.shape}; "
            f"allowed are booleans, one or {pages} of them"
        )
    return np.broadcast_to(marks, pages)


def _steps(totals: list[Any]) -> npt.NDArray[np.int64]:
    """What each walk added to running totals, from one walk's start to the next one's."""
    array = np.array(totals, np.int64)
    steps: npt.NDArray[np.int64] = array[1:] - array[:-1]
    return steps


class Hook:
    """What the engine calls: it keeps the functions' first exception for the caller to raise."""

    def __init__(self, own: OwnPolicy, v: Lruvec) -> None:
        self.own, self.v = own, v
        self.error: BaseException | None = None
        from mglru_lab.kernel.hook import CALLBACK  # with Numba, which only a run needs

        self.callback = CALLBACK(self._call)
        self.before: list[npt.NDArray[np.int64]] = []
        self.found: list[int] = []
        self.policy: Policy | None = None
        self.at: Situation | None = None

    def hooked(self, policy: Policy, at: Situation) -> Policy:
        """The policy with the address to call."""
        self.policy, self.at = policy, at
        address = ctypes.cast(self.callback, ctypes.c_void_p).value or 0
        looks = 0 if isinstance(self.own.look_around, str) else address
        return policy._replace(aging_hook=address, look_around_hook=looks)

    def raise_error(self) -> None:
        """Raise what a function raised meanwhile."""
        if self.error is not None:
            raise self.error

    def _call(self, where: int, page: int, start: int, end: int, young: int) -> int:
        """0: no look-around. Marks `v.chosen[start:end]`."""
        if self.error is not None:
            return 0
        try:
            return self._ask(where, page, start, end, young)
        except BaseException as error:  # it cannot pass through compiled code
            self.error = error
            return 0

    def _ask(self, where: int, page: int, start: int, end: int, young: int) -> int:
        looking = where == Where.LOOK_AROUND
        assert self.policy is not None
        locks = self.policy.window if looking else self.policy.aging
        pages, at = self._pages(start, end, locks), self._moment(page - start, young)
        if not looking:
            self._note_walk()
            at = at._replace(asked=_steps(self.before), found=_steps(self.found))
            answer = self.own.aging(pages, at)
        else:
            assert not isinstance(self.own.look_around, str)
            answer = self.own.look_around(pages, at)
            if answer is None:
                return 0
        whose = f"{self.own.name}: {'look_around' if looking else 'aging'}"
        self.v.chosen[start:end] = _marks(answer, end - start, whose)
        return 1

    def _note_walk(self) -> None:
        self.before.append(self.v.cpu.asks[Where.AGING][: len(Lock)].copy())
        self.found.append(int(self.v.stat.found_aging))

    def _pages(self, start: int, end: int, locks: tuple[int, int, int]) -> Pages:
        folio = Folios(self.v, slice(start, end))
        memory = folio.guest.astype(np.int64) + folio.nested
        behind = (int(self.v.lru.max_seq) - folio.gen) % MAX_NR_GENS
        return Pages(
            position=np.arange(len(folio)),
            guest=folio.guest,
            nested=folio.nested,
            present=folio.pte == PTE_PRESENT,
            primary_young=folio.young,
            lock=np.array(locks)[memory],
            distance=np.where(folio.gen == NO_GEN, -1, behind),
        )

    def _moment(self, page: int, young: int) -> Moment:
        assert self.at is not None
        return Moment(
            mmu=self.at.mmu,
            kconfig=self.at.kconfig,
            bit_0x8=self.at.bit_0x8,
            nonleaf_0x4=bool(self.v.lru.enabled & Enabled.NONLEAF_YOUNG),
            asked=np.zeros((0, len(Lock)), np.int64),
            found=np.zeros(0, np.int64),
            page=page,
            primary_young=bool(young & 1),
            secondary_young=bool(young & 2),
        )
