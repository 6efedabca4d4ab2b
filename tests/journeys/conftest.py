"""One JupyterLab for all journeys of a session: starting it takes as long as a journey."""

from collections.abc import Iterator

import pytest

from mglru_lab.bench.jupyterlab import Lab, serve


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with serve(tmp_path_factory.mktemp("jupyterlab")) as running:
        yield running
