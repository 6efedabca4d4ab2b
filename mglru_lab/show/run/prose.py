"""One sentence beside each chart: what to see in it, with this run's numbers. Markdown out."""

from mglru_lab.lab.run.side_by_side import SEEN, SideBySide
from mglru_lab.policy import decision


def _list(parts: list[str]) -> str:
    text = "; ".join(parts) + "."
    return text[0].upper() + text[1:]


def headline(result: SideBySide) -> str:
    """The first and the last kernel of the comparison in one sentence."""
    names = list(result.runs)
    first, last = names[0], names[-1]
    if first == last:
        return f"**{first}** swapped in {result.total(first, 'pgmajfault'):,} pages again."
    parts = []
    for counter, what in (("pgscan", "pages scanned"), ("pgmajfault", "refaults")):
        ours, theirs = result.total(first, counter), result.total(last, counter)
        times = f"{ours / theirs:.2f} times" if theirs else "no"
        parts.append(f"{times} the {what} ({ours:,} against {theirs:,})")
    return (
        f"With the same trace and {result.pressure.resident:,} pages of memory **{first}** has "
        f"{parts[0]} and {parts[1]} of **{last}**."
    )


def generations(result: SideBySide) -> str:
    """Beside `charts.generations`."""
    agings = [f"**{name}** aged {result.total(name, 'agings')} times" for name in result.runs]
    return (
        "*What to see:* pages enter at the dark top, an aging pushes every band one down, and "
        "eviction eats the lowest band. A page that an aging finds used goes up to the second. "
        + _list(agings)
    )


def accessed(result: SideBySide) -> str:
    """Beside `charts.accessed`."""
    parts = []
    for name in result.runs:
        last = result.accessed.filter(kernel=name).group_by("known", maintain_order=True).last()
        pages = dict(zip(last["known"].to_list(), last["pages"].to_list(), strict=True))
        kernel = result.runs[name].kernel
        answer = decision.aging(kernel.record, kernel.situation(result.runs[name].enabled))
        what = "both colours" if answer.harvests else "the dark part alone"
        parts.append(
            f"under **{name}** an aging reads {what}: at the end {pages[SEEN[1]]:,} of "
            f"{sum(pages.values()):,} pages were known to be used by the secondary MMU only"
        )
    return (
        "*What to see:* orange pages were used by the guest, and the host's page tables do not "
        "show it. " + _list(parts)
    )


def costs(result: SideBySide) -> str:
    """Beside `charts.costs`."""
    parts = []
    for name in result.runs:
        scanned, freed = result.total(name, "pgscan"), result.total(name, "pgsteal")
        ratio = f"{scanned / freed:.1f} a page" if freed else "none were freed"
        parts.append(
            f"**{name}** scanned {scanned:,} pages to free {freed:,} ({ratio}), rescued "
            f"{result.total(name, 'rescues'):,} of them one by one, and swapped "
            f"{result.total(name, 'pgmajfault'):,} in again"
        )
    return (
        "*What to see:* who does not ask the secondary MMU while aging asks it at the end of "
        "the list, one page at a time. " + _list(parts)
    )


def refaults(result: SideBySide) -> str:
    """Beside `charts.over_time` of refaults."""
    parts = [f"**{name}** {result.total(name, 'pgmajfault'):,}" for name in result.runs]
    return (
        "*What to see:* a refault is a page that was swapped out too early; the steeper line "
        "had to bring back more. Whole run: " + _list(parts)
    )
