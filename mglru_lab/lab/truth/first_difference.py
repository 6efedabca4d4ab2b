"""Where model and kernel first differ: the access with another outcome, and the state there."""

import re
from collections.abc import Mapping

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import MAX_NR_GENS
from mglru_lab.kernel.mm_inline import list_head
from mglru_lab.kernel.replay import GUEST_BIT, PAGE_MASK, READ_BIT
from mglru_lab.lab.run.commands import play
from mglru_lab.lab.run.machine import Machine
from mglru_lab.lab.truth.groundtruth import on_model, with_its_trace
from mglru_lab.lab.truth.match import Match
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario
from mglru_lab.scenario.traces.entries import Entries

TAIL = 8
"""Pages shown of each list, from its tail, where eviction takes them."""


def describe(match: Match) -> str:
    """The first difference as text; without a miss log, the first label whose numbers differ."""
    recording = match.recording
    head = f"{recording.rules} {recording.scenario}"
    if match.not_modelled:
        return f"{head}: not compared: {match.not_modelled}"
    if match.equal:
        return f"{head}: no difference"
    if match.first_miss is not None and match.first_miss >= 0:
        return f"{head}: {_at_access(match, match.first_miss)}"
    return f"{head}: {_at_label(match)}"


def _at_label(match: Match) -> str:
    labels = list(match.recording.stats)
    found: dict[str, list[str]] = {}
    for counter, differences in match.counters.items():
        label, ours, theirs = differences[0]
        found.setdefault(label, []).append(f"{counter}: model {ours}, kernel {theirs}")
    for dump, pages in match.pages.items():
        if pages:
            found.setdefault(dump.split("@")[0], []).append(f"pages in another place: {pages}")
    if not found:
        return "walks visit other page tables; see the counts of lru_gen_full"
    first = min(found, key=labels.index)
    lines = "\n  ".join(found[first])
    return f"no access is logged; the first label that differs is {first}\n  {lines}"


def until(scenario: Scenario, access: int) -> Scenario:
    """The scenario up to that logged access (0 is the first), without what comes after."""
    lines, done = [], 0
    for command in scenario.commands():
        line = scenario.text.split("\n")[command.line - 1]
        if command.name in ("replay", "replaymarks"):
            start, end = int(command.args[0]), int(command.args[1])
            if done + end - start > access:
                lines.append(f"replay {start} {start + access - done}")
                break
            done += end - start
        lines.append(line)
    return Scenario("\n".join(lines), scenario.source, scenario.folder)


def _at_access(match: Match, access: int) -> str:
    recording = match.recording
    kernel, scenario = on_model(recording)
    given = recording.entries
    machine = Machine(
        until(_capped(scenario, kernel, given), access),
        kernel,
        unrecorded=with_its_trace(recording, match.unrecorded),
        entries=given,
    )
    play(machine)
    entry = int(machine.trace[access])
    log = recording.missed()
    assert log is not None
    kernels, models = ("missed" if missed else "hit" for missed in (log[access], not log[access]))
    whose = " of the guest's region" if entry >> GUEST_BIT & 1 else ""
    kind = "read" if entry >> READ_BIT else "write"
    what = f"page {entry & PAGE_MASK}{whose}"
    return (
        f"access {access}, a {kind} of {what}: the kernel {kernels}, the model {models}\n"
        + state(machine)
    )


def _capped(scenario: Scenario, kernel: Kernel, given: Mapping[str, Entries]) -> Scenario:
    """Recorded replays end at 9999999; here they end where the trace does."""
    loaded = Machine(scenario, kernel, entries=given).loaded
    length = max((entries.size for entries in loaded.values()), default=0)
    text = re.sub(r"(?m)^(replay(?:marks)? \d+) 9999999", rf"\g<1> {length}", scenario.text)
    return Scenario(text, scenario.source, scenario.folder)


def state(machine: Machine) -> str:
    """Each memcg's sequences, sizes and tails of lists; batches and charges, as they are now."""
    v = machine.v
    lines = [
        f"  usage {v.cpu.usage} of {v.cpu.limit} pages, {v.lru.stock} in the stock, "
        f"{v.stat.agings} agings, {v.stat.pgscan} scanned, {v.stat.pgsteal} stolen"
    ]
    for v in machine.vs:
        kind = int(Folios(v).file.any())
        of = f"memcg {v.lru.memcg}: " if len(machine.vs) > 1 else ""
        lines.append(f"  {of}max_seq {v.lru.max_seq}, min_seq {v.lru.min_seq[kind]}")
        for seq in range(int(v.lru.min_seq[kind]), int(v.lru.max_seq) + 1):
            head = list_head(v, seq % MAX_NR_GENS, kind)
            page = int(v.folio.prev[head])
            pages: list[str] = []
            while page != head and len(pages) < TAIL:
                promoted = "" if Folios(v)[page].gen == seq % MAX_NR_GENS else "*"
                pages.append(f"{page}{promoted}")
                page = int(v.folio.prev[page])
            size = int(v.lru.nr_pages[seq % MAX_NR_GENS, kind])
            tail = " ".join(pages) or "-"
            lines.append(f"  generation {seq}: {size} pages; its list's tail: {tail}")
    waiting = int(v.cpu.add_count), int(v.cpu.activate_count)
    lines.append(f"  {waiting[0]} pages wait to be added, {waiting[1]} to be activated")
    lines.append("  (* another generation by now; a number counts PTEs from the first region on)")
    return "\n".join(lines)
