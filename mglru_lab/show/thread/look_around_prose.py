"""The answers about look-around on a real kernel and in the panel. Markdown out."""

import polars as pl

from mglru_lab.lab.run.comparison import Comparison
from mglru_lab.lab.thread.switch_counters import KERNEL


def regrow(last: pl.DataFrame) -> str:
    """About the recorded table that was sparse once; frame: its last label."""
    scanned = last.filter(source=KERNEL, counter="pages scanned").sort("value")
    parts = [f"*{option}* {value:,}" for option, value in scanned.select("option", "value").rows()]
    return (
        "*v4_kconfig* never sees the table again: without look-around the table does not enter the "
        "filter, and on every second pass all pages reach the end of the list and are rescued one "
        f"by one. Pages that the real kernel scanned: {', '.join(parts)}."
    )


def bought(final: pl.DataFrame) -> str:
    """About the recorded refaults and pages scanned under pressure; frame: the end."""
    values = {
        (option, counter): value
        for option, counter, value in final.filter(source=KERNEL)
        .select("option", "counter", "value")
        .iter_rows()
    }
    parts = [
        f"*{name}* {values[name, 'refaults']:,} refaults, {values[name, 'pages scanned']:,} scanned"
        for name in ("stock", "walk_only", "v4_kconfig")
    ]
    return (
        f"{'; '.join(parts)}. On this trace fewer questions go with fewer refaults in total and "
        "more scanning: look-around promotes a neighbour that was used once as far as a hot page. "
        "With other traces the order may change."
    )


def own_and_other(result: Comparison) -> str:
    """The panel's rule and the variant's own: refaults, pages scanned, questions."""
    parts = [
        f"**{name}** {run.end['pgmajfault']:,} refaults, {run.end['pgscan']:,} scanned, "
        f"{run.end['asks_lookaround']:,} questions by windows"
        for name, run in result.runs.items()
    ]
    return f"*{result.scenario.source}*: {'; '.join(parts)}."
