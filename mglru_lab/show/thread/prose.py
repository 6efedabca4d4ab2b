"""A sentence beside each chart of the thread's notebooks, with this run's numbers. Markdown out."""

from collections.abc import Iterable

import polars as pl

from mglru_lab.lab.run.run import Run
from mglru_lab.lab.thread import story
from mglru_lab.lab.thread.switched import KERNEL, MODEL, QUESTIONS, agreement
from mglru_lab.policy.kernel import Kernel


def decision_map(kconfig: bool, bits: int) -> str:
    """Beside `thread_charts.decision_map`."""
    return (
        "*What to see:* the darker a cell, the more is locked for each question; pale cells learn "
        f"nothing. Here the Kconfig is {'set' if kconfig else 'off'} and `enabled` is 0x{bits:x}; "
        "ppc-radix and other are on hosts whose CPUs set accessed bits (POWER9's do not)."
    )


def story_of(told: dict[str, Run]) -> str:
    """Beside `thread_charts.story`."""
    parts = [f"**{name}**: {story.verdict(run)}" for name, run in told.items()]
    return (
        "*What to see:* where aging asks, the used half stays one generation behind the youngest "
        "and only idle pages reach the end; where it does not, both halves sink alike, and the "
        "first eviction finds every page young. " + " ".join(parts)
    )


def readings(frame: pl.DataFrame) -> str:
    """Beside the table of cells in which words and code differ."""
    lost = frame.filter(pl.col("code") == "no").height
    return (
        f"*What to see:* in {lost} of these {frame.height} cells the words promise an answer that "
        "the posted code never gets, always where a lock would be needed. Who argues about *v3 "
        "always ages* argues about a design; what would have been merged ages x86's TDP MMU and "
        "arm64 only."
    )


def by_page(asked: pl.DataFrame) -> str:
    """Beside the table of questions in a guest with a nested one."""
    ours = asked.filter(pl.col("where") == "aging")
    totals = {
        name: dict(part.select("lock", "questions").iter_rows())
        for (name,), part in ours.group_by(["kernel"], maintain_order=True)
    }
    parts = [
        f"**{name}** " + ", ".join(f"{count:,} ({lock})" for lock, count in locks.items())
        for name, locks in totals.items()
    ]
    return "*What to see:* pages asked about by walks, by lock: " + "; ".join(parts) + "."


def reads_back(frame: pl.DataFrame) -> str:
    """Beside the table of what `enabled` shows."""
    hosts = frame.columns[1:]
    shown: dict[tuple[str, ...], list[str]] = {}
    for variant, *values in frame.iter_rows():
        on = tuple(h for h, value in zip(hosts, values, strict=True) if int(value, 16) & 8)
        shown.setdefault(on, []).append(variant)
    parts = [
        f"on {_named(on)}: {', '.join(names)}" if on else f"nowhere: {', '.join(names)}"
        for on, names in shown.items()
    ]
    walked = [h for h in hosts if all(int(v, 16) & 2 for v in frame[h])]
    return (
        f"0x8 is shown {'; '.join(parts)}. 0x2 is shown on {_named(walked) or 'none'}; where it "
        "is not, nothing is walked, whatever 0x8 says."
    )


def _named(hosts: Iterable[str]) -> str:
    return ", ".join(f"*{host}*" for host in hosts)


def options(frame: pl.DataFrame) -> str:
    """Beside `thread_charts.beside`."""
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
        f"Without asking in aging (*never*) the host refaults {host:.2f} times as often as with "
        f"6.12 (*stock*), the guest {guest:.2f} times, and {scans:.2f} times the pages are "
        "scanned: memory moves from the host to a guest that looks younger than it is."
    )


def verdicts(frame: pl.DataFrame) -> str:
    """Beside `thread_charts.verdict_map`."""
    counts = dict(frame["verdict"].value_counts().iter_rows())
    return (
        "*What to see:* a FAIL in a row that also has PASS is a host on which a test that trusts "
        "the bit is fooled. Over all cells, with 0x8 written and without: "
        + ", ".join(f"{counts.get(v, 0)} {v}" for v in ("PASS", "FAIL", "SKIP"))
        + "."
    )


def knows(frame: pl.DataFrame) -> str:
    """Beside the table of what a test can know."""
    unsure = frame.filter(pl.col("sure") == "cannot know")["variant"].unique(maintain_order=True)
    return (
        "*The mail's question:* can a selftest know for sure that aging works, from Kconfig and "
        f"bit alone? Not for {', '.join(unsure.to_list())}: there the host decides. For the "
        "author's proposal it can where the Kconfig is set, and cannot where it is not. Where the "
        "bit reads clear, no variant ages a guest, and that is certain, too."
    )


def scanned(frame: pl.DataFrame) -> str:
    """Beside `thread_charts.steps` of pages scanned."""
    last = frame.group_by("option", maintain_order=True).last()
    parts = [f"{name} {value:,}" for name, value in last.select("option", "value").iter_rows()]
    return (
        "*What to see:* a flat line means that eviction finds nothing to look at, because walks "
        "keep the pages young; a rising one, that used pages reach the end of the list and are "
        "rescued there. At the end: " + ", ".join(parts) + "."
    )


def blind(frame: pl.DataFrame) -> str:
    """Beside the questions that walks ask over time."""
    parts = []
    for (name,), part in frame.group_by(["option"], maintain_order=True):
        values = part["value"].to_list()
        half = values[len(values) // 2]
        parts.append(f"{name} {half:,} and {values[-1] - half:,}")
    return (
        "*What to see:* a line that stops rising belongs to walks that see no page table any more: "
        "agings go on, but every table has left the Bloom filter. Questions in the first and in "
        "the second half: " + "; ".join(parts) + "."
    )


def questions(frame: pl.DataFrame) -> str:
    """Beside `thread_charts.questions`."""
    end = frame.filter(source=MODEL, label="end").filter(pl.col("counter").is_in(QUESTIONS))
    total = dict(end.group_by("option").agg(pl.col("value").sum()).iter_rows())
    window = dict(
        end.filter(counter="asked by look-around windows").select("option", "value").iter_rows()
    )
    stock = total["stock"]
    return (
        f"*What to see:* {window['stock'] / stock:.0%} of 6.12's {stock:,} questions come from "
        f"look-around windows; asking in the walk alone takes {total['walk_only'] / stock:.0%} of "
        "them. What a question costs is not in this chart."
    )


def calls(frame: pl.DataFrame, kernels: list[Kernel]) -> str:
    """Beside `thread_charts.calls`."""
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
        "a look-around: " + ("; ".join(parts) or "none") + "." + rest
    )
