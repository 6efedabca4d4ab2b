"""A sentence about each chart: what to see in it, with this run's numbers. Markdown out."""

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
        return f"**{first}** swapped {result.total(first, 'pgmajfault'):,} pages back in."
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
    """About `charts.generations`."""
    agings = [f"**{name}** aged {result.total(name, 'agings')} times" for name in result.runs]
    twice = [f"**{n}**" for n, made in result.runs.items() if made.kernel.engine_rules().seen_twice]
    marks = f" (under {', '.join(twice)} the second time: the first marks it)" if twice else ""
    return (
        f"An aging moves a page that it finds used to the second band from the top{marks}. "
        f"{_list(agings)}"
    )


def accessed(result: SideBySide) -> str:
    """About `charts.accessed`."""
    parts = []
    for name in result.runs:
        last = result.accessed.filter(kernel=name).group_by("known", maintain_order=True).last()
        pages = dict(zip(last["known"].to_list(), last["pages"].to_list(), strict=True))
        kernel = result.runs[name].kernel
        answer = decision.aging(kernel.record, kernel.situation(result.runs[name].enabled))
        what = "both colours" if answer.harvests else "the dark part only"
        parts.append(
            f"under **{name}** an aging reads {what}; at the end, of {sum(pages.values()):,} "
            f"pages, only the secondary MMU knew of the use of {pages[SEEN[1]]:,}"
        )
    return (
        "*What to see:* the guest used the orange pages, and the host's page tables do not show "
        "it. " + _list(parts)
    )


def costs(result: SideBySide) -> str:
    """About `charts.costs`."""
    parts = []
    for name in result.runs:
        scanned, freed = result.total(name, "pgscan"), result.total(name, "pgsteal")
        ratio = f"{scanned / freed:.1f} per page" if freed else "none were freed"
        parts.append(
            f"**{name}** scanned {scanned:,} pages to free {freed:,} ({ratio}), rescued "
            f"{result.total(name, 'rescues'):,} of them one by one, and swapped "
            f"{result.total(name, 'pgmajfault'):,} back in"
        )
    return _list(parts)


def refaults(result: SideBySide) -> str:
    """About `charts.refaults`."""
    parts = [f"**{name}** {result.total(name, 'pgmajfault'):,}" for name in result.runs]
    return "Refaults in the whole run: " + _list(parts)
