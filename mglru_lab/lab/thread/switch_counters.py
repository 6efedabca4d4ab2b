"""Counters of the recorded kernel with a switch, per setting, next to the model's."""

import math
from collections.abc import Sequence

import polars as pl

from mglru_lab.lab.run.run import Run, run
from mglru_lab.lab.truth.recordings import FOLDER
from mglru_lab.lab.truth.switch_settings import SETTINGS

KERNEL, MODEL = "real kernel", "model"

COUNTERS = {
    "host refaults": ("host_majflt", "host_majflt"),
    "guest refaults": ("guest_majflt", "guest_majflt"),
    "refaults": ("pgmajfault", "vm.pgmajfault"),
    "pages scanned": ("pgscan", "vm.pgscan_anon"),
    "generations made": ("max_seq", "max_seq"),
    "asked by walks": ("asks_aging", "ask_walk"),
    "asked about the page at hand": ("asks_eviction", "ask_evict"),
    "asked by look-around windows": ("asks_lookaround", "ask_window"),
}
"""What a chart calls it, the model's counter, the recorder's."""

QUESTIONS = tuple(name for name in COUNTERS if name.startswith("asked"))


def _text(option: str, scenario: str) -> str:
    runs = pl.scan_parquet(FOLDER / "runs.parquet").filter(
        pl.col("file") == f"options_{option}", pl.col("scenario") == scenario
    )
    found: list[str] = runs.select("text").collect()["text"].to_list()
    if not found:
        raise ValueError(f"no recording of {scenario!r} for option {option}")
    return found[0]


def modelled(scenario: str, settings: Sequence[str] = tuple(SETTINGS)) -> dict[str, Run]:
    """The model's run of a recorded scenario, for each setting of the switch."""
    return {
        name: run(SETTINGS[name].scenario(_text(name, scenario), scenario), SETTINGS[name].kernel)
        for name in settings
    }


def beside(scenario: str, wanted: Sequence[str], runs: dict[str, Run]) -> pl.DataFrame:
    """Counters at every label of a recorded scenario, by real kernel and model.

    Questions are counted from when the switch was set last: what was asked before is not the
    option's. Columns: option, source (KERNEL or MODEL), label, counter (of COUNTERS), value. Raises
    ValueError for a counter that is not one of them.
    """
    unknown = set(wanted) - COUNTERS.keys()
    if unknown:
        raise ValueError(f"counter {unknown.pop()!r}: allowed are {', '.join(COUNTERS)}")
    theirs = {COUNTERS[name][1]: name for name in wanted}
    schema = {"option": pl.String, "source": pl.String, "label": pl.String, "counter": pl.String}
    files = {f"options_{name}": name for name in runs}
    stats = pl.scan_parquet(FOLDER / "stats.parquet").filter(
        pl.col("scenario") == scenario,
        pl.col("file").is_in(list(files)),
        pl.col("counter").is_in(list(theirs)),
    )
    recorded: dict[tuple[str, str, str], int] = {
        (files[file], label, theirs[counter]): value
        for file, label, counter, value in stats.select("file", "label", "counter", "value")
        .collect()
        .iter_rows()
    }
    rows = []
    for name, made in runs.items():
        first = _last_before_switch(made)
        for label, snapshot in made.snapshots.items():
            for counter in wanted:
                theirs_here = recorded.get((name, label, counter), 0)  # it leaves out what is 0
                ours = snapshot.counters[COUNTERS[counter][0]]
                if counter in QUESTIONS and first is not None and label != first:
                    theirs_here -= recorded.get((name, first, counter), 0)
                    ours -= made.counters(first)[COUNTERS[counter][0]]
                rows.append((name, KERNEL, label, counter, theirs_here))
                rows.append((name, MODEL, label, counter, ours))
    return pl.DataFrame(rows, schema | {"value": pl.Int64}, orient="row")


def _last_before_switch(made: Run) -> str | None:
    """The last label that was noted before the scenario's last `knob`; None: there is none."""
    label = None
    found = None
    for command in made.scenario.commands():
        if command.name in ("dump", "stat"):
            label = str(command.args[0])
        elif command.name == "knob":
            found = label
    return found


def over_time(frame: pl.DataFrame, counter: str, source: str = KERNEL) -> pl.DataFrame:
    """One counter at the marks of a replay: option, step (the mark's number), value."""
    return (
        frame.filter(pl.col("counter") == counter, pl.col("source") == source)
        .filter(pl.col("label").str.contains(r"^mark\d+$"))
        .select("option", step=pl.col("label").str.slice(4).cast(pl.Int64), value="value")
    )


def agreement(frame: pl.DataFrame) -> str:
    """How many of the numbers are equal, in a sentence."""
    wide = frame.pivot("source", index=["option", "label", "counter"], values="value")
    equal = wide.filter(pl.col(KERNEL) == pl.col(MODEL)).height
    worst = max(abs(ours - theirs) for ours, theirs in wide.select(MODEL, KERNEL).iter_rows())
    axes = {name: wide[name].n_unique() for name in ("option", "label", "counter")}
    sizes = " × ".join(f"{count} {name}s" for name, count in axes.items())
    assert math.prod(axes.values()) == wide.height
    rest = "" if equal == wide.height else f"; the others differ by at most {worst}"
    return f"{equal:,} of {wide.height:,} numbers ({sizes}) are the same in model and kernel{rest}."
