import pytest

from mglru_lab.lab.truth import findings, groundtruth, recordings
from mglru_lab.lab.truth.match import Match
from mglru_lab.lab.truth.recordings import Recording


@pytest.fixture(scope="session")
def recorded() -> list[Recording]:
    return recordings.load()


@pytest.fixture(scope="session")
def matches(recorded: list[Recording]) -> list[Match]:
    return list(groundtruth.compare_all(recorded, known=findings.load()))
