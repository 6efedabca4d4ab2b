"""A kernel under the standard set: booted as often as needed, a few at a time, results kept."""

import os
import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from mglru_lab.lab.check import booted
from mglru_lab.lab.check.kept import Kept, Result, split
from mglru_lab.lab.check.standard import Standard, boots
from mglru_lab.recorder import packages
from mglru_lab.recorder.image import KernelImage
from mglru_lab.recorder.scratch import scratch
from mglru_lab.recorder.tools import RecorderError

Tell = Callable[[str], None]
MOST_JOBS = 4
"""Boots at a time, at most; each takes a core."""


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
        return (
            self.release if self.release.startswith(self.name) else f"{self.release}, {self.name}"
        )


def check(
    name: str,
    scenarios: Sequence[Standard],
    folder: Path,
    tell: Tell,
    *,
    done: Callable[[int], object] = lambda count: None,
    timeout: float = 900,
) -> Checked:
    """Run the scenarios on the kernel `name`; those whose results `folder` has are not run again.

    `tell` takes a line at a time, `done` how many scenarios have just come to an end. A scenario
    that fails costs only itself; a boot is given up after `timeout` seconds.
    Raises RecorderError for a kernel on which none runs.
    """
    image = packages.kernel(name, tell)
    checked = Checked(name, image.release, booted.checksum_of(image), scenarios)
    kept = Kept(folder, re.sub(r"[^\w.+-]", "_", image.release), checked.checksum)
    for scenario in scenarios:
        result = kept.load(scenario)
        if result is not None:
            checked.results[scenario.name] = result
    if checked.results:
        tell(f"{image.release}: {len(checked.results)} of {len(scenarios)} scenarios are kept")
        done(len(checked.results))
    missing = [scenario for scenario in scenarios if scenario.name not in checked.results]
    if missing:
        _Run(image, kept, tell, timeout).run(checked, boots(missing), done)
    if not checked.results:
        raise RecorderError(next(iter(checked.failed.values()), "no scenario was given"))
    return checked


@dataclass
class _Made:
    """What boots made: the raw text of a scenario, or the reason why there is none."""

    texts: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass
class _Run:
    """The boots of one kernel."""

    image: KernelImage
    kept: Kept
    tell: Tell
    timeout: float
    stop: threading.Event = field(default_factory=threading.Event)

    def run(
        self, checked: Checked, batches: list[list[Standard]], done: Callable[[int], object]
    ) -> None:
        """Boot all batches, as many at a time as there are cores; keep each as it comes."""
        jobs = min(os.cpu_count() or 1, MOST_JOBS)
        with scratch() as folder, ThreadPoolExecutor(jobs) as pool:
            try:
                running = {pool.submit(self._boot, b, folder): b for b in batches}
                for future in as_completed(running):
                    made, batch = future.result(), running[future]
                    checked.failed |= made.failed
                    for scenario in batch:
                        if scenario.name in made.texts:
                            raw = made.texts[scenario.name]
                            checked.results[scenario.name] = self.kept.keep(scenario, raw)
                    done(len(batch))
                    if batch is batches[0] and not checked.results:
                        return  # a kernel on which no scenario of the first boot runs
            finally:
                self.stop.set()
                pool.shutdown(wait=True, cancel_futures=True)

    def _boot(self, batch: list[Standard], folder: Path) -> _Made:
        """The batch in one boot; where a scenario spoils it, each in a boot of its own."""
        if self.stop.is_set():
            return _Made(failed={scenario.name: "stopped" for scenario in batch})
        try:
            raw = booted.record(
                self.image, batch, folder, self.tell, self.stop.is_set, self.timeout
            )
            return _made(split(raw), batch)
        except RecorderError as error:
            reason = str(error)
        if len(batch) == 1 or self.stop.is_set():
            return _Made(failed={scenario.name: reason for scenario in batch})
        self.tell(f"{batch[0].part}: {reason.splitlines()[0]}\nEach scenario by itself ...")
        made = _Made()
        for scenario in batch:
            alone = self._boot([scenario], folder)
            made.texts |= alone.texts
            made.failed |= alone.failed
            if not made.texts:  # the first fails alone, too: it is the kernel, not the scenario
                return _Made(failed={scenario.name: reason for scenario in batch})
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
