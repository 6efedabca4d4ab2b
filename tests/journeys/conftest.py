"""One JupyterLab for all journeys of a session, and one window for those of a file.

Starting either takes as long as a journey. No window is open while other tests run: Playwright's
loop would be in the way of theirs.
"""

from collections.abc import Iterator

import pytest

from mglru_lab.bench.jupyterlab import Lab, serve
from tests.jupyterlab import Desk


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with serve(tmp_path_factory.mktemp("jupyterlab")) as running:
        yield running


@pytest.fixture(scope="module")
def desk(lab: Lab) -> Iterator[Desk]:
    with lab.window() as window:
        yield Desk(lab, window)
