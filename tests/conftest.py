"""Which tests share a worker: what is expensive to set up is set up once."""

import pytest
from xdist.scheduler import LoadScopeScheduling

COMPARED = ("test_groundtruth", "test_spread", "test_truthtable", "test_walked")
"""They compare all recordings, by one fixture of the session."""

ABOUT = ("test_notebooks", "test_notebooks_curriculum", "test_notebooks_yours", "test_reports")
"""Their tests have a notebook as parameter, executed once for all of them."""


class ByFixture(LoadScopeScheduling):
    """Tests that share a fixture share a worker."""

    def _split_scope(self, nodeid: str) -> str:
        """A file's tests are together; those about a notebook by notebook; a journey is alone."""
        file, _, test = nodeid.partition("::")
        stem = file.rpartition("/")[2].removesuffix(".py")
        if stem in COMPARED:
            return "compared"
        if "/journeys/" in file:
            return nodeid
        return test.partition("[")[2] if stem in ABOUT else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    return ByFixture(config, log)
