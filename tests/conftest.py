"""Which tests share a worker, so that what is expensive is set up once, and which go first."""

import pytest
from xdist.scheduler import LoadScopeScheduling

COMPARED = ("test_groundtruth", "test_spread", "test_truthtable", "test_walked")
"""They compare all recordings, by one fixture of the session."""

ABOUT = ("test_notebooks", "test_notebooks_curriculum", "test_notebooks_yours", "test_reports")
"""Their tests have a notebook as parameter, executed once for all of them."""

LONG = (
    *("test_run_all", *COMPARED, "test_sweep", *ABOUT, "test_bench", "test_model_against_oracle"),
    *("test_main_panel", "test_batch", "test_offline", "test_report", "test_jit", "test_record"),
    *("test_host_recorded", "test_notebook_sweep", "test_selftest", "test_bounds"),
)
"""Files that take longest, and first: at the end every worker has something short to do."""


def _stem(nodeid: str) -> str:
    return nodeid.partition("::")[0].rpartition("/")[2].removesuffix(".py")


class ByFixture(LoadScopeScheduling):
    """Tests that share a fixture share a worker."""

    def _split_scope(self, nodeid: str) -> str:
        """A file's tests are together; those about a notebook by notebook.

        Notebooks run in JupyterLab, one after another in a window: there are as many as workers.
        """
        file, _, test = nodeid.partition("::")
        stem, notebook = _stem(nodeid), test.partition("[")[2]
        if stem in COMPARED:
            return "compared"
        if stem == "test_run_all" and notebook:
            return f"window {int(notebook[:2]) % self.numnodes}"
        return notebook if stem in ABOUT else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    return ByFixture(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "matches" in getattr(item, "fixturenames", ()):  # all recordings, compared: minutes
            item.add_marker(pytest.mark.slow)
    order = {stem: place for place, stem in enumerate(LONG)}
    items.sort(key=lambda item: order.get(_stem(item.nodeid), len(order)))
