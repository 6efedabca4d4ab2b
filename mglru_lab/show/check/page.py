"""A check as one HTML page that asks nothing of any network."""

from html import escape
from importlib.resources import files
from string import Template

import polars as pl

from mglru_lab.lab.check.check_report import Report
from mglru_lab.show.check import prose
from mglru_lab.show.check.page_maps import strips
from mglru_lab.show.kit.charts import NAMES
from mglru_lab.show.report import provenance

SHOWN = 6
"""Scenarios whose page maps are drawn."""
_PAGE = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$title</title><style>$css</style></head><body><main>
<h1>$title</h1>
$body
</main></body></html>
""")


def html(report: Report) -> str:
    """The page; everything that came from the kernel or its user is escaped."""
    checked = report.checked
    parts = [
        _lines(prose.ran(report)),
        "<h2>Which rules it follows</h2>",
        _lines(prose.nearest(report)),
        _table(report.by_family),
        _table(report.by_scenario),
        *_first_differences(report),
        "<h2>Who asks KVM</h2>",
        *(_lines(prose.who_asks(question)) for question in report.questions),
        "" if report.questions else _lines("The calls were not counted."),
        _lines(prose.host_and_guest(report)),
        *_against(report),
        "<h2>What made this page</h2>",
        _lines(f"Kernel {checked.release}, checksum of all that it booted with {checked.checksum}"),
        _table(provenance.versions()),
    ]
    css = (files("mglru_lab.show.report") / "page" / "page.css").read_text()
    return _PAGE.substitute(title=escape(f"Kernel {checked.title}"), css=css, body="\n".join(parts))


def _lines(text: str) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in text.splitlines())


def _table(frame: pl.DataFrame) -> str:
    return str(provenance.table(frame).data)


def _first_differences(report: Report) -> list[str]:
    found = [
        f"<details><summary>{escape(name)}</summary><pre>{escape(text)}</pre></details>"
        for name, text in report.first_differences().items()
    ]
    return ["<h3>Where each scenario first differs</h3>", *found] if found else []


def _against(report: Report) -> list[str]:
    if report.changes is None:
        return []
    parts = [f"<h2>What differs from {escape(report.against)}</h2>", _lines(prose.against(report))]
    if not report.changes:
        return parts
    parts += [_table(report.by_change), _table(report.by_map)]
    drawn = [change for change in report.changes if change.maps]
    if drawn:
        places = ", ".join(NAMES)
        parts.append(
            f"<h3>Page maps at the first dump that differs</h3><p>From dark to yellow: {places}. "
            "Grey is swapped out, white not there, orange waits in a batch.</p>"
        )
    for change in drawn[:SHOWN]:
        (label, region), (ours, theirs) = next(iter(change.maps.items()))
        title = f"{change.scenario.name}, {label}" + ", the guest's region" * region
        second, first = report.labels
        both = {first: ours, second: theirs}
        parts.append(f"<h4>{escape(title)}</h4>{strips(both, title)}")
    if len(drawn) > SHOWN:
        parts.append(_lines(f"Not drawn: {', '.join(c.scenario.name for c in drawn[SHOWN:])}."))
    return parts
