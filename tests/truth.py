"""What each posting does, written out by hand, cell by cell.

The decisions are compared with it, and the slow model gets its policies from it. Columns are the
kinds of MMU; 7.3 has one more, s390, which can be asked since 7.2. In AGING a cell is the lock of
a harvest, `no`, or `part` (the TDP MMU's entry only); it holds while the variant's conditions do
(NEEDS_*), else the answer is `no`.
"""

from tests import oracle

MMUS = ("x86-tdp-ad", "x86-tdp-noad", "x86-tdp-nested", "x86-tdp-was-nested", "x86-shadow",
        "arm64", "ppc-radix", "other")  # fmt: skip

AGING = """
existing/code  no    no    no    no    no    no    no        no
6.1/code       no    no    no    no    no    no    no        no
v1/code        none  no    no    no    no    none  none      no
v2/mail        none  no    write write no    none  none      no
v2/code        none  no    no    no    no    none  none      no
v3/mail        none  write write write write read  exclusive exclusive
v3/code        none  no    no    no    no    read  no        no
v4/mail        none  none  write write write read  exclusive exclusive
v4/code        none  none  write write write read  exclusive exclusive
v5/code        none  no    no    no    no    no    no        no
v6/code        none  none  part  none  no    no    no        no
v7/code        none  none  none  none  none  no    no        no
exact/mail     none  none  no    no    no    no    no        no
proposed/mail  none  none  no    no    no    no    no        no
6.12/code      write write write write write write exclusive exclusive
6.15/code      none  none  none  none  none  write exclusive exclusive
7.3/code       none  none  none  none  none  write exclusive exclusive read
"""

FORCED = "none  none  write write write read  exclusive exclusive"
"""`proposed` with its Kconfig set."""

NEEDS_BIT = ("v1", "v2", "v3", "v4", "v5", "v6", "v7", "exact", "proposed")
NEEDS_KCONFIG = ("v4",)

EVICTION = """
existing/code  flush flush flush flush flush flush flush     flush
6.1/code       flush flush flush flush flush flush flush     flush
v1/code        none  write write write write none  none      exclusive
v2/mail        none  write write write write none  none      exclusive
v2/code        none  write write write write none  none      exclusive
v3/mail        none  write write write write read  exclusive exclusive
v3/code        none  write write write write read  exclusive exclusive
v4/mail        none  none  write write write read  exclusive exclusive
v4/code        none  none  write write write read  exclusive exclusive
v5/code        none  none  write write write read  exclusive exclusive
v6/code        none  none  write none  write read  exclusive exclusive
v7/code        none  none  write none  write write exclusive exclusive
exact/mail     none  none  write write write read  exclusive exclusive
proposed/mail  none  none  write write write read  exclusive exclusive
6.12/code      write write write write write write exclusive exclusive
6.15/code      none  none  none  none  none  write exclusive exclusive
7.3/code       none  none  none  none  none  write exclusive exclusive read
"""

ENTRY = """
existing/code  no    no    no    no    no    no    no        no
6.1/code       no    no    no    no    no    no    no        no
v1/code        bit   no    no    no    no    bit   bit       no
v2/mail        yes   no    no    no    no    yes   yes       no
v2/code        yes   no    no    no    no    yes   yes       no
v3/mail        yes   no    no    no    no    no    no        no
v3/code        yes   no    no    no    no    yes   no        no
v4/mail        no    no    no    no    no    no    no        no
v4/code        no    no    no    no    no    no    no        no
v5/code        bit   no    no    no    no    no    no        no
v6/code        yes   yes   yes   yes   yes   no    no        no
v7/code        yes   yes   yes   yes   yes   no    no        no
6.12/code      yes   yes   yes   yes   yes   yes   yes       yes
6.15/code      yes   yes   yes   yes   yes   yes   yes       yes
7.3/code       yes   yes   yes   yes   yes   yes   yes       yes       yes
"""
"""Does a page young in the secondary MMU alone start look-around: yes, no, or only with bit 0x8."""

WINDOW = """
existing/code  primary  primary  primary  primary  primary  primary  primary  primary
6.1/code       primary  primary  primary  primary  primary  primary  primary  primary
v1/code        batch    primary  batch    batch    primary  batch    batch    primary
v2/mail        batch    primary  batch    batch    primary  batch    batch    primary
v2/code        batch    primary  batch    batch    primary  batch    batch    primary
v3/mail        always   always   always   always   always   always   always   always
v3/code        always   always   always   always   always   always   always   always
v4/mail        none     none     none     none     none     none     none     none
v4/code        none     none     none     none     none     none     none     none
v5/code        fast     primary  fast     fast     primary  primary  primary  primary
v6/code        fast     fast     fast     fast     fast     fast     fast     fast
v7/code        fast     fast     fast     fast     fast     fast     fast     fast
6.12/code      all      all      all      all      all      all      all      all
6.15/code      all      all      all      all      all      all      all      all
7.3/code       all      all      all      all      all      all      all      all      all
"""
"""What the window reads: batch and fast need bit 0x8 (else primary), always does not."""

WINDOWS = {
    "batch": "secondary-if-fast",
    "always": "secondary-if-fast",
    "fast": "secondary-fast-only",
    "all": "secondary",
}
LOCKS = {"flush": "write+tlbflush"}


PLAIN_BESIDE_NESTED = """
existing/code no   no
6.1/code      no   no
v1/code       no   no
v2/mail       none yes
v2/code       no   no
v3/mail       none yes
v3/code       no   no
v4/mail       none no
v4/code       write no
v5/code       no   no
v6/code       none yes
v7/code       none yes
exact/mail    none yes
proposed/mail none yes
6.12/code     write yes
6.15/code     none yes
7.3/code      none yes
"""
"""On x86-tdp-nested, of a page that no nested guest has mapped: harvest, and whether it starts
look-around when young in the secondary MMU only. The mail's words go page by page, v1 to v5 look
at the VM as a whole."""

IN_VAIN = {
    "v1/code": ("x86-tdp-nested", "x86-tdp-was-nested"),
    "v2/code": ("x86-tdp-nested", "x86-tdp-was-nested"),
    "v3/code": MMUS,
    "v5/code": ("x86-tdp-nested", "x86-tdp-was-nested"),
    "v6/code": ("x86-tdp-nested", "x86-shadow", "arm64", "ppc-radix", "other"),
    "v7/code": ("arm64", "ppc-radix", "other"),
}
"""Where a walk calls and learns nothing."""


def cells(table: str) -> dict[tuple[str, str, str], str]:
    """(variant, reading, mmu) -> cell."""
    found = {}
    for line in table.strip().splitlines():
        name, *columns = line.split()
        variant, reading = name.split("/")
        mmus = (*MMUS, "s390") if variant == "7.3" else MMUS
        for mmu, cell in zip(mmus, columns, strict=True):
            found[variant, reading, mmu] = cell
    return found


def aging(variant: str, reading: str, mmu: str, kconfig: bool, bit: bool, walk: bool) -> str:
    """The lock of a harvest, `no` or `part`."""
    if not walk or (variant in NEEDS_BIT and not bit) or (variant in NEEDS_KCONFIG and not kconfig):
        return "no"
    if variant == "proposed" and kconfig:
        return FORCED.split()[MMUS.index(mmu)]
    return cells(AGING)[variant, reading, mmu]


def entry(variant: str, reading: str, mmu: str, bit: bool) -> str:
    """Whether a page young in the secondary MMU only starts look-around."""
    cell = cells(ENTRY).get((variant, reading, mmu), "user-choice")
    return ("yes" if bit else "no") if cell == "bit" else cell


def window(variant: str, reading: str, mmu: str, bit: bool) -> str:
    """What the window of look-around reads."""
    cell = cells(WINDOW)[variant, reading, mmu]
    if cell in ("batch", "fast") and not bit:
        return "primary"
    return WINDOWS.get(cell, cell)


def oracle_policy(
    variant: str, reading: str, mmu: str, kconfig: bool, enabled: int
) -> oracle.Policy:
    """The slow model's policy, from the tables above."""
    bit, walk = bool(enabled & 8), bool(enabled & 2)
    name, nested = f"{variant}/{reading}", mmu == "x86-tdp-nested"
    lock = aging(variant, reading, mmu, kconfig, bit, walk)
    sees = lock not in ("no", "part")
    starts = entry(variant, reading, mmu, bit)
    started = lock == "none" if starts == "user-choice" else starts == "yes"
    if starts == "user-choice":  # v2's rule: the call at eviction takes no lock
        started = cells(EVICTION)[variant, reading, mmu] == "none"
    plain, plain_starts = sees, started
    if nested:
        of_plain = {c[0]: c[1:] for c in map(str.split, PLAIN_BESIDE_NESTED.strip().splitlines())}
        on = aging(variant, reading, "x86-tdp-ad", kconfig, bit, walk) != "no"
        plain = on and of_plain[name][0] != "no"
        plain_starts = of_plain[name][1] == "yes" and not (variant == "v1" and not bit)
    may = walk and (bit or variant not in NEEDS_BIT) and (kconfig or variant not in NEEDS_KCONFIG)
    vain = may and mmu in IN_VAIN.get(name, ())
    asked = oracle.Ask((plain or vain, sees or vain), (plain, sees))
    return oracle.Policy(
        walk=asked,
        window=_window_ask(name, mmu, bit),
        entry=(plain_starts, started),
        nonleaf_for_all=_nonleaf_for_all(name, mmu, asked),
        nonleaf_for_none=(name in GLOBAL_NONLEAF and any(asked.made)) or not mmu.startswith("x86"),
        never_around_vm=variant == "v4",
        vm_is_walked=name != "v3/code" or bit,
    )


GLOBAL_NONLEAF = ("v4/code", "v5/code", "v6/code", "v7/code")


def _nonleaf_for_all(name: str, mmu: str, asked: oracle.Ask) -> bool:
    if not mmu.startswith("x86") or name in ("v3/code", "6.12/code", "6.15/code", "7.3/code"):
        return False
    if name in ("existing/code", "6.1/code", "v1/code", "v2/code"):
        return True
    return not any(asked.made)


WINDOW_SEES = {
    "v1/code": ("x86-tdp-ad", "arm64", "ppc-radix"),
    "v2/mail": ("x86-tdp-ad", "arm64", "ppc-radix"),
    "v2/code": ("x86-tdp-ad", "arm64", "ppc-radix"),
    "v3/mail": ("x86-tdp-ad", "arm64"),
    "v3/code": ("x86-tdp-ad", "arm64"),
    "v5/code": ("x86-tdp-ad",),
    "v6/code": ("x86-tdp-ad", "x86-tdp-noad", "x86-tdp-was-nested"),
    "v7/code": ("x86-tdp-ad", "x86-tdp-noad", "x86-tdp-nested", "x86-tdp-was-nested", "x86-shadow"),
    "exact/mail": ("x86-tdp-ad", "x86-tdp-noad"),
    "proposed/mail": ("x86-tdp-ad", "x86-tdp-noad"),
    "6.12/code": MMUS,
    "6.15/code": MMUS,
    "7.3/code": (*MMUS, "s390"),
}
WINDOW_SEES_PLAIN_BESIDE_NESTED = ("v2/mail", "v3/mail", "v6/code", "v7/code", "exact/mail",
                                   "proposed/mail", "6.12/code", "6.15/code",
                                   "7.3/code")  # fmt: skip
WINDOW_NEEDS_NO_BIT = ("v3/mail", "v3/code", "6.12/code", "6.15/code", "7.3/code")
WINDOW_CALLS_IN_VAIN = {
    "v1/code": ("x86-tdp-nested", "x86-tdp-was-nested"),
    "v2/mail": ("x86-tdp-nested", "x86-tdp-was-nested"),
    "v2/code": ("x86-tdp-nested", "x86-tdp-was-nested"),
    "v3/mail": MMUS,
    "v3/code": MMUS,
    "v5/code": ("x86-tdp-nested", "x86-tdp-was-nested"),
    "v6/code": MMUS,
    "v7/code": MMUS,
}


def _window_ask(name: str, mmu: str, bit: bool) -> oracle.Ask:
    if not bit and name not in WINDOW_NEEDS_NO_BIT:
        return oracle.NOBODY
    sees = mmu in WINDOW_SEES.get(name, ())
    plain = sees
    if mmu == "x86-tdp-nested":
        plain = name in WINDOW_SEES_PLAIN_BESIDE_NESTED
    vain = mmu in WINDOW_CALLS_IN_VAIN.get(name, ())
    return oracle.Ask((plain or vain, sees or vain), (plain, sees))
