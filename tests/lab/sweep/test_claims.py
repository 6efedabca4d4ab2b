import subprocess
import sys
from pathlib import Path

import pytest

from mglru_lab.lab.sweep.claims import Claims

KEYS = [f"{n:024x}" for n in (1 << 60, 2 << 60)]
OTHER = """
import sys
from pathlib import Path
from mglru_lab.lab.sweep.claims import Claims

claims = Claims(Path(sys.argv[1]))
print([claims.take(key) for key in sys.argv[2:]], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Another client of the folder, which wants the first cell."""
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(tmp_path), KEYS[0]],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "[True]\n"
    yield process
    process.kill()
    process.communicate()


def test_a_cell_is_one_clients_until_it_gives_it_up_or_dies(
    tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    with Claims(tmp_path) as claims:
        assert [claims.take(key) for key in KEYS] == [False, True]
        claims.give_up(KEYS[1])
        other.kill()
        other.wait()
        assert claims.take(KEYS[0])


def test_a_client_may_take_its_own_again(tmp_path: Path) -> None:
    with Claims(tmp_path) as claims:
        assert claims.take(KEYS[0])
        assert claims.take(KEYS[0])
