"""The variants: every answer in the thread to who asks the secondary MMU, and when, as data.

Eviction asks about the page at hand in every variant; what is argued about is aging and
look-around. What a variant does follows from its record in decision.py and nowhere else. Sources:
the postings named in each record, and the mail of 2024-05-29 that sums them up
(CADrL8HXHWg_MkApYQTngzmN21NEGNWC6KzJDw_Lm63JHJkR=5A@mail.gmail.com, below: the mail).
"""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from mglru_lab.policy import kvm
from mglru_lab.policy.kvm import Kvm

Reading = Literal["code", "mail"]

IfSecondaryYoung = Literal["no", "lockless", "fast", "x86", "yes"]
Window = Literal["none", "primary", "secondary-if-fast", "secondary-fast-only", "secondary"]


class LookAround(NamedTuple):
    """When eviction looks around a young page, and at what."""

    if_secondary_young: IfSecondaryYoung = "no"
    """A page young in the secondary MMU alone starts it: never; if the call took no lock; if the
    fast call succeeded; if the host is an x86; always. A page young in the primary MMU does."""
    window: Window = "primary"
    """The window reads primary bits only; asks where a fast call succeeds (in batches, or page by
    page); asks whatever lock that takes."""
    in_vm: bool = True
    """It happens in a process with MMU notifiers at all."""
    needs_bit: tuple[str, ...] = ()
    """Which of "entry" and "window" need bit 0x8; else a window without it reads primary bits."""
    needs_likely: bool = False
    """The window also needs the architecture to have said "probably lockless"."""


PRIMARY = LookAround()
V1_LOOKS = LookAround("lockless", "secondary-if-fast", True, ("entry", "window"), True)
V2_LOOKS = LookAround("lockless", "secondary-if-fast", True, ("window",), True)
V3_LOOKS = LookAround("fast", "secondary-if-fast")
V4_LOOKS = LookAround("no", "none", in_vm=False)
V5_LOOKS = LookAround("fast", "secondary-fast-only", True, ("entry", "window"), True)
V6_LOOKS = LookAround("x86", "secondary-fast-only", True, ("window",))
V6_12_LOOKS = LookAround("yes", "secondary")

LOOK_AROUND = {
    "primary": PRIMARY,
    "v2": V2_LOOKS,
    "v4": V4_LOOKS,
    "6.12": V6_12_LOOKS,
    "6.12-entry": LookAround("yes", "primary"),
    "6.12-window": LookAround("no", "secondary"),
    "none": LookAround("no", "none"),
}
"""Rules to choose instead of the variant's own: up to 6.11, of v2, of v4, since 6.12, either half
of the latter (both were recorded), none at all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One posting, or one way to read the mail: what decides who is asked."""

    name: str
    reading: Reading = "code"
    source: str
    """Where it was posted or merged."""
    in_words: str
    """One sentence."""
    kvm: Kvm
    """Its own KVM code: what a call locks. `Kernel.kvm` may choose another one."""
    may_flush: bool = False
    """Eviction makes the call that may flush TLBs (clear_flush_young), as up to 6.11."""
    asks: Literal["never", "likely-fast", "always", "lockless"] = "always"
    """When a walk asks: never; where the architecture says "probably lockless"; always; exactly
    where the call takes no lock."""
    by: Literal["ordinary", "fast"] = "ordinary"
    """The call that a walk uses: one that takes what it needs, or one that gives up."""
    kconfig: Literal["ignored", "required", "forces"] = "ignored"
    """The Kconfig: without effect; needed for asking; makes `asks` "always"."""
    needs_bit: bool = False
    """Walks ask only while bit 0x8 of `enabled` is set; every walk needs 0x2."""
    calls: Literal["one", "test-clear", "batch"] = "one"
    """Notifier calls per page: one; a test if the primary bit is old, then a clear if either was
    young; a test and a clear for up to 64 pages."""
    nonleaf_vm: Literal["skips", "skips-unless-asking", "never"] = "skips-unless-asking"
    """Whether 0x4 skips page tables with an old PMD in a process with MMU notifiers."""
    nonleaf_others_while_asking: bool = True
    """Whether it skips them in other processes while walks ask."""
    walks_vm_unasked: bool = True
    """A process with notifiers is walked even while its secondary MMU may not be asked."""
    fast_first: bool = False
    """Eviction tries the fast call before the ordinary one, while walks may ask."""
    shows_bit: Literal["never", "set", "likely-fast", "kconfig"] = "set"
    """When a read of `enabled` shows 0x8: never; if set; if set and the architecture said
    "probably lockless"; if set and the Kconfig is."""
    look_around: LookAround
    look_around_is_choice: bool = False
    """Its author left look-around open: `look_around` is only the lab's default."""

    @property
    def knows_bit(self) -> bool:
        """The kernel has a bit 0x8."""
        return self.shows_bit != "never"


_EXISTING = Variant(
    name="existing",
    source="Linux 6.1 to 6.11; the mail's 'existing approach'",
    in_words="only eviction asks, about the page at the end of the list",
    kvm=kvm.EXISTING,
    may_flush=True,
    asks="never",
    nonleaf_vm="skips",
    shows_bit="never",
    look_around=PRIMARY,
)
_V2 = Variant(
    name="v2",
    source="Yu Zhao, 2023-05-26, 20230526234435.662652-1-yuzhao@google.com",
    in_words="asks in lockless batches of 64 where the architecture has them",
    kvm=kvm.V2,
    asks="likely-fast",
    by="fast",
    needs_bit=True,
    calls="batch",
    nonleaf_vm="skips",  # a hole: a table whose primary PMD is old stays unseen
    shows_bit="likely-fast",
    look_around=V2_LOOKS,
)
_V3 = Variant(
    name="v3",
    source="James Houghton, 2024-04-01, 20240401232946.1837665-1-jthoughton@google.com",
    in_words="tries everywhere in batches, and ignores that a batch was unreliable",
    kvm=kvm.V3,
    by="fast",
    needs_bit=True,
    calls="batch",
    nonleaf_vm="never",
    walks_vm_unasked=False,
    look_around=V3_LOOKS,
)
_V4 = Variant(
    name="v4",
    source="James Houghton, 2024-05-29, 20240529180510.2295118-1-jthoughton@google.com",
    in_words="asks whatever lock it takes, if the Kconfig and bit 0x8 are set",
    kvm=kvm.V4,
    kconfig="required",
    needs_bit=True,
    calls="test-clear",
    nonleaf_vm="skips-unless-asking",
    nonleaf_others_while_asking=False,
    shows_bit="kconfig",
    look_around=V4_LOOKS,
)
_V6 = Variant(
    name="v6",
    source="James Houghton, 2024-07-24, 20240724011037.3671523-1-jthoughton@google.com",
    in_words="asks by fast-only calls that leave the shadow MMU out",
    kvm=kvm.V6,
    by="fast",
    needs_bit=True,
    nonleaf_others_while_asking=False,
    look_around=V6_LOOKS,
)
_EXACT = Variant(
    name="exact",
    reading="mail",
    source="the mail: 'another possibility'; never posted",
    in_words="asks exactly where the call takes no lock",
    kvm=kvm.V4,
    asks="lockless",
    needs_bit=True,
    calls="test-clear",
    look_around=V2_LOOKS,
    look_around_is_choice=True,
)

_ALL = (
    _EXISTING,
    replace(_EXISTING, name="6.1", source="Linux 6.1 to 6.11"),
    replace(
        _V2,
        name="v1",
        source="Yu Zhao, 2023-02-16, 20230217041230.2417228-1-yuzhao@google.com",
        kvm=kvm.V1,
        look_around=V1_LOOKS,
    ),
    replace(
        _V2,
        reading="mail",
        source="the mail: 'when the architecture reports that it can probably be done locklessly'",
        in_words="asks where the architecture says 'probably lockless', and locks where it erred",
        by="ordinary",
        nonleaf_vm="skips-unless-asking",
    ),
    _V2,
    replace(
        _V3,
        reading="mail",
        source="the mail: 'aging with KVM is always done'",
        in_words="always asks, whatever lock it takes",
        by="ordinary",
        nonleaf_vm="skips-unless-asking",
        walks_vm_unasked=True,
        look_around=LookAround("lockless", "secondary-if-fast"),
    ),
    _V3,
    replace(
        _V4,
        reading="mail",
        source="the mail: 'aging with KVM is done if the new Kconfig is set'",
        nonleaf_others_while_asking=True,
    ),
    _V4,
    Variant(
        name="v5",
        source="James Houghton, 2024-06-11, 20240611002145.2078921-1-jthoughton@google.com",
        in_words="asks by fast-only calls, which fail once the VM has shadow entries",
        kvm=kvm.V5,
        asks="likely-fast",
        by="fast",
        needs_bit=True,
        calls="test-clear",
        nonleaf_others_while_asking=False,
        fast_first=True,
        shows_bit="likely-fast",
        look_around=V5_LOOKS,
    ),
    _V6,
    replace(
        _V6,
        name="v7",
        source="James Houghton, 2024-09-26, 20240926013506.860253-1-jthoughton@google.com",
        in_words="asks by fast-only calls, on x86 about shadow entries, too",
        kvm=kvm.V7,
    ),
    _EXACT,
    replace(
        _EXACT,
        name="proposed",
        source="the mail: the author's proposal; never posted",
        in_words="asks exactly where the call takes no lock; a Kconfig forces it everywhere",
        kconfig="forces",
    ),
    Variant(
        name="6.12",
        source="Linux 6.12 to 6.14, commit 1d4832becdc2",
        in_words="walk and look-around ask about every page, one locked call each",
        kvm=kvm.V6_12,
        nonleaf_vm="never",
        shows_bit="never",
        look_around=V6_12_LOOKS,
    ),
    Variant(
        name="6.15",
        source="Linux 6.15 and later, kvm-x86-mmu-6.15",
        in_words="as 6.12; x86 answers without mmu_lock",
        kvm=kvm.V6_15,
        nonleaf_vm="never",
        shows_bit="never",
        look_around=V6_12_LOOKS,
    ),
)

VARIANTS = {(variant.name, variant.reading): variant for variant in _ALL}
"""By name and reading, in the order of their time; v2 to v4 exist in the mail's words and as coded,
`exact` and `proposed` in words only."""

NAMES = list(dict.fromkeys(variant.name for variant in _ALL))


def readings(name: str) -> list[Reading]:
    """The readings that a variant has; the first one is the default."""
    return [reading for known, reading in VARIANTS if known == name]
