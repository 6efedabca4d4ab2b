"""What the notebooks about the thread ask, and what is so. Runs and tables in, guesses out."""

from collections.abc import Mapping, Sequence

import polars as pl

from mglru_lab.lab.run.comparison import Comparison
from mglru_lab.lab.run.run import Run
from mglru_lab.lab.thread import decisions, selftest
from mglru_lab.lab.thread.switch_counters import KERNEL, MODEL, QUESTIONS
from mglru_lab.policy import decision
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.mmu import MMUS
from mglru_lab.show.kit.predict import Guess, highest

ASKS = ("yes, without a lock", "yes, under a lock", "in part", "no")


def _asks(kernel: Kernel) -> str:
    answer = decision.aging(kernel.record, kernel.situation(), kernel.situation().mmu.nested_live)
    if answer.tdp_part:
        return ASKS[2]
    return ASKS[3] if not answer.harvests else ASKS[bool(answer.value)]


def moves(without: Kernel, with_kconfig: Kernel) -> Guess:
    """Whether a kernel's aging asks without its Kconfig, and with it."""
    pairs = [f"without it {a}, with it {b}" for a in ("yes", "no") for b in ("yes", "no")]
    asks = ["no" if _asks(one) == ASKS[3] else "yes" for one in (without, with_kconfig)]
    return Guess(
        f"On {without.mmu}, does the aging of {without.variant} ask without the Kconfig, and "
        "with it?",
        f"without it {asks[0]}, with it {asks[1]}",
        choices=pairs,
    )


def learns(kernel: Kernel, bits: int) -> Guess:
    """On how many kinds of MMU a variant's aging learns anything."""
    rows = decisions.rows([str(kernel.variant)], kernel.reading, kernel.kconfig, bits)
    return Guess(
        f"On how many of the {len(MMUS)} kinds of secondary MMU does the aging of {kernel.name} "
        "learn anything?",
        sum(row.aging_harvests != "no" for row in rows),
        unit="kinds",
    )


def asks(kernel: Kernel) -> Guess:
    """Whether a kernel's aging asks, and under which kind of lock."""
    return Guess(
        f"Does the aging of {kernel.name} ask about a guest's page on {kernel.mmu}?",
        _asks(kernel),
        choices=ASKS,
    )


def was_nested(kernels: Sequence[Kernel]) -> Guess:
    """Which of two still ask on a host that has run a nested guest."""
    names = [kernel.name for kernel in kernels]
    choices = ["neither", *names, " and ".join(names)]
    still = [kernel.name for kernel in kernels if _asks(kernel) != ASKS[3]]
    return Guess(
        f"Which of {' and '.join(names)} still asks on {kernels[0].mmu}?",
        " and ".join(still) or "neither",
        choices=choices,
    )


def readings(frame: pl.DataFrame) -> Guess:
    """Which reading of a posting asks more; frame: mail, code."""
    more = sum(
        (mail != "no") - (code != "no") for mail, code in frame.select("mail", "code").rows()
    )
    choices = ["the mail's words", "the posted code", "neither"]
    truth = choices[0] if more > 0 else choices[1] if more < 0 else choices[2]
    return Guess("Where the two differ, which of them asks in more places?", truth, choices)


def skips(frame: pl.DataFrame) -> Guess:
    """What a process without a VM pays while v4 asks; frame: what, variant, mail, code."""
    row = frame.filter(variant="v4").row(0, named=True)
    return Guess(
        "A process without a VM uses one of its 8 page tables. How many does a walk visit while "
        "v4, as coded, asks?",
        row["code"],
        unit="tables",
    )


def by_page(asked: pl.DataFrame, name: str = "v6") -> Guess:
    """How many questions of one variant's walks take a lock; frame: of `readings.calls`."""
    ours = asked.filter(pl.col("where") == "aging", pl.col("kernel") == name)
    locked = ours.filter(~pl.col("lock").is_in(["none", "in vain"]))["questions"].to_list()
    question = f"How many questions of {name}'s walks take a lock here?"
    return Guess(question, sum(locked), unit="questions")


def reads_back(frame: pl.DataFrame) -> Guess:
    """How many variants show 0x8 on every host; frame: variant, then a column per host."""
    everywhere = sum(all(int(v, 16) & 8 for v in row[1:]) for row in frame.rows())
    hosts = ", ".join(frame.columns[1:])
    return Guess(
        f"How many of the {frame.height} variants show bit 0x8 on all of these hosts: {hosts}?",
        everywhere,
        unit="variants",
    )


def differing(frame: pl.DataFrame) -> Guess:
    """In how many numbers the model differs from a recorded kernel."""
    wide = frame.pivot("source", index=["option", "label", "counter"], values="value")
    apart = wide.filter(pl.col(KERNEL) != pl.col(MODEL)).height
    return Guess(
        f"In how many of {wide.height:,} numbers does the model differ from the real kernel?",
        apart,
        unit="numbers",
    )


def fooled(frame: pl.DataFrame) -> Guess:
    """How many cells fail although 0x8 was written and reads set; frame: selftest.table's."""
    failing = frame.filter(bit_0x8=1, verdict="FAIL").height
    written = frame.filter(bit_0x8=1).height
    return Guess(
        f"Of the {written} combinations with 0x8 written, in how many does the test fail?",
        failing,
        unit="combinations",
    )


def unsure(known: pl.DataFrame) -> Guess:
    """For how many variants the set bit leaves it open; known: of `selftest.knows`."""
    with_bit = known.filter(bit_0x8="set").select("variant", "reading").unique()
    open_ = known.filter(bit_0x8="set", sure="cannot know").select("variant", "reading").unique()
    return Guess(
        f"{with_bit.height} postings have the bit. For how many does a set bit leave it to the "
        "host whether aging works?",
        open_.height,
        unit="postings",
    )


def passes(kernel: Kernel, nested: str) -> Guess:
    """The selftest's verdict on a kernel that is blind for some pages."""
    found = selftest.selftest(kernel, nested).verdict
    return Guess(f"What does the test say of {kernel.name} here?", found, ("PASS", "FAIL", "SKIP"))


def _last(frame: pl.DataFrame, counter: str) -> dict[str, float]:
    """A real kernel's counter at the last label, by option."""
    ours = frame.filter(source=KERNEL, counter=counter).group_by("option", maintain_order=True)
    return dict(ours.agg(pl.col("value").last()).rows())


def notices(scanned: pl.DataFrame) -> Guess:
    """Under which rules nobody notices a table; frame: option, step, value."""
    last = dict(scanned.group_by("option", maintain_order=True).agg(pl.col("value").last()).rows())
    return highest("Under which rule must eviction scan most in the end?", last)


def never_again(frame: pl.DataFrame) -> Guess:
    """Which option never sees the table again: of those that ask by walks, the one that scans."""
    walks = _last(frame, "asked by walks")
    scanned = {name: n for name, n in _last(frame, "pages scanned").items() if walks[name]}
    return highest("Whose walks ask, and yet never see the table again?", scanned)


BLIND = 0.01
"""Walks are blind if the second half of a run has less than this share of the first's questions."""


def blind(walks: pl.DataFrame) -> Guess:
    """How many options' walks see no table any more; frame: option, step, value."""
    count = 0
    for _, part in walks.group_by("option", maintain_order=True):
        values = part["value"].to_list()
        half = values[len(values) // 2]
        count += half > 0 and values[-1] - half < BLIND * half
    options = walks["option"].n_unique()
    return Guess(
        f"Of the {options} options, how many ask by walks at first and then no more?",
        count,
        unit="options",
    )


def asks_most(frame: pl.DataFrame, option: str = "stock") -> Guess:
    """Which of three places asks most; frame: of `switch_counters.beside`."""
    ours = frame.filter(option=option, source=KERNEL, label="end")
    values = dict(ours.filter(pl.col("counter").is_in(QUESTIONS)).select("counter", "value").rows())
    return highest("Which of the three asks most under 6.12?", values)


def buys(final: pl.DataFrame) -> Guess:
    """What fewer questions go with, v4's rule against 6.12's; frame: the end."""
    more = []
    for counter in ("refaults", "pages scanned"):
        values = _last(final, counter)
        more.append("more" if values["v4_kconfig"] > values["stock"] else "fewer")
    choices = [f"{a} refaults, {b} pages scanned" for a in ("more", "fewer") for b in
               ("more", "fewer")]  # fmt: skip
    return Guess("v4's rule asks less than 6.12's. What goes with that here?",
                 f"{more[0]} refaults, {more[1]} pages scanned", choices)  # fmt: skip


def calls_each(frame: pl.DataFrame, name: str = "6.12") -> Guess:
    """Calls per look-around, on average; frame: of `readings.calls`."""
    around = frame.filter((pl.col("where") == "look-around") & (pl.col("kernel") == name))
    calls, times = sum(around["calls"].to_list()), max(around["lookarounds"].to_list(), default=0)
    question = f"How many calls does one look-around of {name} make on average?"
    return Guess(question, round(calls / max(times, 1)), unit="calls")


def costs_or_saves(result: Comparison) -> Guess:
    """What another rule does to refaults, against the first run's."""
    own, other = (run.end["pgmajfault"] for run in result.runs.values())
    choices = ["it costs refaults", "it saves refaults", "neither"]
    truth = choices[0] if other > own else choices[1] if other < own else choices[2]
    return Guess("Under pressure, what does v4's rule do?", truth, choices)


def gone_first(told: Mapping[str, Run]) -> Guess:
    """What the eviction takes on the first kernel of a story."""
    name, run = next(iter(told.items()))
    return Guess(
        f"On {name}, how many pages are rescued one by one at the first eviction?",
        run.counters("evicted")["rescues"],
        unit="pages",
    )
