import pytest

from mglru_lab.lab.truth import groundtruth, recordings, search
from mglru_lab.lab.truth.groundtruth import Comparison
from mglru_lab.lab.truth.recordings import Recording


@pytest.fixture(scope="session")
def recorded() -> list[Recording]:
    return recordings.load()


@pytest.fixture(scope="session")
def comparisons(recorded: list[Recording]) -> list[Comparison]:
    return list(groundtruth.compare_all(recorded, known=search.load()))
