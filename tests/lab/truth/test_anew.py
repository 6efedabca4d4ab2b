from collections.abc import Callable
from pathlib import Path

import pytest

from mglru_lab.lab.truth import anew
from mglru_lab.lab.truth.recordings import Recording
from mglru_lab.policy.switch import SWITCH


def test_each_scenario_is_recorded_once_per_kernel_and_the_switch_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boots: list[tuple[str, list[str]]] = []

    def record(files: list[Path], rules: str, out: Path, progress: Callable[[str], None]) -> Path:
        boots.append((rules, [f"{file.stem}: {file.read_text()}" for file in files]))
        return out

    monkeypatch.setattr(anew, "record", record)
    monkeypatch.setattr(anew, "read_raw", lambda raw: [raw.name])
    wanted = [
        Recording("first", "a_x", "6.12.117+deb12-cloud-amd64", "text", True),
        Recording("again", "a_x", "6.12.117+deb12-cloud-amd64", "text", True),
        Recording("first", "b_y", "6.1.0-56-cloud-amd64", "other", True),
        Recording("options_never", "a_z", "6.12.117+deb12-cloud-amd64", f"knob {SWITCH} 1\n", True),
    ]
    found = anew.record_anew(wanted, print)
    assert boots == [("6.12", ["a_x: text"]), ("6.1", ["b_y: other"])]
    assert found == ["anew_6.12.txt", "anew_6.1.txt"]
