"""Which tests share a worker: what is expensive to set up is set up once."""

from collections.abc import Iterable

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Iterable[pytest.Function]) -> None:
    """Tests of a file share a worker, and so its fixtures.

    Those that compare all recordings do so whichever their file; those about one notebook are
    apart from those about another; journeys are long, each is dealt out by itself.
    """
    for item in items:
        group = item.path.stem
        if "comparisons" in item.fixturenames:
            group = "comparisons"
        elif "lab" in item.fixturenames:
            group = item.nodeid
        elif "notebook" in item.fixturenames:
            group = item.callspec.params["notebook"]
        item.add_marker(pytest.mark.xdist_group(group))
