"""Where a scenario's regions lie: each begins a page table, the process's own pages come last."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mglru_lab.kernel.chance import chance
from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import PTRS_PER_PTE, Lruvec, Region, new_lruvec
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.policy.mmu import DEFAULT_MMU, NESTED_MMU
from mglru_lab.scenario.language import FILES, Command
from mglru_lab.scenario.nested import Nested

GUEST_CODE_PAGES = 4
"""The guest's program has a small region to itself; one page of it is used."""
OWN_PAGES = 512
"""The static data of the recorder's worker; one of its pages is the memcg's, with mixed memory."""


@dataclass(frozen=True)
class Layout:
    """One or two regions: how many pages, and what they are.

    Anonymous memory (`anon`), the same in a guest's memslots (`kvm`), a mapped file (`file`) or one
    that is read (`rfile`).
    """

    pages: list[int]
    kinds: list[str]
    nested: list[Nested]
    """Which pages of each region are mapped for a nested guest."""
    split: bool = False
    """The second region is another process's, in a memcg of its own; both are under one limit."""

    @classmethod
    def of(cls, commands: Iterable[Command], mmu: str, notifies: bool = True) -> "Layout":
        """The regions that a scenario makes.

        Where KVM has no notifiers, a guest's memory is like that of any process.

        Without a word on it the whole guest is mapped for a nested guest where the host has one;
        a share makes the host one that has. Raises ScenarioError where it cannot.
        """
        made = [command for command in commands if command.name == "region"]
        shares = []
        for command in made:
            nested = Nested.parse("" if command.args[1] in FILES else str(command.args[2]))
            if nested.share and mmu not in (DEFAULT_MMU, NESTED_MMU):
                raise command.error(
                    f"{command.args[2]}: {mmu} has no nested guest next to others; "
                    f"allowed are {DEFAULT_MMU} and {NESTED_MMU}"
                )
            if nested.share is None and command.args[1] == "kvm" and mmu == NESTED_MMU:
                nested = Nested(1.0)
            shares.append(nested)
        pages = [int(command.args[0]) for command in made]
        split = any(command.name == "split" and command.args[0] for command in commands)
        return cls(pages, [kind_of(command, notifies) for command in made], shares, split)

    @property
    def tables(self) -> list[int]:
        """Page tables per region."""
        return [tables_of(pages) for pages in self.pages]

    @property
    def first_table(self) -> npt.NDArray[np.int64]:
        """The first page table of either region; two values, the second one idle without it."""
        own = OWN_PAGES // PTRS_PER_PTE if self.split else 0
        return np.cumsum([0, *(tables + own for tables in self.tables)])[:2]

    @property
    def of_file(self) -> bool:
        """Whether the region is a file's page cache."""
        return self.kinds[:1] in ([kind] for kind in FILES)

    def regions(self) -> list[slice]:
        """Where each region's pages are in the arrays."""
        starts = [int(table) * PTRS_PER_PTE for table in self.first_table]
        return [slice(start, start + n) for start, n in zip(starts, self.pages, strict=False)]

    def new_lruvec(self, enabled: int, unrecorded: Unrecorded) -> Lruvec:
        """Fresh memcgs with these regions, the guest's code and the worker's own page or pages.

        A page of its stack, if there is one, comes last.
        """
        own = Region(OWN_PAGES)
        regions: list[Region] = []
        for at, (pages, kind) in enumerate(zip(self.pages, self.kinds, strict=True)):
            memcg = at if self.split else 0
            regions.append(Region(pages, kind == "kvm", memcg, kind in FILES))
            if self.split and at == 0:
                regions.append(own)
        memcg = len(self.pages) - 1 if self.split else 0
        has_guest = "kvm" in self.kinds
        code = sum(tables_of(region.pages) for region in regions)
        regions += [Region(GUEST_CODE_PAGES, True, memcg)] * has_guest
        regions += [own._replace(memcg=memcg)] * (len(self.kinds) > 1)
        regions += [Region(1, memcg=memcg)] * unrecorded.stack_page
        told = chance(unrecorded.flipped_walks, unrecorded.seen_walks, unrecorded.freed_slab)
        v = new_lruvec(regions, enabled, told)
        for region, nested in zip(self.regions(), self.nested, strict=True):
            which = nested.pages(region.stop - region.start)
            if which.any():
                Folios(v, region).nested = which
        if has_guest:
            v.lrus[memcg].code_page = code * PTRS_PER_PTE
            v.lrus[memcg].code_shares_table = unrecorded.code_shares_table
            if unrecorded.code_table_crowded:
                v.table[code].other_ptes = PTRS_PER_PTE - GUEST_CODE_PAGES
            if any(nested.share == 1 for nested in self.nested):
                Folios(v, code * PTRS_PER_PTE).nested = True
        if len(self.kinds) > 1:
            v.lrus[memcg].own_page = (code + has_guest) * PTRS_PER_PTE + OWN_PAGES // 2
        if self.split and self.kinds:
            v.lrus[0].own_page = self.tables[0] * PTRS_PER_PTE + OWN_PAGES // 2
        return v


def kind_of(region: Command, notifies: bool) -> str:
    """What a region is to the kernel: where KVM has no notifiers, a guest's is like any other."""
    kind = str(region.args[1])
    return "anon" if kind == "kvm" and not notifies else kind


def tables_of(pages: int) -> int:
    """Page tables that so many pages take."""
    return -(-pages // PTRS_PER_PTE)
