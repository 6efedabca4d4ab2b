"""A sentence beside each chart about what looking costs, with this run's numbers. Markdown out."""

from collections.abc import Mapping

import polars as pl

from mglru_lab.lab.price import advise, calibration
from mglru_lab.lab.price import verdict as verdicts
from mglru_lab.lab.price.advise import Advice
from mglru_lab.lab.price.cause import only_cause
from mglru_lab.lab.price.prices import IN_WORDS
from mglru_lab.lab.price.threshold import AT_EVICTION, Threshold

FLUSHING = "lookup_write_tlbflush"


def threshold(found: Threshold) -> str:
    """Beside `charts.parts`: what is compared, the verdict, its parts and what decides it."""
    cause = ""
    if found.same_pages and found.fewer:
        cause = f"{same_pages(found)} "
    said = (
        f"{found.compared} {cause}**{verdicts.headline(found)}.**",
        verdicts.by_parts(found),
        verdicts.what_decides(found),
        "*What to see:* right of 0 is saved by asking while aging, left of 0 spent, the largest "
        "part on top; a thin line is the range that the sources of the prices leave.",
    )
    return " ".join(part for part in said if part)


def same_pages(found: Threshold) -> str:
    """For two runs that are the same page by page: the only cause of another price."""
    return f"Same pages on both; {only_cause(found.asking, found.existing, found.costs)}"


def by_kvm(thresholds: Mapping[str, Threshold]) -> str:
    """About the table of the same two policies on several KVM codes."""
    signs = {kvm: found.difference for kvm, found in thresholds.items()}
    saves = [kvm for kvm, ns in signs.items() if ns > 0]
    costs = [kvm for kvm, ns in signs.items() if ns < 0]
    said = [f"saves on KVM {', '.join(saves)}"] if saves else []
    said += [f"costs on KVM {', '.join(costs)}"] if costs else []
    text = f"At these prices asking {' and '.join(said) or 'changes nothing'}."
    for kvm, found in thresholds.items():
        if not any(name == FLUSHING for _, name in found.existing):
            continue
        ms = dict(found.parts.select("part", "saved_ms").rows()).get(AT_EVICTION, 0.0)
        text += (
            f" KVM {kvm} flushes TLBs for the call that {found.instead} makes at eviction: "
            f"{ms:,.1f} ms of the difference there."
        )
    unasked = [kvm for kvm, found in thresholds.items() if found.same_pages]
    if unasked:
        asks = next(iter(thresholds.values())).asks
        text += f" On KVM {', '.join(unasked)} {asks} does not ask: same pages as without."
    return text


def sources(frame: pl.DataFrame) -> str:
    """Beside the table of prices."""
    assumed = frame.filter(pl.col("source").str.contains("assumed"))["price"].to_list()
    given = frame.filter(pl.col("source") == "given")["price"].to_list()
    ranged = frame.filter(pl.col("low") > 0).with_columns(times=pl.col("high") / pl.col("low"))
    widest = ranged.sort("times", descending=True).row(0, named=True)
    rest = f" {', '.join(given)} were given by you." if given else ""
    times = widest["times"]
    return (
        "Nobody published nanoseconds per page table entry or per call: the prices are quotients "
        f"of published totals, and {', '.join(assumed)} are assumed in part or in all.{rest} The "
        f"most uncertain price is {widest['price']}: {widest['low']:,.0f} to "
        f"{widest['high']:,.0f} ns, a factor of {times:.0f}."
    )


def levers(found: Threshold) -> str:
    """Beside `charts.tornado`: which price moves the verdict how far, and where its sign turns."""
    frame = found.levers.filter(pl.col("at_low") != pl.col("at_high"))
    if frame.is_empty():
        return "No price moves the verdict: nothing that differs has a range."
    first, turning = frame.row(0, named=True), frame.filter("decides").to_dicts()
    widest = abs(first["at_high"] - first["at_low"])
    turns = "; ".join(f"{verdicts.name(row)} at {row['turns_at']:,.0f} ns" for row in turning)
    said = f"These turn the sign within their range: {turns}." if turning else (
        "No single price turns the sign within its range."
    )  # fmt: skip
    return (
        f"Most is moved by {verdicts.name(first)}: {widest:,.1f} ms between the ends of its range. "
        f"{said} *What to see:* one bar per price, from what asking saves at the low end of its "
        "range to what it saves at the high end; the dark line is the sum at the prices as they "
        "are, and where a bar crosses 0 the sign turns, at the price written beside it."
    )


def threshold_map(frame: pl.DataFrame, compared: str) -> str:
    """Beside `charts.threshold_map`."""
    kinds = dict(frame.group_by("kind").len().rows())
    saves = frame.filter(pl.col("saved_ms") > 0).height
    named = {"below": "pay up to a price", "above": "pay from a price on", "equal": "without a "
             "difference", "always": "always pay", "never": "never pay"}  # fmt: skip
    ordered = sorted(kinds, key=lambda kind: -kinds[kind])
    said = ", ".join(f"{kinds[kind]} {named.get(kind, kind)}" for kind in ordered)
    by_guest = (
        frame.drop_nulls("break_even").group_by("guest").agg(pl.col("break_even").median())
    ).sort("guest")["break_even"]  # fmt: skip
    falls = by_guest.len() > 1 and bool((by_guest.diff().drop_nulls() < 0).all())
    trend = (
        " The more of the accesses are the guest's, the lower the break-even price (its median "
        "over the memories falls from column to column)."
        if falls
        else ""
    )
    return (
        f"{compared} Of {frame.height} places: {said}; at the prices as they are asking saves in "
        f"{saves}.{trend} *What to see:* each number is the break-even price of a call in ns, "
        "below 0 not even for free; colours say what holds for all prices within their ranges."
    )


def left_out(frame: pl.DataFrame) -> str:
    """Beside `price_charts.left_out`."""
    found = {what: rest for what, *rest in calibration.errors(frame).iter_rows()}
    error = (pl.col("model") / pl.col("published") - 1).abs()
    limit = pl.when(pl.col("what") == "wall").then(0.1).otherwise(0.25)
    wrong = [
        f"{what} {'without aging' if aging == 'none' else aging} at {vcpus}"
        for vcpus, aging, what, *_ in frame.filter(error > limit).iter_rows()
    ]
    said = "; ".join(
        f"{ {'wall': 'wall times', 'pass': 'passes'}[what] } {model:.1%} (a straight line "
        f"{line:.1%}, a power law {power:.1%})"
        for what, (model, line, power) in found.items()
    )
    return (
        "*What to see:* every point was predicted by a fit that had not seen the rows of that many "
        f"vCPUs. Median errors: {said}. More than 10 % off for a wall time, or 25 % for a pass: "
        f"{', '.join(wrong)} vCPUs. Without an ager the model's wall time is a straight line, too: "
        "its gain there is no more than noise. Of the passes it knows why they bend: from 32 vCPUs "
        "on a locked pass hardly moves until the vCPUs are done."
    )


def who_pays(rows: pl.DataFrame) -> str:
    """Beside the table of refaults; rows: kernel, host refaults, guest refaults."""
    first, *others = rows.select("kernel", "host refaults", "guest refaults").iter_rows()
    said = []
    for name, host, guest in others:
        changes = (host - first[1], guest - first[2])
        kind = _kind(*changes)
        parts = [
            f"{change:+,} {whose} ({change / base:+.0%})" if base else f"{change:+,} {whose}"
            for change, base, whose in zip(changes, first[1:], ("host", "guest"), strict=True)
        ]
        said.append(f"**{name}** {', '.join(parts)}, {sum(changes):+,} in all: {kind}")
    return f"*What to see:* refaults against **{first[0]}**: {'; '.join(said)}."


def _kind(host: int, guest: int) -> str:
    if host * guest < 0:
        return "a transfer from one to the other"
    if host == guest == 0:
        return "no difference"
    return "both lose, or one does" if host + guest > 0 else "both gain, or one does"


def without_vm(rows: pl.DataFrame) -> str:
    """Beside what a walk visits in a process without a VM; rows: kernel, tables, PTEs walked."""
    tables = dict(rows.select("kernel", "tables walked").iter_rows())
    least, most = min(tables.values()), max(tables.values())
    said = "*What to see:* eight page tables, one in use since the last walk"
    if least == most:
        why = "upper tables have no accessed bit here" if least == 8 else "none lets others pay"
        return f"{said}: each of these kernels walks {least}; {why}."
    costly = ", ".join(f"**{name}**" for name, walked in tables.items() if walked == most)
    return (
        f"{said}: {most} tables were walked by {costly}, {least} by the others. Processes that "
        "have no VM pay for it."
    )


def advice(found: Advice) -> str:
    """Beside the table of candidates."""
    words = advise.in_words(found)
    if found.changes.is_empty():
        return f"{words} No single price within its range would change which is the cheapest."
    changes = [
        f"{IN_WORDS[price]} at {ns:,.0f} ns: {to}" for price, ns, to in found.changes.iter_rows()
    ]
    return f"{words} Single prices that would change which is the cheapest: {'; '.join(changes)}."


def by_policy(found: Advice) -> str:
    """The answer's evidence: each policy with the look-around rule that suits it best."""
    best: dict[str, str] = {}
    for kernel, percent in found.totals.select("kernel", "all").iter_rows():
        policy, _, rule = kernel.partition(":")
        best.setdefault(policy, f"{policy} ({rule}) {percent:.0f} %")
    return (
        "Each policy with the look-around rule that suits it best, in percent above the best of "
        f"each workload, on average: {', '.join(best.values())}."
    )


def rules(found: Advice) -> str:
    """Which look-around rule is cheapest for the chosen policy, workload by workload."""
    policy = advise.policy_of(found.chosen)
    mine = found.totals.filter(pl.col("kernel").str.starts_with(f"{policy}:"))
    best: dict[str, list[str]] = {}
    for load in found.paid:
        least = mine.filter(pl.col(load) <= pl.col(load).min() * (1 + 1e-9))["kernel"]
        best[load] = [name.partition(":")[2] for name in least]
    said = "; ".join(f"{load}: {' and '.join(rules)}" for load, rules in best.items())
    common = set.intersection(*map(set, best.values()))
    verdict = f"{' and '.join(sorted(common))} in all of them" if common else "not one rule in all"
    return f"Cheapest look-around rule of {policy}, by workload: {said}: {verdict}."


def proactive(sets: pl.DataFrame, freed: pl.DataFrame) -> str:
    """Below the charts of the working set and of proactive reclaim."""
    last = sets.filter(pl.col("pass") == pl.col("pass").max())
    seen = [
        f"**{name}** {estimate:,} of {true:,} pages" for name, _, true, estimate in last.iter_rows()
    ]
    most = freed.filter(pl.col("every") == pl.col("every").min())
    parts = [
        f"**{name}** frees {pages:,.0f} pages and refaults {back:,}"
        for name, _, pages, back in most.iter_rows()
    ]
    return (
        f"*What to see:* at the last pass the two youngest generations hold {', '.join(seen)} that "
        f"were truly used since the pass before. With passes most often {', '.join(parts)}. "
        "Higher and further left is better."
    )
