"""Results of the benchmarks as text, as JSON, and as a page with a chart."""

import json
import os
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import polars as pl

from mglru_lab.files import whole

Results = dict[str, Any]
"""Keys `replay`, `aging`, `startup`, `sweep`, `panel`, `machine`; each only if measured."""


def machine() -> dict[str, Any]:
    """What the numbers depend on: cores, and how many processes wanted them."""
    return {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}


def tables(results: Results) -> str:
    """The measurements as tables in Markdown."""
    parts = []
    if replay := results.get("replay"):
        ratios = [row["ratio"] for row in replay]
        parts += [
            "Replay: accesses per second of CPU, over libCacheSim's LRU on the same trace and "
            "memory",
            "",
            "| trace | pages | memory | ratio | ours, ns/access |\n|---|---:|---:|---:|---:|",
            *(f"| {r['trace']} | {r['pages']:,} | {r['memory']:.0%} | {r['ratio']:.2f} "
              f"| {r['ns']:.1f} |"
              for r in replay),
            "",
            f"Median {np.median(ratios):.2f}, least {min(ratios):.2f}, most {max(ratios):.2f}.",
            "",
        ]  # fmt: skip
    if aging := results.get("aging"):
        parts += [
            f"Aging: one pass over a guest with {aging['young']:.0%} of its pages young; reading "
            f"its page tables once takes {aging['page_table_ns_per_page']:.2f} ns/page (8 bytes a "
            f"page at {aging['copy_bytes_per_second'] / 1e9:.1f} GB/s copied; a copy reads and "
            "writes what it copies: by the bytes that it moves, half of that)",
            "",
            "| pages | ns/page | PTEs walked | found young | peak bytes/page | untouched |",
            "|---:|---:|---:|---:|---:|---:|",
            *(f"| {s['pages']:,} | {s['ns_per_page']:.2f} | {s['walked']:.1%} | {s['young']:.1%} "
              f"| {s['peak_bytes_per_page']:.1f} | {s['untouched_bytes_per_page']:.2f} |"
              for s in aging["sizes"]),
            "",
        ]  # fmt: skip
        parts += [f"{n:,} pages: left out, too little memory.\n" for n in aging["left_out"]]
    if startup := results.get("startup"):
        parts += ["Start-up, CPU time of fresh processes", "", "| | seconds |\n|---|---:|"]
        parts += [f"| {name.replace('_', ' ')} | {s:.2f} |" for name, s in startup.items()]
        parts += [""]
    if sweep := results.get("sweep"):
        per_second = sweep["cells_per_second"]
        parts += [
            "Sweeps: processes on one machine, the best of three rounds in turn",
            "",
            "| | |\n|---|---:|",
            f"| one worker, cells of {1e3 / per_second['1']:.0f} ms: cells per second "
            f"| {per_second['1']:.2f} |",
            f"| two workers | {per_second['2']:.2f} |",
            f"| two over one | {sweep['two_over_one']:.2f} |",
            f"| overhead a cell, beside a run of {sweep['small_cell_ms']:.1f} ms, in ms "
            f"| {sweep['overhead_ms_per_cell']:.1f} |",
            f"| the client's own CPU time a cell, in ms | {sweep['client_cpu_ms_per_cell']:.1f} |",
            f"| passing over a finished cell, in ms | {sweep['skip_ms_per_finished_cell']:.2f} |",
            f"| reading a finished cell, in ms | {sweep['read_ms_per_finished_cell']:.2f} |",
            f"| bytes a finished cell | {sweep['bytes_per_cell']:,} |",
            "",
        ]
    if panel := results.get("panel"):
        parts += [
            f"Main panel in JupyterLab: from a change of the variant to the frame with the new "
            f"answer {panel['median_ms']:.0f} ms in the median of {panel['changes']} changes, "
            f"{panel['worst_ms']:.0f} ms at worst.",
            "",
        ]
    if on := results.get("machine"):
        parts += [
            f"{on['cores']} cores; load average {on['load_average']} at the end of the last run: "
            "the machine was busy with other work wherever that is above 1.",
            "",
        ]
    return "\n".join(parts)


def chart(results: Results) -> alt.LayerChart:
    """The ratio of every replay; 1 is libCacheSim's LRU."""
    frame = pl.DataFrame(results["replay"]).with_columns(
        case=pl.format(
            "{} pages, {} % memory", "pages", (pl.col("memory") * 100).round().cast(pl.Int64)
        )
    )
    points = (
        alt.Chart(frame, width=460, height=180)
        .mark_point(filled=True, size=80)
        .encode(
            x=alt.X("ratio:Q", title="accesses per second, over libCacheSim's LRU (more is better)")
            .scale(type="log"),
            y=alt.Y("trace:N", title="trace"),
            color=alt.Color("case:N", title=None),
            shape=alt.Shape("case:N", title=None),
        )
    )  # fmt: skip
    rule = alt.Chart(pl.DataFrame({"at": [1.0]})).mark_rule(strokeDash=[4, 4]).encode(x="at:Q")
    drawn: alt.LayerChart = (rule + points).properties(
        title="The full model's speed; right of the dashed line it is faster"
    )
    return drawn


def _replace(path: Path, text: str) -> None:
    with whole(path) as partial:
        partial.write_text(text)


def write(results: Results, folder: Path) -> None:
    """Add to `folder`'s results.json, and make its README.md and chart from all that it holds."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "results.json"
    if file.exists():
        results = {**json.loads(file.read_text()), **results}
    _replace(file, json.dumps(results, indent=1) + "\n")
    text = "# How fast the model is\n\n`make bench` measures, and writes this page.\n\n"
    if results.get("replay"):
        with whole(folder / "replay.svg") as partial:
            chart(results).save(str(partial), format="svg")
        text += "![Ratio of every replay](replay.svg)\n\n"
    _replace(folder / "README.md", text + tables(results))
