"""Where a scenario's regions lie: each begins a page table, the process's own pages come after."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mglru_lab.kernel.lruvec import PTRS_PER_PTE, Lruvec, new_lruvec
from mglru_lab.kernel.mmu import DEFAULT_MMU, NESTED_MMU
from mglru_lab.scenario.language import Command
from mglru_lab.scenario.nested import Nested

GUEST_CODE_PAGES = 4
"""The guest's program has a small region to itself; one page of it is used."""
OWN_PAGES = 512
"""The static data of the recorder's worker; one of its pages is the memcg's, with mixed memory."""


@dataclass(frozen=True)
class Layout:
    """One or two regions: how many pages, and whether a guest (`kvm`) has them in its memslots."""

    pages: list[int]
    kinds: list[str]
    nested: list[Nested]
    """Which pages of each region are mapped for a nested guest."""

    @classmethod
    def of(cls, commands: Iterable[Command], mmu: str) -> "Layout":
        """The regions that a scenario makes.

        Without a word on it the whole guest is mapped for a nested guest where the host has one;
        a share makes the host one that has. Raises ScenarioError where it cannot.
        """
        made = [command for command in commands if command.name == "region"]
        shares = []
        for command in made:
            nested = Nested.parse(str(command.args[2]))
            if nested.share and mmu not in (DEFAULT_MMU, NESTED_MMU):
                raise command.error(
                    f"{command.args[2]}: {mmu} has no nested guest beside others; "
                    f"allowed are {DEFAULT_MMU} and {NESTED_MMU}"
                )
            if nested.share is None and command.args[1] == "kvm" and mmu == NESTED_MMU:
                nested = Nested(1.0)
            shares.append(nested)
        pages = [int(command.args[0]) for command in made]
        return cls(pages, [str(command.args[1]) for command in made], shares)

    @property
    def tables(self) -> list[int]:
        """Page tables per region."""
        return [-(-pages // PTRS_PER_PTE) for pages in self.pages]

    @property
    def first_table(self) -> npt.NDArray[np.int64]:
        """The first page table of either region; two values, the second one idle without it."""
        return np.cumsum([0, *self.tables])[:2]

    def regions(self) -> list[slice]:
        """Where each region's pages are in the arrays."""
        starts = [int(table) * PTRS_PER_PTE for table in self.first_table]
        return [slice(start, start + n) for start, n in zip(starts, self.pages, strict=False)]

    def new_lruvec(
        self, enabled: int, extra_walks: tuple[int, ...], stack_page: bool = False
    ) -> Lruvec:
        """A fresh memcg with these regions, the guest's code and the worker's own page.

        A page of its stack, if there is one, comes last.
        """
        has_guest, is_mixed = "kvm" in self.kinds, len(self.kinds) > 1
        regions = [(n, kind == "kvm") for n, kind in zip(self.pages, self.kinds, strict=True)]
        regions += [(GUEST_CODE_PAGES, True)] * has_guest + [(OWN_PAGES, False)] * is_mixed
        regions += [(1, False)] * stack_page
        v = new_lruvec(regions, enabled, extra_walks)
        after = sum(self.tables)
        for region, nested in zip(self.regions(), self.nested, strict=True):
            v.folio.nested[region] = nested.pages(region.stop - region.start)
        if has_guest:
            v.lru.code_page = after * PTRS_PER_PTE
            v.folio.nested[v.lru.code_page] = any(nested.share == 1 for nested in self.nested)
        if is_mixed:
            v.lru.own_page = (after + 1) * PTRS_PER_PTE + OWN_PAGES // 2
        return v
