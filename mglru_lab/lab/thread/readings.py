"""The thread's question as tables: where readings differ, what reads back, what calls cost."""

import polars as pl

from mglru_lab.lab.run.comparison import Comparison
from mglru_lab.lab.run.run import run
from mglru_lab.lab.thread import decisions
from mglru_lab.policy import decision
from mglru_lab.policy.decision import Situation
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.mmu import MMUS
from mglru_lab.policy.policy import Where
from mglru_lab.policy.variants import NAMES, VARIANTS, readings
from mglru_lab.scenario.language import Scenario


def readings_differ(kconfig: bool, bits: int) -> pl.DataFrame:
    """Cases in which the mail's words and the posted code disagree about aging.

    Columns: variant, mmu, mail, code (harvest and lock), why the code does what it does.
    """
    rows = []
    for name in (n for n in NAMES if len(readings(n)) == 2):
        for mmu, kind in MMUS.items():
            at = Situation(kind, kconfig, bool(bits & 8), bool(bits & 2))
            said = {
                reading: decisions.harvests(decisions.row(VARIANTS[name, reading], mmu, at))
                for reading in readings(name)
            }
            if said["mail"] != said["code"]:
                why = decision.aging(VARIANTS[name, "code"], at, kind.nested_live).why
                rows.append((name, mmu, said["mail"], said["code"], why))
    return pl.DataFrame(rows, ["variant", "mmu", "mail", "code", "why (code)"], orient="row")


_DENSE = "region 4096 {kind}\ntouch 0 4096\nsettle\nage\nevict old\ntouch 0 4096\nage 1 0\n"

BESIDE_ASKING = (
    (
        "process without a VM, one of its 8 page tables used: tables that an unforced walk visits",
        "v4", True, 0xF, "tables_walked",
        _DENSE.format(kind="anon") + "touch 0 512\nstat a\nage 1 0\nstat b\n",
    ),
    (
        "VM whose memory only the guest uses: page tables that an unforced walk visits",
        "v2", False, 0xF, "tables_walked",
        "region 512 kvm\ntouch 0 512\nsettle\nage\nevict old\ntouch 0 512\nage 1 0\n"
        "touch 0 512\nstat a\nage 1 0\nstat b\n",
    ),
    (
        "VM whose memory userspace uses, bit 0x8 off: pages that aging promotes",
        "v3", False, 0x7, "promoted_aging",
        "region 512 kvm\ntouch 0 512\nsettle\nage\nutouch 0 512\nstat a\nage\nstat b\n",
    ),
)  # fmt: skip
"""What the posted code does besides asking: in words, variant, Kconfig, bits, counter, scenario."""


def beside_asking() -> pl.DataFrame:
    """What words and code do differently where nobody is asked: what, variant, mail, code."""
    rows = []
    for what, name, kconfig, bits, counter, text in BESIDE_ASKING:
        counts = []
        for reading in ("mail", "code"):
            kernel = Kernel(variant=name, reading=reading, kconfig=kconfig, enabled=bits)
            made = run(Scenario(text, what), kernel)
            counts.append(made.counters("b")[counter] - made.counters("a")[counter])
        rows.append((what, name, *counts))
    return pl.DataFrame(rows, ["what", "variant", "mail", "code"], orient="row")


def reads_back(written: str, kconfig: bool) -> pl.DataFrame:
    """What `enabled` shows after writing `written`: a line per variant, a column per kind of host.

    Hosts: x86 with its TDP MMU, with shadow paging, arm64, and POWER9, whose CPUs set no accessed
    bits in PTEs.
    """
    hosts = {
        "x86, TDP": {"mmu": "x86-tdp-ad"},
        "x86, shadow paging": {"mmu": "x86-shadow"},
        "arm64": {"mmu": "arm64"},
        "POWER9": {"mmu": "ppc-radix", "hw_pte_young": False},
    }
    rows = []
    for name, reading in VARIANTS:
        if reading != readings(name)[-1]:
            continue
        row = {"variant": name}
        for host, fields in hosts.items():
            kernel = Kernel(
                variant=name,
                reading=reading,
                kconfig=kconfig,
                enabled=written,
                **fields,  # type: ignore[arg-type]
            )
            row[host] = kernel.reads_back()
        rows.append(row)
    return pl.DataFrame(rows)


def calls(comparison: Comparison) -> pl.DataFrame:
    """Questions and notifier calls by place and lock: kernel, where, lock, questions, calls.

    Also `lookarounds`, in rows of look-around alone: how often the kernel looked around, so calls
    per window are the place's calls / lookarounds.
    """
    frames = []
    for name, made in comparison.runs.items():
        wide = (
            made.events.filter(pl.col("event").is_in(["secondary MMU asked", "notifier call"]))
            .pivot("event", index=["where", "lock"], values="count")
            .rename({"secondary MMU asked": "questions", "notifier call": "calls"}, strict=False)
        )
        for column in ("questions", "calls"):
            if column not in wide.columns:
                wide = wide.with_columns(pl.lit(0, pl.Int64).alias(column))
        around = int(made.events.filter(event="look-around")["count"].sum())
        frames.append(
            wide.select(
                pl.lit(name).alias("kernel"),
                "where",
                "lock",
                pl.col("questions").fill_null(0),
                pl.col("calls").fill_null(0),
                pl.when(pl.col("where") == Where.LOOK_AROUND.text)
                .then(pl.lit(around, pl.Int64))
                .alias("lookarounds"),
            )
        )
    return pl.concat(frames)
