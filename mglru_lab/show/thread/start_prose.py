"""The answers of the start page, with its runs' numbers. Markdown out."""

from collections.abc import Sequence

import numpy as np

from mglru_lab.lab.run.run import Run
from mglru_lab.lab.thread import decisions, story
from mglru_lab.policy.kernel import Kernel


def smallest(told: dict[str, Run]) -> str:
    """About `charts.story`: what the first eviction takes on each kernel, and why."""
    said = []
    for name, run in told.items():
        used, idle = np.split(run.page_generations("again"), 2)
        apart = set(used.tolist()).isdisjoint(idle.tolist())
        before = "tell the used half from the idle one" if apart else "cannot tell the halves apart"
        said.append(f"- **{name}**: its agings {before}. {story.verdict(run)}")
    return (
        "Where aging asks KVM, the used half stays young and eviction finds idle pages at once. "
        "Where it does not, all of a guest's pages sink alike, and eviction must ask about each "
        "page before it takes it: the same questions, only later and one by one. Neither is free: "
        "that is the argument.\n\n" + "\n".join(said)
    )


def moves(kernels: Sequence[Kernel]) -> str:
    """What the panel says at some of its settings, from the same decisions."""
    lines = []
    for kernel in kernels:
        asks = decisions.aging_words(kernel, kernel.situation().mmu.nested_live)
        lines.append(f"- **{kernel.name}** on {kernel.mmu}: does aging ask? {asks}.")
    return "The panel says this below its film, for left and right:\n\n" + "\n".join(lines)
