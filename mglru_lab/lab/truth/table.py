"""Comparisons with recorded kernels as text: one line per recording, and a table of them all."""

from collections.abc import Iterable

from mglru_lab.kernel.rules import RULES
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.lab.truth.groups import EXT2, GROUPS, SWITCHED
from mglru_lab.lab.truth.match import Match
from mglru_lab.lab.truth.spread import Place, case_of, places


def line(match: Match) -> str:
    """One line for people, and one more per difference."""
    recording = match.recording
    option = f" [{recording.file}]" if recording.is_switched else ""
    head = f"{recording.rules:5} {recording.scenario + option:34} "
    if match.not_modelled:
        return head + f"not compared: {match.not_modelled}"
    parts = []
    if match.pages:
        wrong = {dump: pages for dump, pages in match.pages.items() if pages}
        parts.append(f"{len(match.pages)} maps equal" if not wrong else f"maps differ: {wrong}")
    if match.first_miss is not None:
        where = match.first_miss
        parts.append("miss log equal" if where < 0 else f"miss log differs from access {where} on")
    if match.walked is not None:
        parts.append("walks equal" if match.walked.equal else "walks differ")
    if not match.counters:
        parts.append(f"counters equal at {len(recording.stats)} labels")
    text = head + "; ".join(parts)
    text += "".join(f" ({found})" for found in found_in_words(match.unrecorded))
    if recording.walks:
        text += (
            f" (of {len(recording.walks)} agings, as a trace showed them, {match.by_chance} "
            "walked by chance, or did not)"
        )
    if match.undrained:
        text += f"; sizes but for a batch not drained at {', '.join(match.undrained)}"
    for name, differences in match.counters.items():
        label, ours, kernels = differences[0]
        times = f" and at {len(differences) - 1} more" if len(differences) > 1 else ""
        text += f"\n      {name} at {label}: model {ours}, kernel {kernels}{times}"
    return text


def found_in_words(used: Unrecorded) -> list[str]:
    """What a search found of what the recording does not tell; empty for an ordinary run."""
    found = []
    if (used.phase, used.first_dump) != (0, (0, 0)):
        found.append(f"phase {used.phase}, first dump {used.first_dump[0]} + {used.first_dump[1]}")
    if used.code_shares_table:
        found.append("the guest's code shares a page table")
    if used.code_table_crowded:
        found.append("the guest's code lies in a crowded page table")
    if used.stack_page:
        found.append("one more page of the worker's stack")
    if used.unpreempted:
        found.append("no context switch between accesses")
    if used.flushes:
        at = ", ".join(str(at) for at, _ in used.flushes)
        found.append(f"the timer flushed after accesses {at}")
    if used.freed_slab:
        freed = ", ".join(f"{pages} in reclaim {reclaim}" for reclaim, _, pages in used.freed_slab)
        found.append(f"slab pages freed amid reclaim: {freed}")
    if used.flipped_walks:
        ordinals = ", ".join(map(str, used.flipped_walks))
        found.append(f"one context switch more or less before agings: {ordinals}")
    return found


def _still_apart(matches: list[Match], where: dict[int, Place]) -> str:
    """How many differ, by how much in what costs users most, how near they are, and why."""
    differing = [match for match in matches if not match.equal]
    if not differing:
        return ""
    most = max(match.apart for match in differing)
    near = sum(where[id(match)].near for match in differing)
    reason = differing[0].group.reason
    text = f"{len(differing)}, by {most:.1%} of the misses at most, {near} of them near"
    return f"{text}{': ' * bool(reason)}{reason}"


def _not_near(found: list[tuple[Match, Place]]) -> list[str]:
    """One item per case with runs that are not near: by how much, in which counter most.

    What a file system of its own explains is counted only.
    """
    cases: dict[tuple[str, str, str], list[Place]] = {}
    charged = 0
    for match, place in found:
        if not place.near and match.group.reason == EXT2:
            charged += 1
        elif not place.near:
            cases.setdefault(case_of(match), []).append(place)
    items = []
    for (rules, _, name), those in cases.items():
        share, counter = max((s, c) for place in those for c, s in place.outside.items())
        recorded = f"{len(those)} of {those[0].repeats} runs, " if those[0].repeats > 1 else ""
        items.append(f"{name} ({rules}: {recorded}{counter} {share:.1%})")
    return items + [f"{charged} runs on a file system"] * (charged > 0)


def markdown(matches: Iterable[Match]) -> str:
    """The table of the support matrix: how many runs are equal, per group and family of rules."""
    equal = ("page maps", "miss logs", "counters", "walks")
    heads = ["recordings", "rules", "runs", *(f"{what} equal" for what in equal), "still apart"]
    rows = [f"| {' | '.join(heads)} |"]
    rows.append("|---|---|---:|---:|---:|---:|---:|---|")
    done = list(matches)
    apart = places(done)
    where = {id(match): place for match, place in apart}
    missing: dict[str, int] = {}
    for group in (*GROUPS, *SWITCHED):
        for rules in sorted(RULES):
            mine = [c for c in done if c.group is group and c.recording.rules == rules]
            for match in mine:
                if match.not_modelled:
                    missing[match.not_modelled] = missing.get(match.not_modelled, 0) + 1
            mine = [c for c in mine if not c.not_modelled]
            if not mine:
                continue
            maps = [pages for c in mine for pages in c.pages.values()]
            logs = [c.first_miss for c in mine if c.first_miss is not None]
            counters = sum(not c.counters for c in mine)
            walks = [c.walked.equal for c in mine if c.walked is not None]
            rows.append(
                f"| {group.title} | {rules} | {len(mine)} | {maps.count(0)} of {len(maps)} "
                f"| {f'{logs.count(-1)} of {len(logs)}' if logs else '-'} "
                f"| {counters} of {len(mine)} "
                f"| {f'{walks.count(True)} of {len(walks)}' if walks else '-'} "
                f"| {_still_apart(mine, where)} |"
            )
    left_out = "; ".join(f"{why} ({count})" for why, count in sorted(missing.items()))
    text = "\n".join(rows) + f"\n\nNot compared: {left_out or 'none'}.\n"
    if apart:
        text += (
            "\nNear: misses and pages scanned at the end, in host and guest apart, lie within what "
            "the kernel's repeats of the same case span, or within 1 % of one of them. Not near: "
            f"{'; '.join(_not_near(apart)) or 'none'}.\n"
        )
    return text
