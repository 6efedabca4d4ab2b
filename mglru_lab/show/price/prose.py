"""A sentence beside each chart about what looking costs, with this run's numbers. Markdown out."""

from dataclasses import replace

import polars as pl

from mglru_lab.lab.price import calibration
from mglru_lab.lab.price.advise import Advice
from mglru_lab.lab.price.threshold import Threshold
from mglru_lab.show.price.charts import CONTENDED, LOCKLESS


def threshold(found: Threshold) -> str:
    """Beside `price_charts.parts`."""
    each = " a call" if found.price is not None else ""
    gains = "saves" if found.difference >= 0 else "costs"
    parts = found.parts.sort(pl.col("saved_ms").abs(), descending=True)["part"].to_list()
    largest = parts[0] if parts else "none"
    return (
        f"**{found.asks}** pays against **{found.instead}**: **{found.verdict}{each}**. With every "
        f"price at the worse or the better end of its range: {found.range_in_words}. At the "
        f"calls' own prices it {gains} {abs(found.difference) / 1e6:,.1f} ms in the whole run; the "
        f"largest part is *{largest}*. *What to see:* right of 0 is saved by asking while aging, "
        "left of 0 spent; a thin line is the range that the sources of the prices leave."
    )


def sources(frame: pl.DataFrame) -> str:
    """Beside the table of prices."""
    assumed = frame.filter(pl.col("source").str.contains("assumed"))["price"].to_list()
    given = frame.filter(pl.col("source") == "given")["price"].to_list()
    ranged = frame.filter(pl.col("low") > 0).with_columns(times=pl.col("high") / pl.col("low"))
    widest = ranged.sort("times", descending=True).row(0, named=True)
    rest = f" {', '.join(given)} were given by you." if given else ""
    return (
        "Nobody published nanoseconds a page table entry or a call: the prices are quotients of "
        f"published totals, and {', '.join(assumed)} are assumed in part or in all.{rest} The "
        f"widest range relative to itself has {widest['price']}: {widest['low']:,.0f} to "
        f"{widest['high']:,.0f} ns."
    )


def levers(found: Threshold) -> str:
    """Beside the sliders: which prices move the threshold within their ranges."""
    moves = found.moves.head(3)
    if moves.is_empty():
        return "Both make as many calls by walks and windows: there is no threshold to move."
    parts = [
        f"{name} (break-even {low:,.0f} ns at the low end of its range, {high:,.0f} at the high)"
        for name, low, high in moves.iter_rows()
    ]
    return (
        f"Within the ranges of their sources most is moved by {'; '.join(parts)}. Below 0 it does "
        "not pay even for free. The price of a "
        "call by walks and windows moves nothing: it is what is compared *with* the threshold, and "
        "changes what is spent."
    )


def threshold_map(frame: pl.DataFrame, costs: str) -> str:
    """Beside `price_charts.threshold_map`."""
    price = pl.col("break_even")
    never = frame.filter(verdict="never").height
    lockless = frame.filter(price >= LOCKLESS).height
    contended = frame.filter(price >= CONTENDED).height
    return (
        f"*What to see:* {costs}. Of {frame.height} cells asking pays in {lockless} for a page of "
        f"a lockless pass ({LOCKLESS:g} ns, published), in {contended} even for one under a lock "
        f"that 64 vCPUs contend for ({CONTENDED:g} ns), and in {never} not even for free. The "
        "more of the accesses are the guest's, the less it pays: what it saves for the host, the "
        "guest refaults."
    )


def left_out(frame: pl.DataFrame) -> str:
    """Beside `price_charts.left_out`."""
    found = {what: rest for what, *rest in calibration.errors(frame).iter_rows()}
    error = (pl.col("model") / pl.col("published") - 1).abs()
    limit = pl.when(pl.col("what") == "wall").then(0.1).otherwise(0.25)
    wrong = [
        f"{aging} {what} at {vcpus}"
        for vcpus, aging, what, *_ in frame.filter(error > limit).iter_rows()
    ]
    said = "; ".join(
        f"{ {'wall': 'wall times', 'pass': 'passes'}[what] } {model:.1%} (a straight line "
        f"{line:.1%}, a power law {power:.1%})"
        for what, (model, line, power) in found.items()
    )
    return (
        f"*What to see:* every point was said by a fit that had not seen its vCPUs' row. Median "
        f"errors: {said}. More than 10 % off for a wall time, or 25 % for a pass: "
        f"{', '.join(wrong)} vCPUs. Without an ager the model's wall time is a straight line, too: "
        "its gain there is no more than noise. Of the passes it knows why they bend: from 32 vCPUs "
        "on a locked pass hardly moves until the vCPUs are done."
    )


def who_pays(rows: pl.DataFrame) -> str:
    """Beside the table of refaults; rows: kernel, host refaults, guest refaults."""
    first, *others = rows.select("kernel", "host refaults", "guest refaults").iter_rows()
    said = [
        f"**{name}** {host / first[1] - 1:+.0%} host, {guest / first[2] - 1:+.0%} guest"
        for name, host, guest in others
    ]
    return (
        f"*What to see:* refaults against **{first[0]}**: {'; '.join(said)}. It is a transfer, not "
        "a loss everywhere, and the recorded kernels show the same sizes."
    )


def without_vm(rows: pl.DataFrame) -> str:
    """Beside what a walk visits in a process without a VM; rows: kernel, tables, PTEs walked."""
    tables = dict(rows.select("kernel", "tables walked").iter_rows())
    least, most = min(tables.values()), max(tables.values())
    said = "*What to see:* eight page tables, one in use since the last walk"
    if least == most:
        why = "upper tables have no accessed bit here" if least == 8 else "none lets others pay"
        return f"{said}: every kernel walks {least}; {why}."
    dear = ", ".join(f"**{name}**" for name, walked in tables.items() if walked == most)
    return (
        f"{said}: {most} tables were walked by {dear}, {least} by the others. Processes that have "
        "no VM pay for it; a real 6.12 whose rules were v4's walked 8, with any other option 1."
    )


def advice(found: Advice) -> str:
    """Beside the table of candidates."""
    words = found.in_words
    if found.changes.is_empty():
        return f"{words} No single price within its range would change that."
    changes = [f"{name} at {ns:,.0f} ns: {to}" for name, ns, to in found.changes.iter_rows()]
    return f"{words} Single prices that would change it: {'; '.join(changes)}."


def by_variant(found: Advice) -> str:
    """The answer's evidence: each variant with its best rule, with the TLB flush and without."""
    price = found.costs.prices["lookup_write"]
    unflushed = replace(found, costs=found.costs.but(lookup_write_tlbflush=price))
    said = []
    for words, at in (("As KVM was up to 6.12", found), ("Without the TLB flush", unflushed)):
        best: dict[str, str] = {}
        for kernel, percent in at.totals.select("kernel", "all").iter_rows():
            variant, rule = kernel.split(":")
            best.setdefault(variant, f"{variant} ({rule}) {percent:.0f} %")
        said.append(f"{words}: {', '.join(best.values())}.")
    return (
        "Each variant with the look-around rule that suits it best, percent above the best of each "
        f"workload, on the mean. {' '.join(said)}"
    )


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
        "were truly used since the pass before. Who does not ask cannot see the guest's part, and "
        f"frees it late; with passes most often {', '.join(parts)}. Higher and further left is "
        "better."
    )
