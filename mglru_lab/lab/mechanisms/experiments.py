"""Experiments on one rule at a time: who pays for a guest, and how much memory reclaim leaves.

Each runs on any kernel, so on one with a rule of another family (`Kernel.changed`), which no
recording can show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from mglru_lab.kernel.rules import RULES
from mglru_lab.lab.run.run import ABSENT, SWAPPED, run
from mglru_lab.lab.run.snapshot import PAGE_SIZE
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario
from mglru_lab.scenario.traces.entries import Entries

LENGTH = 131072
"""Accesses of the recorded workloads."""
_SHARED = (
    "fifo 1\nyield 1\nregion 4096 anon\nregion 4096 kvm\nsettle\nlimit 4096\nbyuser {control:d}\n"
    "trace m_share{share}\nreplay 0 {length}\nsettle\nstat end\n"
)
_ALONE = (
    "fifo 1\nregion 8192 kvm\nsettle\nlimit 4096\ntrace {trace}_20\nreplaymarks 0 {length} 16\n"
    "settle\nstat end\n"
)
PAGES, MEMORY = 8192, 4096
SPEED = 0.1
"""Pages per access by which a working set moves."""
_MADE = (
    f"fifo 1\nyield 1\nregion {PAGES} {{kind}}\nlimit {MEMORY}\ntrace made.u32\n"
    "replay 0 {length}\nsettle\ndump end\n"
)
USERS = {"a process": "anon", "a guest": "kvm"}


def shared(share: int = 50, control: bool = False, length: int = LENGTH) -> Scenario:
    """Host and guest in half the memory that they use; `control`: userspace is the guest."""
    text = _SHARED.format(control=control, share=share, length=length)
    return Scenario(text, f"host and guest, {share} % of the accesses the guest's")


def of_a_guest(kernel: Kernel, share: int = 50, length: int = LENGTH) -> dict[str, float]:
    """How many percent more host and guest refault than with the control."""
    guest, control = (run(shared(share, by, length), kernel).end for by in (False, True))
    return {
        who: 100 * (guest[f"{who}_majflt"] / max(control[f"{who}_majflt"], 1) - 1)
        for who in ("host", "guest")
    }


def with_and_without(kernel: str, rule: str) -> list[Kernel]:
    """A kernel as it is, then with one rule the other way round."""
    made = Kernel.parse(kernel)
    return [made, replace(made, changed=((rule, 1 - int(getattr(RULES[made.rules], rule))),))]


def fault_mark(kernels: Sequence[str], share: int = 50, length: int = LENGTH) -> pl.DataFrame:
    """Each kernel with its rule on the fault's mark, and with the other one.

    Columns: kernel, faults_mark (yes or no), as_released, host, guest (percent against control).
    """
    rows = []
    for name in kernels:
        for kernel in with_and_without(name, "fault_marks"):
            marks = "yes" if kernel.engine_rules().fault_marks else "no"
            found = of_a_guest(kernel, share, length)
            rows.append((name, marks, not kernel.changed, *(round(v, 1) for v in found.values())))
    return pl.DataFrame(
        rows, ["kernel", "faults_mark", "as_released", "host", "guest"], orient="row"
    )


def alone(kernel: Kernel, trace: str = "uniform", length: int = LENGTH) -> tuple[int, int]:
    """A guest alone in half the memory that it uses: the least memory once it is full, swap-ins."""
    made = run(Scenario(_ALONE.format(trace=trace, length=length), "a guest alone"), kernel)
    kept = [s.counters for label, s in made.snapshots.items() if label.startswith("mark")]
    pages = [c["memory.current"] // PAGE_SIZE for c in kept if c["pgsteal"]]
    return min(pages, default=0), made.end["pgmajfault"]


def over_reclaim(
    kernel: str, rules: Sequence[str], trace: str = "uniform", length: int = LENGTH
) -> pl.DataFrame:
    """A guest alone on a kernel as it is, and with each of these rules the other way round.

    Columns: rule (empty: as it is; else "with" or "without" one), least (pages), swapins.
    """
    kernels = {"": Kernel.parse(kernel)}
    for rule in rules:
        other = with_and_without(kernel, rule)[1]
        has = getattr(other.engine_rules(), rule)
        kernels[f"{'with' if has else 'without'} {rule}"] = other
    rows = [(rule, *alone(made, trace, length)) for rule, made in kernels.items()]
    return pl.DataFrame(rows, ["rule", "least", "swapins"], orient="row")


def moving(size: int = 3500, speed: float = SPEED, length: int = LENGTH, seed: int = 1) -> Entries:
    """A working set of `size` pages, which slides by `speed` pages per access."""
    start = (np.arange(length) * speed).astype(np.int64)
    random = np.random.default_rng(seed)
    return ((start + random.integers(0, size, length)) % PAGES).astype(np.uint32)


def strided(stride: int = 3, length: int = LENGTH, seed: int = 1) -> Entries:
    """Four of five accesses go to each `stride`-th page, the others to any."""
    random = np.random.default_rng(seed)
    hot = random.integers(0, PAGES // stride, length) * stride
    others = random.integers(0, PAGES, length)
    return np.where(random.random(length) < 0.8, hot, others).astype(np.uint32)


def made(entries: Entries, kind: str = "anon") -> tuple[Scenario, Mapping[str, Entries]]:
    """These accesses in memory for 4,096 of 8,192 pages: the scenario, and its trace by name."""
    text = _MADE.format(kind=kind, length=entries.size)
    return Scenario(text, "made here"), {"made.u32": entries}


def by_size(sizes: Sequence[int], kernels: Sequence[str], length: int = LENGTH) -> pl.DataFrame:
    """Swap-ins where a working set of so many pages moves, of a process and of a guest.

    Columns: by (of USERS), size (pages), share (of memory), kernel, swapins.
    """
    rows = []
    for by, kind in USERS.items():
        for size in sizes:
            scenario, given = made(moving(size, length=length), kind)
            for name in kernels:
                end = run(scenario, Kernel.parse(name), entries=given).end
                rows.append((by, size, round(size / MEMORY, 2), name, end["pgmajfault"]))
    return pl.DataFrame(rows, ["by", "size", "share", "kernel", "swapins"], orient="row")


def in_use(size: int, kernels: Sequence[str], length: int = LENGTH) -> pl.DataFrame:
    """A working set that moved: kernel, its size, how many of its pages are in memory, and others.

    Its last pages are those that the set holds at the end.
    """
    scenario, given = made(moving(size, length=length))
    last = np.zeros(PAGES, bool)
    last[(int((length - 1) * SPEED) + np.arange(size)) % PAGES] = True
    rows = []
    for name in kernels:
        places = run(scenario, Kernel.parse(name), entries=given).page_generations("end")
        resident = (places != SWAPPED) & (places != ABSENT)
        rows.append((name, size, int((resident & last).sum()), int((resident & ~last).sum())))
    return pl.DataFrame(rows, ["kernel", "size", "in_memory", "others"], orient="row")
