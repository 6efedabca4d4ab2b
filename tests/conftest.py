"""Which tests share a worker, so that what is expensive is set up once, and which go first."""

from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

COMPARED = tuple(
    f"tests/lab/truth/test_{name}.py" for name in ("groundtruth", "spread", "table", "walked")
)
"""They compare all recordings, by one fixture of the session, `matches`."""

ABOUT = (
    "tests/test_notebooks.py",
    "tests/test_notebooks_curriculum.py",
    "tests/test_notebooks_guesses.py",
    "tests/test_notebooks_numbers.py",
    "tests/test_notebooks_yours.py",
    "tests/test_reports.py",
)
"""Their tests have a notebook as parameter, executed once for all of them."""

WINDOWS = "tests/journeys/test_run_all.py"
"""Its tests have a notebook as parameter, too, and run it in JupyterLab."""

LONG = (
    WINDOWS,
    *COMPARED,
    "tests/lab/sweep/test_sweep.py",
    *ABOUT,
    *(f"tests/bench/test_{name}.py" for name in ("replay", "sweep", "panel")),
    "tests/test_model_against_oracle.py",
    "tests/journeys/test_main_panel.py",
    "tests/journeys/test_panels.py",
    "tests/show/report/test_batch.py",
    "tests/show/kit/test_offline.py",
    "tests/show/report/test_report.py",
    "tests/kernel/test_jit.py",
    "tests/recorder/test_record.py",
    "tests/lab/host/test_recorded.py",
    "tests/test_notebook_sweep.py",
    "tests/lab/thread/test_selftest.py",
    "tests/lab/run/test_bounds.py",
)
"""Files that take longest, and first: at the end every worker has something short to do."""


class ByFixture(LoadScopeScheduling):
    """Tests that share a fixture share a worker."""

    def _split_scope(self, nodeid: str) -> str:
        """A file's tests are together; those about a notebook by notebook.

        Notebooks run in JupyterLab, one after another in a window: there are as many as workers.
        """
        return scope_of(nodeid, self.numnodes)


def scope_of(nodeid: str, workers: int) -> str:
    """Tests of equal scope share one of the workers."""
    file, _, test = nodeid.partition("::")
    notebook = test.partition("[")[2]
    if file in COMPARED:
        return "compared"
    if file == WINDOWS and notebook:
        return f"window {int(notebook[:2]) % workers}"
    return notebook.partition("-")[0].rstrip("]") if file in ABOUT and notebook else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    return ByFixture(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    order = {file: place for place, file in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.nodeid.partition("::")[0], len(order)))
    apart = set()
    for item in items:
        if "matches" in getattr(item, "fixturenames", ()):  # all recordings, compared: minutes
            item.add_marker(pytest.mark.slow)
            if (file := item.nodeid.partition("::")[0]) not in COMPARED:
                apart.add(file)
    if apart:
        raise pytest.UsageError(f"{', '.join(sorted(apart))}: not in COMPARED of tests/conftest.py")
    gone = [file for file in LONG if not (Path(config.rootpath) / file).exists()]
    if gone:
        raise pytest.UsageError(f"tests/conftest.py names files that are gone: {', '.join(gone)}")
