"""The kinds of secondary MMU (virt/kvm, arch/*/kvm), and the locks that asking one may take."""

from enum import IntEnum
from typing import NamedTuple


class Lock(IntEnum):
    """What one notifier call takes of KVM's mmu_lock."""

    NONE = 0
    READ = 1
    WRITE = 2
    EXCLUSIVE = 3
    """A spinlock: the architecture has no rwlock there."""
    WRITE_TLBFLUSH = 4

    @property
    def text(self) -> str:
        """As frames and tables name it."""
        return "write+tlbflush" if self is Lock.WRITE_TLBFLUSH else self.name.lower()


class Mmu(NamedTuple):
    """One kind of secondary MMU, by what KVM's code distinguishes."""

    arch: str
    """x86, arm64, ppc, s390 or other."""
    tdp: bool = False
    """x86: the TDP MMU maps guest memory (tdp_mmu_enabled)."""
    accessed_bits: bool = True
    """Its entries have accessed bits set by hardware (x86: shadow_accessed_mask is not 0)."""
    nested_live: bool = False
    """A nested guest runs: some pages are mapped by shadow entries as well."""
    has_rmaps: bool = False
    """x86: shadow entries exist or once existed; sticky (kvm_memslots_have_rmaps)."""

    @property
    def exclusive(self) -> Lock:
        """mmu_lock held against everybody: a rwlock on x86, arm64 and s390, else a spinlock."""
        return Lock.WRITE if self.arch in ("x86", "arm64", "s390") else Lock.EXCLUSIVE


MMUS = {
    "x86-tdp-ad": Mmu("x86", tdp=True),
    "x86-tdp-noad": Mmu("x86", tdp=True, accessed_bits=False),
    "x86-tdp-nested": Mmu("x86", tdp=True, nested_live=True, has_rmaps=True),
    "x86-tdp-was-nested": Mmu("x86", tdp=True, has_rmaps=True),
    "x86-shadow": Mmu("x86", has_rmaps=True),
    "arm64": Mmu("arm64"),
    "ppc-radix": Mmu("ppc"),
    "other": Mmu("other"),
    "s390": Mmu("s390"),
}
"""By name. A page of x86-tdp-nested is mapped for the nested guest unless a scenario says that only
a share of them is (`region N kvm nested=0.3`)."""

DEFAULT_MMU = "x86-tdp-ad"
NESTED_MMU = "x86-tdp-nested"


class Hardware(NamedTuple):
    """What the host's CPUs do to primary page tables (arch_has_hw_*)."""

    pte_young: bool = True
    """They set accessed bits in PTEs; else 0x2 reads back 0 and nothing is walked."""
    nonleaf_young: bool = True
    """They set them in PMDs; else 0x4 reads back 0."""


def hardware_of(mmu: Mmu, hw_pte_young: bool = True) -> Hardware:
    """The host that has this secondary MMU: only x86 sets accessed bits in PMDs."""
    return Hardware(hw_pte_young, mmu.arch == "x86")
