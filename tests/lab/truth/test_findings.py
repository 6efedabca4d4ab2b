from pathlib import Path

from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.lab.truth import findings
from mglru_lab.lab.truth.groups import group_of
from mglru_lab.lab.truth.match import Match
from mglru_lab.lab.truth.recordings import Recording


def test_what_was_found_is_kept_and_used(tmp_path: Path, recorded: list[Recording]) -> None:
    run = next(run for run in recorded if run.scenario == "c_hotscan_15_en7_f0_r1")
    unrecorded = Unrecorded(
        phase=3, first_dump=(8, 1), flipped_walks=(28, 30), flushes=((7, 0), (9, 2))
    )
    used = Match(run, group_of(run), unrecorded)
    findings.keep([used], {("a_b", "other"): Unrecorded(phase=5)}, tmp_path)
    kept = findings.load(tmp_path)
    assert kept == {("a_b", "other"): Unrecorded(phase=5), (run.file, run.scenario): unrecorded}
    findings.keep([Match(run, group_of(run))], kept, tmp_path)
    assert findings.load(tmp_path) == {("a_b", "other"): Unrecorded(phase=5)}
    assert findings.load(tmp_path / "nothing") == {}
