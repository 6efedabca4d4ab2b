"""A sentence about each chart of the thread's notebooks, with this run's numbers. Markdown out."""

from collections.abc import Sequence

import polars as pl

from mglru_lab.lab.run.run import Run
from mglru_lab.lab.thread import story
from mglru_lab.lab.thread.switch_counters import KERNEL, MODEL, QUESTIONS, agreement
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.variants import readings as readings_of


def decision_map(bits: int) -> str:
    """About `charts.decision_map`."""
    return (
        "*What to see:* the darker a cell, the more is locked for each question; in pale cells "
        "aging learns nothing. Point at a cell, and it says why. `enabled` is "
        f"0x{bits:x}. For ppc-radix and other, hosts are meant whose CPUs set accessed bits "
        "(POWER9's do not). KVM on s390 can be asked since 7.2 only."
    )


def story_of(told: dict[str, Run]) -> str:
    """About `charts.story`."""
    parts = [f"**{name}**: {story.verdict(run)}" for name, run in told.items()]
    return (
        "*What to see:* where aging asks, the used half stays one generation behind the youngest "
        "and only idle pages reach the end. Where it does not ask, both halves sink alike, and the "
        "first eviction finds every page young. " + " ".join(parts)
    )


def readings(frame: pl.DataFrame) -> str:
    """About the table of cells in which words and code differ."""
    lost = frame.filter(pl.col("code") == "no").height
    return (
        f"*What to see:* in {lost} of these {frame.height} cells the words promise an answer that "
        "the posted code never gets, always where a lock would be needed. *v3 always ages* is a "
        "design; the code that would have been merged ages x86's TDP MMU and arm64 only."
    )


BESIDE_ASKING = (
    "While v4 asks, it skips no page table of *any* process. v2 keeps skipping a VM's tables by "
    "the primary MMU's bits, which a guest does not set. v3 does not walk a process with a VM at "
    "all while its bit is off."
)


def by_page(asked: pl.DataFrame) -> str:
    """About the table of questions in a guest with a nested one."""
    ours = asked.filter(pl.col("where") == "aging")
    totals = {
        name: dict(part.select("lock", "questions").iter_rows())
        for (name,), part in ours.group_by(["kernel"], maintain_order=True)
    }
    parts = [
        f"**{name}** " + ", ".join(f"{count:,} ({lock})" for lock, count in locks.items())
        for name, locks in totals.items()
    ]
    return "*What to see:* the pages that walks ask about, by lock: " + "; ".join(parts) + "."


def reads_back(frame: pl.DataFrame) -> str:
    """About the table of what `enabled` shows."""
    hosts = frame.columns[1:]
    shown: dict[tuple[str, ...], list[str]] = {}
    for variant, *values in frame.iter_rows():
        on = tuple(h for h, value in zip(hosts, values, strict=True) if int(value, 16) & 8)
        shown.setdefault(on, []).append(variant)
    parts = [
        f"- {_where(on, hosts)}: {', '.join(names)}\n"
        for on, names in sorted(shown.items(), key=lambda one: len(one[0]))
    ]
    walked = [h for h in hosts if all(int(v, 16) & 2 for v in frame[h])]
    return (
        f"0x8 is shown\n\n{''.join(parts)}\n0x2 is shown {_where(walked, hosts)}. Where it is not, "
        "nothing is walked, whatever 0x8 says."
    )


def _where(on: Sequence[str], hosts: Sequence[str]) -> str:
    """These of all hosts, in words; names of hosts have commas of their own."""
    if not on:
        return "nowhere"
    if len(on) == len(hosts):
        return "everywhere"
    if len(on) > len(hosts) / 2:
        others = [host for host in hosts if host not in on]
        return f"everywhere but on {' and '.join(f'*{host}*' for host in others)}"
    return f"only on {' and '.join(f'*{host}*' for host in on)}"


def options(frame: pl.DataFrame) -> str:
    """About `charts.beside`."""
    return (
        "*What to see:* bars are a real kernel built with a switch, orange ticks the model. "
        f"{agreement(frame)}"
    )


def who_pays(frame: pl.DataFrame) -> str:
    """Who pays, from the recorded refaults of host and guest at the end."""
    end = frame.filter(label="end", source=KERNEL)
    value = {(o, c): v for o, c, v in end.select("option", "counter", "value").iter_rows()}
    host = value["never", "host refaults"] / value["stock", "host refaults"]
    guest = value["never", "guest refaults"] / value["stock", "guest refaults"]
    scans = value["never", "pages scanned"] / value["stock", "pages scanned"]
    return (
        f"If aging does not ask (*never*), the host refaults {host:.2f} times as often as with "
        f"6.12 (*stock*), the guest {guest:.2f} times as often, and {scans:.2f} times as many "
        "pages are scanned: memory moves from the host to a guest that looks younger than it is."
    )


def verdicts(frame: pl.DataFrame) -> str:
    """About `charts.verdict_map`."""
    counts = dict(frame["verdict"].value_counts().iter_rows())
    return (
        "*What to see:* a FAIL in a row that also has PASS is a host that fools a test that trusts "
        "the bit. Over all cells, with and without 0x8 written: "
        + ", ".join(f"{counts.get(v, 0)} {v}" for v in ("PASS", "FAIL", "SKIP"))
        + "."
    )


def knows(frame: pl.DataFrame) -> str:
    """About the table of what a test can know."""
    unsure = _named(frame.filter(sure="cannot know"), "set")
    said = (
        "*The mail's question:* can a selftest know for sure that aging works, from Kconfig and "
        f"bit alone? Not for {unsure}: there the host decides."
    )
    certain = frame.filter(pl.col("sure") != "cannot know")
    works = _named(certain.filter(sure="works"), "set")
    if works:
        said += f" Where the bit reads set, it works on every host for {works}."
    if set(frame.filter(bit_0x8="clear")["sure"]) == {"does not work"}:
        said += " No variant that has the bit ages a guest where it reads clear."
    without = _named(certain.filter(sure="works"), "-")
    if without:
        said += f" {without} have no such bit, and age a guest on every host."
    return said


def _named(frame: pl.DataFrame, bit: str) -> str:
    """Variants of which the bit reads so; with their reading and Kconfig where they matter."""
    rows = frame.filter(bit_0x8=bit).select("variant", "reading", "kconfig")
    names = []
    for name, reading, kconfig in rows.unique(maintain_order=True).iter_rows():
        which = f"{name}/{reading}" if len(readings_of(name)) > 1 else name
        names.append(f"{which} (Kconfig {kconfig})" if kconfig in "yn" else which)
    return " and ".join(names) if len(names) < 3 else ", ".join(names)


def scanned(frame: pl.DataFrame) -> str:
    """About `steps` of pages scanned."""
    last = frame.group_by("option", maintain_order=True).last()
    parts = [f"{name} {value:,}" for name, value in last.select("option", "value").iter_rows()]
    return (
        "*What to see:* a flat line means that eviction has nothing to look at, because walks keep "
        "the pages young. A rising line means that used pages reach the end of the list and are "
        "rescued there. At the end: " + ", ".join(parts) + "."
    )


def blind(frame: pl.DataFrame) -> str:
    """About the questions that walks ask over time."""
    parts = []
    for (name,), part in frame.group_by(["option"], maintain_order=True):
        values = part["value"].to_list()
        half = values[len(values) // 2]
        parts.append(f"{name} {half:,} and {values[-1] - half:,}")
    return (
        "*What to see:* where a line stops rising, walks see no page table any more: agings go on, "
        "but every table has left the Bloom filter. Questions in the first and in the second half: "
        + "; ".join(parts)
        + "."
    )


def questions(frame: pl.DataFrame) -> str:
    """About `charts.questions`."""
    end = frame.filter(source=MODEL, label="end").filter(pl.col("counter").is_in(QUESTIONS))
    total = dict(end.group_by("option").agg(pl.col("value").sum()).iter_rows())
    window = dict(
        end.filter(counter="asked by look-around windows").select("option", "value").iter_rows()
    )
    stock = total["stock"]
    return (
        f"*What to see:* {window['stock'] / stock:.0%} of 6.12's {stock:,} questions come from "
        f"look-around windows. An option that asks only in walks (*walk_only*) asks "
        f"{total['walk_only'] / stock:.0%} as many in all. This chart does not show what a "
        "question costs."
    )


def calls(frame: pl.DataFrame, kernels: list[Kernel]) -> str:
    """About `charts.calls`."""
    parts = []
    around = frame.filter((pl.col("where") == "look-around") & (pl.col("lookarounds") > 0))
    for name, per in (
        around.group_by("kernel", maintain_order=True)
        .agg(pl.col("calls").sum() / pl.col("lookarounds").first())
        .iter_rows()
    ):
        parts.append(f"{name} {per:.0f}")
    none = [k.name for k in kernels if k.name not in around["kernel"].to_list()]
    rest = f" {', '.join(none)}: none at all." if none else ""
    return (
        "*What to see:* the same questions become very different numbers of calls and locks. Calls "
        "per look-around: " + ("; ".join(parts) or "none") + "." + rest + _why_fewer(around)
    )


WINDOW = 64
"""Entries that a look-around reads at most (MIN_LRU_BATCH)."""


def _why_fewer(around: pl.DataFrame) -> str:
    """Why 6.12, with one call per page, makes fewer than 64 per look-around; of `calls`' frame."""
    ours = around.filter(kernel="6.12")
    if ours.is_empty():
        return ""
    asked, times = sum(ours["questions"].to_list()), max(ours["lookarounds"].to_list())
    free = sum(ours.filter(lock="none")["calls"].to_list())
    said = (
        f" A window has up to {WINDOW} entries, and on 6.12 {asked / times / WINDOW:.0%} of them "
        "were present, each a call of its own."
    )
    if not free:
        return said
    return (
        f"{said} {free:,} of these {asked:,} calls are about pages of the host process, which are "
        "in no memslot: they take no lock."
    )
