"""The decision for people: as a table of all cases, as one grid, as a sentence."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import product

import polars as pl

from mglru_lab.choose import choose
from mglru_lab.policy import decision
from mglru_lab.policy.decision import Answer, Situation
from mglru_lab.policy.kernel import AS_VARIANT, RECORDS, Kernel
from mglru_lab.policy.mmu import MMUS, Lock
from mglru_lab.policy.policy import NOT_ASKED
from mglru_lab.policy.variants import LOOK_AROUND, LookAround, Variant

CHOICE = "user-choice"


@dataclass(frozen=True)
class Row:
    """One case: who is asked about a 4 KiB guest page, and under which lock.

    `mm_walk_0x2` is bit 0x2 in effect: set, on a host whose CPUs set accessed bits. On
    x86-tdp-nested the page is one that a nested guest has mapped; `tdp-part` says that only the
    TDP MMU's entry of it is read. A lock is `-` where nothing is harvested.
    """

    variant: str
    reading: str
    kconfig: int
    bit_0x8: int
    mm_walk_0x2: int
    mmu: str
    aging_harvests: str
    """yes, no or tdp-part."""
    aging_lock: str
    eviction_lock: str
    lookaround_if_primary_young: str
    """yes, no, or user-choice where the author left it open."""
    lookaround_if_secondary_young: str
    lookaround_window: str
    """none, primary, secondary-if-fast, secondary-fast-only or secondary."""


def _lock(answer: Answer) -> str:
    return Lock(answer.value).text if answer.harvests else "-"


def _harvests(answer: Answer) -> str:
    return "yes" if answer.harvests else "tdp-part" if answer.tdp_part else "no"


def row(variant: Variant, mmu: str, at: Situation, look_around: str = AS_VARIANT) -> Row:
    """The row of a variant in a situation; `look_around` names a rule instead of its own."""
    nested = at.mmu.nested_live
    own = look_around == AS_VARIANT
    is_open = variant.look_around_is_choice and own
    rule = variant.look_around if own else LOOK_AROUND[look_around]
    walk = decision.aging(variant, at, nested)
    primary = rule.in_vm and rule.window != "none"
    secondary = decision.starts_look_around(variant, rule, at, nested)
    return Row(
        variant=variant.name,
        reading=variant.reading,
        kconfig=int(at.kconfig),
        bit_0x8=int(at.bit_0x8),
        mm_walk_0x2=int(at.mm_walk),
        mmu=mmu,
        aging_harvests=_harvests(walk),
        aging_lock=Lock.NONE.text if walk.tdp_part else _lock(walk),
        eviction_lock=_lock(decision.eviction(variant, at, nested)),
        lookaround_if_primary_young=CHOICE if is_open else _yes(primary),
        lookaround_if_secondary_young=CHOICE if is_open else _yes(secondary),
        lookaround_window=decision.window_rule(variant, rule, at),
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def rows(
    variants: Iterable[str] = (),
    reading: str = "",
    kconfig: bool | None = None,
    bits: int | None = None,
    mmus: Iterable[str] = (),
    look_around: str = AS_VARIANT,
) -> Iterator[Row]:
    """All rows, or those chosen; `bits` is a value of `enabled`.

    A kind of MMU that the KVM code cannot be asked about has no row.
    """
    names = list(dict.fromkeys(name for name, _ in RECORDS))
    variants, mmus = tuple(variants) or names, tuple(mmus) or tuple(MMUS)
    for name in variants:
        choose("variant", name, names)
        if reading:
            choose(f"reading of {name}", reading, [r for known, r in RECORDS if known == name])
    for name in mmus:
        choose("mmu", name, list(MMUS))
    choose("look_around", look_around, [AS_VARIANT, *LOOK_AROUND])
    kconfigs = (False, True) if kconfig is None else (kconfig,)
    bits_0x8 = (False, True) if bits is None else (bool(bits & 8),)
    walks = (False, True) if bits is None else (bool(bits & 2),)
    chosen = (v for v in RECORDS.values() if v.name in variants and reading in ("", v.reading))
    for variant, k, bit, walk, mmu in product(chosen, kconfigs, bits_0x8, walks, mmus):
        if variant.kvm.notifies(MMUS[mmu]):
            yield row(variant, mmu, Situation(MMUS[mmu], k, bit, walk), look_around)


def table(rows: Iterable[Row]) -> pl.DataFrame:
    """The rows as a frame; columns as in `Row`."""
    return pl.DataFrame([asdict(row) for row in rows])


def decision_table() -> pl.DataFrame:
    """One row per variant, reading, Kconfig, bit 0x8, bit 0x2 and MMU; columns as in `Row`."""
    return table(rows())


def by_mmu(rows: Iterable[Row], value: Callable[[Row], str]) -> pl.DataFrame:
    """One value of each row, a line per variant and reading and a column per MMU."""
    lines: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        lines.setdefault((row.variant, row.reading), {})[row.mmu] = value(row)
    return pl.DataFrame(
        [{"variant": name, "reading": reading} | line for (name, reading), line in lines.items()],
        infer_schema_length=None,
    ).fill_null("-")


def harvests(row: Row) -> str:
    """What a walk learns of a page, and under which lock."""
    if row.aging_harvests == "no":
        return "no"
    return f"{row.aging_harvests}/{row.aging_lock}"


def looks(row: Row) -> str:
    """What starts look-around in a process with a VM, and what its window reads."""
    starts = {
        ("no", "no"): "never",
        ("yes", "no"): "primary",
        ("yes", "yes"): "either",
        (CHOICE, CHOICE): CHOICE,
    }[row.lookaround_if_primary_young, row.lookaround_if_secondary_young]
    window = row.lookaround_window.removeprefix("secondary-")
    return starts if starts == "never" else f"{starts}/{window}"


def sentence(kernel: Kernel) -> str:
    """One case in words, with the reasons: aging, then eviction, then look-around.

    What it says of 0x2 takes a host whose CPUs set accessed bits in PTEs; `Kernel(hw_pte_young=
    False)` is one whose CPUs do not.
    """
    at = kernel.situation()
    nested = at.mmu.nested_live
    variant, rule = kernel.record, kernel.look_around_rule
    page = "a page that a nested guest has mapped" if nested else "a guest page"
    evict = decision.eviction(variant, at, nested)
    if evict.value == NOT_ASKED:
        return (
            f"{kernel.name} ({_READINGS[variant.reading]}), {kernel.mmu}. "
            f"Nobody asks about {page}: {evict.why}."
        )
    shown = f"enabled reads {kernel.reads_back()}"
    if variant.kconfig != "ignored":
        shown = f"Kconfig {'y' if kernel.kconfig else 'n'}, {shown}"
    return (
        f"{kernel.name} ({_READINGS[variant.reading]}), "
        f"{kernel.mmu}, {shown}. Does aging ask about {page}? {aging_words(kernel, nested)}. "
        f"Eviction asks with {_under(evict.value)}. {_looks(kernel, rule, nested)}"
    )


def why(case: Row) -> str:
    """The sentence about a row, as `mglru-lab decide` gives it for one case."""
    bits = 0x5 | 0x2 * case.mm_walk_0x2 | 0x8 * case.bit_0x8
    return sentence(
        Kernel(
            variant=case.variant,
            reading=case.reading,
            kconfig=bool(case.kconfig),
            enabled=bits,
            mmu=case.mmu,
        )
    )


def aging_words(kernel: Kernel, nested: bool) -> str:
    """Whether aging learns of a guest page that a nested guest has mapped, or has not, and why."""
    walk = decision.aging(kernel.record, kernel.situation(), nested)
    if walk.harvests:
        return f"yes, with {_under(walk.value)}: {walk.why}"
    if walk.tdp_part:
        return f"in part: {walk.why}, and the nested guest's accesses are in the shadow entry"
    return f"no: {walk.why}"


_READINGS = {"code": "as coded", "mail": "in the mail's words"}


def _under(lock: int) -> str:
    kinds = {
        Lock.NONE: "no lock",
        Lock.READ: "mmu_lock for read",
        Lock.WRITE: "mmu_lock for write",
        Lock.EXCLUSIVE: "mmu_lock, a spinlock",
        Lock.WRITE_TLBFLUSH: "mmu_lock for write and a TLB flush",
    }
    return kinds[Lock(lock)]


def _looks(kernel: Kernel, rule: LookAround, nested: bool) -> str:
    at, variant = kernel.situation(), kernel.record
    chosen = variant.look_around_is_choice and kernel.look_around == AS_VARIANT
    note = " (look-around is left open by the mail: this is the lab's default)" if chosen else ""
    if rule.window == "none" or not rule.in_vm:
        return f"It never looks around in a process with a VM{note}."
    starts = "in either MMU" if decision.starts_look_around(variant, rule, at, nested) else (
        "in the primary MMU"
    )  # fmt: skip
    windows = {
        "primary": "reads primary bits only",
        "secondary-if-fast": "asks where a lockless batch succeeds",
        "secondary-fast-only": "asks by fast-only calls",
        "secondary": "asks about every page, whatever lock that takes",
    }
    how = windows[decision.window_rule(variant, rule, at)]
    return f"A page young {starts} starts look-around, whose window {how}{note}."
