"""The answers about a policy of your own, with their numbers. Markdown out."""

import inspect
import os
from collections.abc import Callable, Mapping

import polars as pl

from mglru_lab.lab.price import verdict
from mglru_lab.lab.price.threshold import Threshold
from mglru_lab.lab.run.comparison import Comparison
from mglru_lab.lab.thread.your_policy import ASLEEP, AWAKE
from mglru_lab.progress import IN_REPORT


def source(*functions: Callable[..., object]) -> str:
    """The functions as they were written, for a report, which hides the cell that holds them."""
    if not os.environ.get(IN_REPORT):
        return ""  # it is right above
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
        f"{fewer} than LRU. *Perfect aging*, 6.12's rules with all bits in the primary MMU, has "
        f"{times['perfect aging']:.2f} times the optimum's refaults: what knowing about every page "
        f"for free comes to here. {_against_perfect(times, kernels)}"
    )


def _against_perfect(times: dict[str, float], kernels: list[str]) -> str:
    """It is no bound: a policy that knows less may refault less on one trace."""
    less = [name for name in kernels if times[name] < times["perfect aging"]]
    if not less:
        return "None of the kernels here refaults less than that."
    return f"It is no bound: {', '.join(less)} refault less than that on this trace."


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


def worth(found: Mapping[str, Threshold]) -> str:
    """About the table of what questions are worth; by policy."""
    first = next(iter(found.values()))
    said = [f"{verdict.headline(one)}. {verdict.by_parts(one)}" for one in found.values()]
    prices = [(one.break_even, name) for name, one in found.items() if one.break_even is not None]
    best = f" The highest break-even price has **{max(prices)[1]}**." if len(prices) > 1 else ""
    listed = "\n".join(f"- {line}" for line in said)
    return f"{first.compared}{best}\n\n{listed}"
