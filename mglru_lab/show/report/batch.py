"""Many reports: notebooks and a grid of parameters, one folder, one index; none is made twice."""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from papermill.iorw import load_notebook_node

from mglru_lab.show.report.ingredients import ingredients
from mglru_lab.show.report.parameters import ParameterError, check, declared
from mglru_lab.show.report.pdf import NoBrowser, browser, to_pdf
from mglru_lab.show.report.report import ReportError, first_answer, key_of, render, write

_INDEX = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Reports</title><style>$css</style></head><body><main>
<h1>Reports</h1>
<p>$count. One row per report, sorted by notebook and parameters; parameters that do not vary are in
the reports themselves.</p>
<table><thead><tr><th>report</th><th>parameters</th><th>its first answer</th></tr></thead>
<tbody>
$rows
</tbody></table></main></body></html>
""")


@dataclass(frozen=True)
class Job:
    """One report to be made: where it goes is decided by the key of its ingredients."""

    notebook: Path
    parameters: dict[str, object]
    varied: dict[str, object]
    out: Path
    key: str


@dataclass(frozen=True)
class Done:
    """What became of a job: a page, perhaps a PDF, or the reason why there is none."""

    job: Job
    pdf: Path | None = None
    failure: str = ""
    kept: Path | None = None


def grid(axes: Iterable[str]) -> list[dict[str, str]]:
    """Every combination of axes such as `memory=0.25,0.5`, the last one varying fastest."""
    values: dict[str, list[str]] = {}
    for axis in axes:
        name, equals, text = axis.partition("=")
        options = [option.strip() for option in text.split(",")]
        if not equals or not name.isidentifier() or not all(options):
            raise ParameterError(f"--grid {axis!r}: allowed is NAME=VALUE,VALUE...")
        if name in values:
            raise ParameterError(f"--grid {name} is given twice")
        values[name] = list(dict.fromkeys(options))
    return [
        dict(zip(values, choice, strict=True)) for choice in itertools.product(*values.values())
    ]


def plan(
    notebooks: Sequence[Path], fixed: Mapping[str, object], axes: Sequence[str], folder: Path
) -> list[Job]:
    """The jobs, sorted by their names; raises ParameterError before anything runs.

    A name that only some of the notebooks declare is given to those; one that none declares is an
    error.
    """
    sources = {path: load_notebook_node(str(path)) for path in dict.fromkeys(notebooks)}
    combinations = grid(axes)
    asked = {*fixed, *combinations[0]}
    nowhere = asked.difference(*(declared(source) for source in sources.values()))
    jobs = {}
    for path, source in sources.items():
        known = declared(source).keys() | nowhere
        for combination in combinations:
            if both := fixed.keys() & combination.keys():
                raise ParameterError(f"{min(both)} is given by -p or -f and by --grid")
            given = {k: v for k, v in {**fixed, **combination}.items() if k in known}
            try:
                values = check(source, given)
            except ParameterError as error:
                raise ParameterError(f"{path.name}: {error}") from None
            made_of = ingredients(source, values, path.absolute().parent)
            varied = {name: values[name] for name in combination if name in values}
            words = "".join(f"_{name}={value}" for name, value in varied.items())
            slug = re.sub(r"[^\w.=+-]+", "-", words)[:80]
            out = folder / f"{path.stem}{slug}_{made_of.key[:8]}.html"
            jobs[out.name] = Job(path, values, varied, out, made_of.key)
    return [jobs[name] for name in sorted(jobs)]


def make(
    jobs: Sequence[Job], folder: Path, progress: Callable[[str], None], *, pdf: bool = False
) -> list[Done]:
    """Make what is not there yet, then the index; after a failure the others are still made."""
    if pdf:
        browser()
    done = []
    for place, job in enumerate(jobs, start=1):
        made, what = _make(job, pdf)
        done.append(made)
        progress(f"[{place}/{len(jobs)}] {job.out.name}: {made.failure or what}")
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "index.html", index(done))
    return done


def _make(job: Job, pdf: bool) -> tuple[Done, str]:
    """What came of it, and in a word what was done."""
    what = "is there already"
    try:
        if key_of(job.out) != job.key:
            what = "finished"
            render(job.notebook, job.out, job.parameters, lambda _cell: None)
        printed = job.out.with_suffix(".pdf")
        if pdf and not (printed.exists() and printed.stat().st_mtime >= job.out.stat().st_mtime):
            printed = to_pdf(job.out)
        return Done(job, printed if printed.exists() else None), what
    except ReportError as error:
        return Done(job, failure=f"{error.cell} failed: {error.cause}", kept=error.kept), what
    except NoBrowser as error:
        return Done(job, failure=str(error)), what


def index(done: Sequence[Done]) -> str:
    """The page that lists them; the same reports make the same page, in whatever order."""
    rows = []
    for one in sorted(done, key=lambda one: one.job.out.name):
        job = one.job
        name = escape(job.out.name)
        link = f'<a href="{name}">{escape(job.notebook.stem)}</a>' if job.out.exists() else name
        words = ", ".join(f"{escape(k)} = {escape(str(v))}" for k, v in job.varied.items())
        result = escape(one.failure or first_answer(job.out) or "finished")
        if one.pdf:
            result += f', <a href="{escape(one.pdf.name)}">PDF</a>'
        if one.kept:
            kept = escape(one.kept.name)
            result += f', <a href="{kept}">the notebook as far as it ran</a>'
        rows.append(f"<tr><td>{link}</td><td>{words or 'defaults'}</td><td>{result}</td></tr>")
    failed = sum(bool(one.failure) for one in done)
    count = f"{len(done)} reports" + (f", {failed} of them failed" if failed else ", none failed")
    css = (files("mglru_lab.show.report") / "page" / "page.css").read_text()
    return _INDEX.substitute(css=css, count=count, rows="\n".join(rows))
