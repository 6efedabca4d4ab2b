"""The answers about a policy of your own, with their numbers. Markdown out."""

import inspect
from collections.abc import Callable

import polars as pl

from mglru_lab.lab.run.comparison import Comparison
from mglru_lab.lab.thread.your_policy import ASLEEP, AWAKE


def source(*functions: Callable[..., object]) -> str:
    """The functions as they were written, since a report hides the cell that holds them."""
    texts = "\n\n".join(inspect.getsource(function).strip() for function in functions)
    return f"```python\n{texts}\n```"


def seen(frame: pl.DataFrame) -> str:
    """About the table of what a policy is told."""
    used = frame.filter(pl.col("truly used") == "yes")
    known = used.filter(primary_young="yes").height
    guests = frame.filter(whose="guest")
    locks = ", ".join(guests["lock"].unique(maintain_order=True))
    return (
        f"Of {used.height} pages truly used `primary_young` shows {known}; which of the guest's "
        "are used, only asking can tell. The lock that a question takes is known in advance (here: "
        f"{locks}), and so are age, place, and what the questions of earlier walks cost and found "
        "(`at.asked`, `at.found`)."
    )


def own(result: Comparison) -> str:
    """About the comparison with siblings."""
    parts = []
    for name, made in result.runs.items():
        last = made.end
        parts.append(
            f"**{name}** {last['pgmajfault']:,} refaults, {last['pgscan']:,} scanned, "
            f"{last['asks_aging'] + last['asks_lookaround']:,} questions besides eviction's own"
        )
    return (
        f"{'; '.join(parts)}. The number of questions alone says little; what they were worth "
        "comes below."
    )


def beside_bounds(frame: pl.DataFrame, kernels: list[str]) -> str:
    """About the table of refaults with bounds."""
    times = dict(frame.select("policy", "times").rows())
    best = min(kernels, key=times.__getitem__)
    lru = [name for name in kernels if times[name] < times["LRU"]]
    fewer = f"{', '.join(lru)} refault less" if lru else "none of the kernels refaults less"
    return (
        f"The best of the kernels here, **{best}**, has {times[best]:.2f} times the optimum's "
        f"refaults; LRU, which sees every access as it happens, has {times['LRU']:.2f} times: "
        f"{fewer} than LRU. *Perfect aging* has all bits in the primary MMU and "
        f"{times['perfect aging']:.2f} times the optimum's refaults: asking could reach no more if "
        "nothing but aging changed. A policy that asks less may do better or worse than that, by "
        "chance of the trace."
    )


def sleepy(frame: pl.DataFrame) -> str:
    """About the questions about a guest that sleeps."""
    wakes = AWAKE + ASLEEP
    said = []
    for (name,), part in frame.group_by(["option"], maintain_order=True):
        values = [0, *part["value"].to_list()]
        asking = [step for step in range(1, len(values)) if values[step] > values[step - 1]]
        asleep = [step for step in asking if AWAKE + 1 < step <= wakes]
        after = [step - wakes for step in asking if step > wakes]
        when = f", first at aging {after[0]} after it woke" if after else ""
        said.append(
            f"**{name}** asks in {len(asleep)} of {ASLEEP - 1} agings while it sleeps{when}"
        )
    return (
        f"The guest sleeps from aging {AWAKE + 1} to {wakes} (the first of these still finds what "
        f"it did before). {'; '.join(said)}. `adaptive` compares what its last two asking walks "
        "found with their price, and probes now and then. With fewer probes it asks less about a "
        "sleeping guest, and may notice later that the guest woke."
    )


def worth(frame: pl.DataFrame) -> str:
    """About the table of what questions are worth."""
    said = [f"**{name}** {pays} per call" for name, pays in frame.select("kernel", "pays").rows()]
    return (
        f"For each, asking pays up to a price: {'; '.join(said)}. A policy that asks less, and "
        "where it matters, may pay more for each question. For comparison, published: 110 ns per "
        "page without a lock, 585 ns under a contended lock. The other prices are the lab's "
        "(swapping to zram, an rmap walk): `mglru-lab prices`."
    )
