"""Recorded scenarios run on the model, one after another, and how each matches its recording.

What no recording tells is an input of a run: searched for (search.py), kept (findings.py), printed.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatch

from mglru_lab.lab.run.machine import OutOfMemory
from mglru_lab.lab.run.run import Run, run
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.lab.truth.groups import group_of
from mglru_lab.lab.truth.match import Match, match_run
from mglru_lab.lab.truth.recordings import Recording
from mglru_lab.lab.truth.switch_settings import setting_of
from mglru_lab.policy.kernel import RECORDED, Kernel
from mglru_lab.policy.variants import NAMES
from mglru_lab.scenario.language import Scenario, ScenarioError

Attempt = tuple[Match, Run]
_CALLS = re.compile(r"(?m)^calls(end)?( .*)?\n")
"""Commands that count calls: they change nothing, and the model has none."""


def on_model(recording: Recording) -> tuple[Kernel, Scenario]:
    """The kernel and the scenario that stand for a recording: a switch's, or a released one's."""
    setting = setting_of(recording.file)
    if setting is None:
        named = recording.series in (*NAMES, *RECORDED)  # else a kernel newer than what is known
        own = recording.series if named and not recording.family else recording.rules
        kernel = Kernel(variant=own)
        return kernel, Scenario(_CALLS.sub("", recording.text), recording.scenario)
    return setting.kernel, setting.scenario(recording.text, recording.scenario)


def with_its_trace(recording: Recording, unrecorded: Unrecorded) -> Unrecorded:
    """What was found, and what the recording's own trace of the kernel shows, which goes first."""
    freed = recording.freed_slab or unrecorded.freed_slab
    return replace(unrecorded, seen_walks=recording.seen_walks, freed_slab=freed)


def attempt(recording: Recording, unrecorded: Unrecorded) -> Attempt:
    """The recorded scenario on the model, where happens, too, what `unrecorded` says."""
    kernel, scenario = on_model(recording)
    model = run(
        scenario,
        kernel,
        unrecorded=with_its_trace(recording, unrecorded),
        entries=recording.entries,
    )
    return match_run(recording, model, unrecorded), model


def _out_of_memory(recording: Recording) -> str:
    """What becomes of a recording that an OOM kill cut short."""
    kernel, scenario = on_model(recording)
    try:
        run(scenario, kernel, entries=recording.entries)
    except OutOfMemory:
        return "the recording ends in an OOM kill, and so does the model's run"
    return "the recording ends in an OOM kill, the model's run does not"


Improve = Callable[[Recording, Attempt], Attempt]
"""A search for what no recording tells: from the best attempt so far to a better one."""


def compare(
    recording: Recording, known: Unrecorded | None = None, improve: Improve | None = None
) -> Match:
    """Run the recorded scenario on the model: with what is `known`, undisturbed, or as found."""
    result = Match(recording, group_of(recording))
    if not recording.finished:
        result.not_modelled = _out_of_memory(recording)
        return result
    try:
        best = attempt(recording, known or Unrecorded())
    except (ScenarioError, OutOfMemory) as error:
        result.not_modelled = str(error).split(": ", 1)[1].split("; allowed")[0]
        return result
    if known is not None and not best[0].equal:
        best = min(best, attempt(recording, Unrecorded()), key=lambda made: made[0].distance)
    return (improve(recording, best) if improve else best)[0]


def compare_with(recording: Recording, kernel: Kernel) -> Match:
    """The recorded scenario on the model of any kernel; raises what running a scenario raises."""
    _, scenario = on_model(recording)
    unrecorded = with_its_trace(recording, Unrecorded())
    model = run(scenario, kernel, unrecorded=unrecorded, entries=recording.entries)
    return match_run(replace(recording, family=kernel.rules), model)


def fits(recording: Recording, pattern: str, rules: str) -> bool:
    """Whether its scenario's name fits the glob `pattern` and its kernel is that of `rules`."""
    return fnmatch(recording.scenario, pattern) and rules in ("", recording.rules)


def compare_all(
    recordings: Iterable[Recording],
    pattern: str = "*",
    rules: str = "",
    known: Mapping[tuple[str, str], Unrecorded] | None = None,
    improve: Improve | None = None,
) -> Iterator[Match]:
    """Compare all recordings whose scenario's name fits the glob `pattern`, one after another.

    `known`: by file and scenario, what was found; `improve` searches anew.
    """
    for recording in recordings:
        if fits(recording, pattern, rules):
            found = (known or {}).get((recording.file, recording.scenario))
            yield compare(recording, found, improve)
