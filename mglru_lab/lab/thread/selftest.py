"""access_tracking_perf_test on the model: does aging work, and could a test know in advance.

Two versions of tools/testing/selftests/kvm/access_tracking_perf_test.c: that of the series v4 to
v7 (which looks at bit 0x8), for kernels that have the bit; the mainline one of 6.16, for others.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace

import polars as pl

from mglru_lab.kernel.features import Enabled
from mglru_lab.lab.run.run import Run, run
from mglru_lab.policy.kernel import RECORDS, Kernel
from mglru_lab.policy.mmu import MMUS
from mglru_lab.scenario.language import Scenario

PAGES = 1024
MOST = 0.9
"""The mainline test wants more than this share of the pages in one generation."""

PASS, FAIL, SKIP = "PASS", "FAIL", "SKIP"


def _series_scenario(nested: str) -> Scenario:
    return Scenario(
        f"region {PAGES} kvm {nested}\ntouch 0 {PAGES}\n"  # populating
        f"touch 0 {PAGES}\nrtouch 0 {PAGES}\nsettle\n"  # writing to, reading from populated memory
        f"age\ndump g0\nage\ndump g1\ntouch 0 {PAGES}\nage\ndump g2\nage\ndump g3\n"
        f"rtouch 0 {PAGES}\nage\ndump g4\n",
        "access_tracking_perf_test of the series",
    )


def _mainline_scenario(nested: str) -> Scenario:
    return Scenario(
        f"region {PAGES} kvm {nested}\ntouch 0 {PAGES}\nsettle\nage\ndump g0\n"
        f"touch 0 {PAGES}\ndump g1\ntouch 0 {PAGES}\nrtouch 0 {PAGES}\n"
        f"age\ndump g2\ntouch 0 {PAGES}\nage\ndump g3\nrtouch 0 {PAGES}\n",
        "access_tracking_perf_test of 6.16",
    )


class _Failed(Exception):
    """An assertion of the test does not hold: which, and what was seen."""


def _sizes(made: Run, label: str) -> dict[int, int]:
    frame = made.generations.filter(dump=label, type="anon")
    return dict(frame.select("seq", "pages").iter_rows())


def _tracked(made: Run, label: str) -> None:
    total = sum(_sizes(made, label).values())
    if total < PAGES:
        raise _Failed(f"{label}: {total} pages are tracked, {PAGES} expected")


def _generation(made: Run, label: str, share: float, below_newest: bool) -> int:
    """The lowest generation that holds more than `share` of the pages."""
    sizes = _sizes(made, label)
    for seq in sorted(sizes)[: -1 if below_newest else None]:
        if sizes[seq] > share * PAGES:
            return seq
    raise _Failed(f"{label}: no generation holds more than {share:.0%} of the pages: {sizes}")


def _series(made: Run) -> None:
    _tracked(made, "g0")
    g = [_generation(made, f"g{step}", 0.5, below_newest=True) for step in range(5)]
    wanted = [
        (g[1] == g[0], "an aging of idle memory moved it"),
        (g[2] > g[1], "after writing, aging found the pages still in the old generation"),
        (g[3] == g[2], "an aging of idle memory moved it"),
        (g[4] > g[3], "after reading, aging found the pages still in the old generation"),
    ]
    for holds, otherwise in wanted:
        if not holds:
            raise _Failed(f"{otherwise} (generations {', '.join(map(str, g))})")


def _mainline(made: Run) -> None:
    _tracked(made, "g0")
    last = _generation(made, "g1", MOST, below_newest=False)
    for label in ("g2", "g3"):
        new = _generation(made, label, MOST, below_newest=False)
        if new <= last:
            raise _Failed(f"too many pages still idle: generation {new} after {last}")
        last = new


@dataclass(frozen=True)
class Verdict:
    """What the test says of one kernel."""

    variant: str
    reading: str
    kconfig: int
    bit_0x8: int
    """Whether it was set; only a kernel that knows the bit keeps it."""
    mmu: str
    enabled: str
    """What `enabled` reads back."""
    test: str
    """series or mainline."""
    verdict: str
    """PASS, FAIL or SKIP."""
    reason: str


def selftest(kernel: Kernel, nested: str = "") -> Verdict:
    """Run the test's phases on one kernel; it skips where its own requirements are not met.

    `nested`: the part of the guest that a nested guest has mapped, such as "nested=0.3".
    """
    bits = int(kernel.reads_back(), 16)
    knows_bit = kernel.record.knows_bit
    needed = Enabled.CORE | Enabled.MM_WALK
    if knows_bit:
        needed |= Enabled.SECONDARY_MMU
    verdict, reason = PASS, "the pages changed generation after every use, and not without"
    if bits & needed != needed:
        missing = "page_idle is used instead" if not knows_bit else "not supported"
        verdict, reason = (
            SKIP,
            f"enabled reads 0x{bits:04x}, 0x{int(needed):x} is needed: {missing}",
        )
    else:
        try:
            if knows_bit:
                _series(run(_series_scenario(nested), kernel))
            else:
                _mainline(run(_mainline_scenario(nested), kernel))
        except _Failed as failed:
            verdict, reason = FAIL, str(failed)
    return Verdict(
        variant=kernel.record.name,
        reading=kernel.record.reading,
        kconfig=int(kernel.kconfig),
        bit_0x8=int(bool(kernel.features & Enabled.SECONDARY_MMU)),
        mmu=kernel.mmu,
        enabled=kernel.reads_back(),
        test="series" if knows_bit else "mainline",
        verdict=verdict,
        reason=reason,
    )


def verdicts(
    variants: Iterable[str] = (),
    readings: Iterable[str] = (),
    kconfigs: Iterable[bool] = (False, True),
    bits: Iterable[int] = (0x7, 0xF),
    mmus: Iterable[str] = (),
    nested: str = "",
) -> Iterator[Verdict]:
    """The test on every variant, reading, Kconfig, `enabled` and MMU, or on those chosen."""
    variants, readings = tuple(variants) or {name for name, _ in RECORDS}, tuple(readings)
    kconfigs, bits, mmus = tuple(kconfigs), tuple(bits), tuple(mmus)
    for (name, reading), record in RECORDS.items():
        if name not in variants or (readings and reading not in readings):
            continue
        for kconfig in kconfigs:
            for enabled in bits:
                for mmu in mmus or [mmu for mmu in MMUS if record.kvm.notifies(MMUS[mmu])]:
                    kernel = Kernel(
                        variant=name, reading=reading, kconfig=kconfig, enabled=enabled, mmu=mmu
                    )
                    yield replace(selftest(kernel, nested), bit_0x8=int(bool(enabled & 8)))


def table(found: Iterable[Verdict]) -> pl.DataFrame:
    """One row per verdict; columns as in `Verdict`."""
    return pl.DataFrame([asdict(verdict) for verdict in found])


def in_words(kernel: Kernel, nested: str = "") -> str:
    """One verdict in a sentence."""
    told = selftest(kernel, nested)
    where = f"{kernel.mmu}, {nested}" if nested else kernel.mmu
    return f"{kernel.name} on {where}: **{told.verdict}**, {told.reason}."


def by_mmu(frame: pl.DataFrame) -> pl.DataFrame:
    """The verdicts, a line per variant, reading, Kconfig and bit, a column per MMU."""
    keys = ["variant", "reading", "kconfig", "bit_0x8"]
    return frame.pivot("mmu", index=keys, values="verdict", maintain_order=True).fill_null("-")


def knows(frame: pl.DataFrame) -> pl.DataFrame:
    """What a test can know from the Kconfig and from what `enabled` reads, of aging on any host.

    One row per variant, reading, Kconfig and reading of bit 0x8: `sure` is "works" or "does not
    work" where all MMUs agree, else "cannot know"; then the MMUs on which aging works, and those on
    which a test that trusts Kconfig and bit is wrong. Bits that the kernel does not know, and
    Kconfigs that change nothing, count as one.
    """
    rows: dict[tuple[str, str, str, str], dict[str, list[str]]] = {}
    for verdict in frame.iter_rows(named=True):
        record = RECORDS[verdict["variant"], verdict["reading"]]
        kconfig = "-" if record.kconfig == "ignored" else "ny"[verdict["kconfig"]]
        reads = "set" if int(verdict["enabled"], 16) & 8 else "clear"
        key: tuple[str, str, str, str] = (
            record.name,
            record.reading,
            kconfig,
            reads if record.knows_bit else "-",
        )
        works = _works(verdict)
        row = rows.setdefault(key, {"works": [], "fails": []})
        names = row["works" if works else "fails"]
        if verdict["mmu"] not in names:
            names.append(verdict["mmu"])
    told = []
    for key, row in rows.items():
        if row["works"] and row["fails"]:
            fooled = row["works"] if key[-1] == "clear" else row["fails"]
            told.append((*key, "cannot know", ", ".join(row["works"]), ", ".join(fooled)))
        elif row["works"]:
            told.append((*key, "works", "every host", "none"))
        else:
            told.append((*key, "does not work", "none", "none"))
    schema = ["variant", "reading", "kconfig", "bit_0x8", "sure", "works_on", "fooled_on"]
    return pl.DataFrame(told, schema, orient="row")


def _works(verdict: dict[str, object]) -> bool:
    """Whether aging tracks the guest; where the test skips, its phases are run all the same."""
    if verdict["verdict"] != SKIP:
        return verdict["verdict"] == PASS
    kernel = Kernel(
        variant=str(verdict["variant"]),
        reading=str(verdict["reading"]),
        kconfig=bool(verdict["kconfig"]),
        enabled=0xF if verdict["bit_0x8"] else 0x7,
        mmu=str(verdict["mmu"]),
    )
    try:
        _mainline(run(_mainline_scenario(""), kernel))
    except _Failed:
        return False
    return True
