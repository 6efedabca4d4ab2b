"""A kernel under the standard set: booted as often as needed, two at a time, results kept."""

import re
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from mglru_lab.lab.check import booted
from mglru_lab.lab.check.kept import Kept, Result, split
from mglru_lab.lab.check.standard import Standard, boots
from mglru_lab.recorder.tools import RecorderError

Tell = Callable[[str], None]


@dataclass
class Checked:
    """What became of every scenario on one kernel: a result, or the reason why there is none."""

    name: str
    """As it was asked for: 7.3, a release, a path."""
    release: str
    checksum: str
    """Of all that it boots with."""
    scenarios: Sequence[Standard]
    results: dict[str, Result] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The kernel for people: its release, and where it is from if that says more."""
        return self.release if self.name in self.release else f"{self.release} ({self.name})"


def check(
    name: str,
    scenarios: Sequence[Standard],
    folder: Path,
    tell: Tell,
    *,
    jobs: int = 2,
    done: Callable[[int], None] = lambda count: None,
    timeout: float = 900,
) -> Checked:
    """Run the scenarios on the kernel `name`; those whose results `folder` has are not run again.

    `tell` takes a line at a time, `done` how many scenarios have just come to an end. A scenario
    that fails costs only itself; a boot is given up after `timeout` seconds.
    Raises RecorderError for a kernel on which none runs.
    """
    release, checksum = booted.identity(name)
    kept = Kept(folder, re.sub(r"[^\w.+-]", "_", release), checksum)
    checked = Checked(name, release, checksum, scenarios)
    for scenario in scenarios:
        result = kept.load(scenario)
        if result is not None:
            checked.results[scenario.name] = result
    if checked.results:
        tell(f"{release}: {len(checked.results)} of {len(scenarios)} scenarios are kept already")
        done(len(checked.results))
    missing = [scenario for scenario in scenarios if scenario.name not in checked.results]
    if missing:
        _run(checked, kept, boots(missing), tell, jobs, done, timeout)
    if not checked.results:
        raise RecorderError(next(iter(checked.failed.values())))
    return checked


def _run(
    checked: Checked,
    kept: Kept,
    batches: list[list[Standard]],
    tell: Tell,
    jobs: int,
    done: Callable[[int], None],
    timeout: float,
) -> None:
    stop = threading.Event()
    with (
        tempfile.TemporaryDirectory(prefix="mglru-lab-", ignore_cleanup_errors=True) as scratch,
        ThreadPoolExecutor(jobs) as pool,
    ):
        try:
            running = {
                pool.submit(_boot, checked.name, batch, Path(scratch), tell, stop, timeout): batch
                for batch in batches
            }
            for future in as_completed(running):
                made = future.result()
                checked.failed |= made.failed
                for scenario in running[future]:
                    if scenario.name in made.texts:
                        raw = made.texts[scenario.name]
                        checked.results[scenario.name] = kept.keep(scenario, raw)
                done(len(running[future]))
                if not checked.results:
                    return  # a kernel that spoils every scenario of a boot runs none
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


@dataclass
class _Made:
    """What boots made: the raw text of a scenario, or the reason why there is none."""

    texts: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def _boot(
    name: str,
    batch: list[Standard],
    scratch: Path,
    tell: Tell,
    stop: threading.Event,
    timeout: float,
) -> _Made:
    """The batch in one boot; where a scenario spoils it, each in a boot of its own."""
    try:
        return _made(split(booted.record(name, batch, scratch, tell, stop, timeout)), batch)
    except RecorderError as error:
        reason = str(error)
    if len(batch) == 1 or stop.is_set():
        return _Made(failed={scenario.name: reason for scenario in batch})
    tell(f"{batch[0].part}: {reason.splitlines()[0]} Each scenario by itself ...")
    made = _Made()
    for scenario in batch:
        alone = _boot(name, [scenario], scratch, tell, stop, timeout)
        if not made.texts and alone.failed == {scenario.name: reason}:
            return _Made(failed={scenario.name: reason for scenario in batch})
        made.texts |= alone.texts
        made.failed |= alone.failed
    return made


def _made(texts: dict[str, str], batch: list[Standard]) -> _Made:
    """A finished boot's scenarios; what the guest's program gave up is failed, in its words."""
    made = _Made()
    for scenario in batch:
        raw = texts.get(scenario.name, "")
        if f"#### end {scenario.name}" in raw:
            made.texts[scenario.name] = raw
        else:
            last = [line for line in raw.splitlines() if "FATAL" in line] or ["it was not run"]
            made.failed[scenario.name] = last[-1]
    return made
