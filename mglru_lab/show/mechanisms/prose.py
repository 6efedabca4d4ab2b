"""A sentence about each chart of what became of the thread, with this run's numbers. Markdown."""

from collections.abc import Mapping, Sequence

import polars as pl

from mglru_lab.lab.mechanisms.attribution import ALL
from mglru_lab.lab.mechanisms.divergence import Divergence
from mglru_lab.lab.mechanisms.experiments import MEMORY
from mglru_lab.lab.mechanisms.on_real_kernels import KERNEL, MODEL
from mglru_lab.lab.mechanisms.timeline import ELSE, MERGED, NEVER, TIMELINE
from mglru_lab.lab.price import verdict as verdicts
from mglru_lab.lab.price.advise import Advice, policy_of
from mglru_lab.lab.price.threshold import Threshold

CLEAR = 5.0
"""Percent from which on a difference to the control is called one: 7.3's are below."""
MOST = 0.9
"""The share of a difference from which on a rule is said to explain it."""


def timeline() -> str:
    """About the table of postings and releases."""
    posted = [one for one in TIMELINE if one.when.count("-") == 2]
    never = [one.what.partition(":")[0] for one in posted if one.fate == NEVER]
    merged = ", ".join(f"{one.when} ({one.what})" for one in TIMELINE
                       if one.fate == MERGED and one.when > "6.1" and one.variant)  # fmt: skip
    others = sum(one.fate == ELSE for one in TIMELINE)
    came = len(posted) - len(never)
    return (
        f"*What to see:* of the {len(posted)} postings and proposals {came or 'none'} "
        f"{'was' if came < 2 else 'were'} merged. What came instead: {merged}. No kernel has the "
        f"Kconfig, bit 0x8 or a fast-only notifier. {others} more changes came from elsewhere; "
        "some of them decide what follows here."
    )


def _guest_wins(host: float, guest: float) -> bool:
    """Percent against the control: the host refaults more, the guest less, both clearly."""
    return host > CLEAR and guest < -CLEAR


def _signed(value: float) -> str:
    return f"{value:+.1f} %"


def who_pays(against: pl.DataFrame) -> str:
    """About `charts.who_pays`."""
    real = against.filter(source=KERNEL)
    of = {(kernel, who): value for kernel, _, who, value in real.iter_rows()}
    kernels = real["kernel"].unique(maintain_order=True).to_list()
    told = [f"**{k}** host {_signed(of[k, 'host'])}, guest {_signed(of[k, 'guest'])}"
            for k in kernels]  # fmt: skip
    pays = [k for k in kernels if _guest_wins(of[k, "host"], of[k, "guest"])]
    who = f"The guest wins and the host pays on {', '.join(pays)}." if pays else (
        "Nobody pays on any of them."
    )  # fmt: skip
    wide = against.pivot("source", index=["kernel", "who"], values="percent")
    apart = max((wide[KERNEL] - wide[MODEL]).abs().to_list())
    return (
        "*What to see:* a bar to the right pays for it that one of the two is a guest, a bar to "
        f"the left gains. {'; '.join(told)}. {who} Model and kernel are at most {apart:.1f} "
        "percentage points apart."
    )


def fault_mark(frame: pl.DataFrame) -> str:
    """About `charts.fault_mark`."""
    parts = []
    for kernel, marks, released, host, guest in frame.iter_rows():
        how = "as it is" if released else "with the other rule"
        does = "marks at every fault" if marks == "yes" else "marks at a guest's fault only"
        parts.append(f"{kernel} {how} ({does}): host {_signed(host)}, guest {_signed(guest)}")
    wins = {"yes": [], "no": []}  # type: dict[str, list[bool]]
    for marks, host, guest in frame.select("faults_mark", "host", "guest").iter_rows():
        wins[marks].append(_guest_wins(host, guest))
    if all(wins["no"]) and not any(wins["yes"]):
        verdict = (
            "Wherever only a guest's fault marks, the guest wins and the host pays; with a mark at "
            "every fault never, whichever kernel has the rule."
        )
    else:
        verdict = "Here this one rule does not decide it alone."
    return f"{'; '.join(parts)}. {verdict}"


def memory_kept(least: pl.DataFrame) -> str:
    """About `charts.memory_kept`: what is kept at least, and what that costs."""
    real = least.filter(source=KERNEL)
    told = [
        f"**{kernel}** {pages:,} pages at least, {swapins:,} swap-ins"
        for kernel, _, pages, swapins in real.iter_rows()
    ]
    base = min(real["swapins"].to_list())
    kernel, _, pages, most = real.sort("least").row(0)
    same = least.pivot("source", index="kernel", values=["least", "swapins"])
    equal = same.filter(
        pl.col(f"least_{KERNEL}") == pl.col(f"least_{MODEL}"),
        pl.col(f"swapins_{KERNEL}") == pl.col(f"swapins_{MODEL}"),
    ).height
    return (
        f"{'; '.join(told)}. {kernel} leaves as little as {pages:,} pages, and swaps in "
        f"{100 * (most / base - 1):.0f} % more than the one that swaps in least ({base:,}). "
        f"The model has the same two numbers on {equal} of {same.height}."
    )


def over_reclaim(frame: pl.DataFrame, kernel: str) -> str:
    """Which rule makes a guest alone lose memory."""
    _, least, swapins = frame.row(0)
    others = [
        f"{rule} {pages:,} pages and {count:,} swap-ins"
        for rule, pages, count in frame.iter_rows()
        if rule
    ]
    return (
        f"On the model {kernel} leaves {least:,} pages at least, with {swapins:,} swap-ins; "
        f"{'; '.join(others)}."
    )


def families(frame: pl.DataFrame) -> str:
    """About `charts.families`."""
    swapped = frame.filter(counter="pages swapped in").sort("value")
    first, last = swapped.row(0), swapped.row(-1)
    asked = dict(frame.filter(counter="asked while aging").select("kernel", "value").iter_rows())
    quiet = [kernel for kernel, count in asked.items() if not count]
    most = max(asked, key=lambda kernel: asked[kernel], default="")
    said = f" Aging asks nobody on {', '.join(quiet)}, and most on {most} ({asked[most]:,} pages)."
    return (
        f"*What to see:* fewest pages are swapped in by {first[0]} ({first[2]:,}), most by "
        f"{last[0]} ({last[2]:,}).{said if asked else ''}"
    )


def divergences(found: Sequence[Divergence]) -> str:
    """Where releases diverge, one bullet each."""
    if not found:
        return "They never diverge."
    return "\n".join(f"- {one.in_words}" for one in found)


def thresholds(on: Mapping[str, Threshold]) -> str:
    """The same two policies on several families' rules: verdict by verdict, and what changed."""
    told = [
        f"On the rules of **{rules}** {verdicts.headline(found)}." for rules, found in on.items()
    ]
    kinds = {rules: verdicts.verdict(found).kind for rules, found in on.items()}
    pays = {rules: found.difference > 0 for rules, found in on.items()}
    same_kind = len(set(kinds.values())) == 1
    turned = len(set(pays.values())) > 1
    where = [f"{'pays' if does else 'does not pay'} on {rules}'s" for rules, does in pays.items()]
    change = f"At these prices asking {' and '.join(where)}" + (
        ": the sign changes." if turned else "."
    )
    held = "The verdict is of the same kind" if same_kind else "The verdict is of another kind"
    return f"{' '.join(told)} {held}. {change}"


def advices(on: Mapping[str, Advice]) -> str:
    """What the lab would choose on several families' rules, and what changed."""
    told = []
    for rules, found in on.items():
        sure = "decided" if found.decided else "undecided"
        share = found.by_policy.get(policy_of(found.chosen), 0)
        told.append(
            f"On the rules of **{rules}** the cheapest is {found.chosen} ({sure}: its policy is "
            f"best in {share:.0%} of the draws of prices), {found.margin:.1f} percentage points "
            "ahead of the best other policy"
        )
    chosen = [found.chosen for found in on.values()]
    policies, looks = ({one.partition(":")[i] for one in chosen} for i in (0, 2))
    parts = [
        f"The policy {'is the same' if len(policies) == 1 else 'changes'}",
        f"the look-around rule {'is the same' if len(looks) == 1 else 'changes'}",
    ]
    return f"{'. '.join(told)}. {', '.join(parts)}."


def by_size(frame: pl.DataFrame, older: str, newer: str) -> str:
    """About `charts.by_size`: where the newer kernel swaps in how much more."""
    parts = []
    for (by,), part in frame.group_by(["by"], maintain_order=True):
        wide = part.pivot("kernel", index=["share"], values="swapins")
        ratio = wide.select("share", times=pl.col(newer) / pl.col(older))
        worst, best = ratio.sort("times").row(-1), ratio.sort("times").row(0)
        parts.append(
            f"of {by} {newer} swaps in {best[1]:.2f} times as many pages as {older} at "
            f"{best[0]:.2f} of memory, and {worst[1]:.2f} times as many at {worst[0]:.2f}"
        )
    return f"*What to see:* {'; '.join(parts)}."


def in_use(frame: pl.DataFrame) -> str:
    """Of a working set that moves, how much is in memory at the end."""
    told = [
        f"{kernel} has {kept:,} of its {size:,} pages in memory, and {others:,} others"
        for kernel, size, kept, others in frame.iter_rows()
    ]
    return f"At the end of the run {'; '.join(told)}."


def attribution(tables: Mapping[str, pl.DataFrame], older: str, newer: str) -> str:
    """Which rules make the newer kernel swap in more, by what was accessed."""
    told, sets = [], []
    for name, frame in tables.items():
        before, after = frame.filter(rule=ALL).row(0)[1:3]
        most = frame.filter(pl.col("explained") > MOST)["rule"].to_list()
        sets.append(set(most))
        alone = frame.filter(
            (pl.col("older_with") - before) > MOST * (after - before), pl.col("rule") != ALL
        )["rule"].to_list()
        told.append(
            f"**{name}**: {before:,} swap-ins on {older}, {after:,} on {newer}; any one of "
            f"{', '.join(f'`{rule}`' for rule in most) or 'no rule'} taken back removes over "
            f"{MOST:.0%} of the difference, and "
            + (f"{', '.join(alone)} alone brings it about" if alone else
               f"none of them, put into {older}, brings it about alone")
        )  # fmt: skip
    common = sorted(set.intersection(*sets)) if sets else []
    both = f" In all of them: {', '.join(f'`{rule}`' for rule in common)}." if common else ""
    return f"{'. '.join(told)}.{both}"


def for_operators(table: pl.DataFrame) -> str:
    """What a host's kernel means for its VMs, a bullet per release."""
    lines = []
    for kernel, x86, arm64, host, guest, least, process, vm in table.iter_rows():
        locks = {"none": "takes no lock", "write": "takes mmu_lock for write"}
        if x86 == "not asked":
            asks = "aging asks no guest"
        else:
            asks = f"each question of an aging {locks.get(x86, x86)} on x86"
            asks += f", and {locks.get(arm64, arm64)} on arm64" if arm64 != x86 else " and arm64"
        fair = (
            f"a process beside a VM pays for it ({_signed(host)} refaults, the guest "
            f"{_signed(guest)})"
            if _guest_wins(host, guest)
            else f"a process beside a VM pays nothing for it ({_signed(host)}, {_signed(guest)})"
        )
        keeps = "a VM alone in its memcg keeps its memory"
        if least < (1 - CLEAR / 100) * MEMORY:
            keeps = f"a VM alone in its memcg is left with as little as {least / MEMORY:.0%} of it"
        moves = f"a working set that moves is swapped in {process:.2f} times as often as on 6.12 "
        moves += f"for a process, {vm:.2f} times for a guest"
        lines.append(f"- **{kernel}**: {asks}; {fair}; {keeps}; {moves}.")
    return "\n".join(lines)
