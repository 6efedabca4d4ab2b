import pytest

import mglru_lab as ml
from mglru_lab.lab.price.map import ThresholdMap, threshold_map
from mglru_lab.lab.price.verdict import verdict


@pytest.fixture(scope="module")
def made() -> ThresholdMap:
    return threshold_map(memory=[0.5, 0.7], guest=[0.1, 0.9], length=16384)


def test_a_cell_is_the_threshold_of_its_two_runs(made: ThresholdMap) -> None:
    rows = {(row["memory"], row["guest"]): row for row in made.frame.to_dicts()}
    assert rows.keys() == {(0.5, 0.1), (0.5, 0.9), (0.7, 0.1), (0.7, 0.9)}
    for where, found in made.thresholds.items():
        assert rows[where]["break_even"] == found.break_even
        assert rows[where]["verdict"] == verdict(found).short
        assert rows[where]["saved_ms"] == found.difference / 1e6
        if found.calls:
            assert rows[where]["low"] <= found.saved / found.calls <= rows[where]["high"]
        else:
            assert rows[where]["low"] is None


def test_who_makes_the_accesses_turns_the_sign(made: ThresholdMap) -> None:
    """A host at work gains by asking, a guest at work loses, whatever a call costs."""
    thresholds = made.at(ml.Costs(swap="nvme")).thresholds
    host, guest = (thresholds[0.5, share].break_even for share in (0.1, 0.9))
    assert host is not None
    assert guest is not None
    assert guest < 0 < 585 < host


def test_a_wrong_share_is_refused() -> None:
    with pytest.raises(ValueError, match="guest 2"):
        threshold_map(guest=[2])
    with pytest.raises(ValueError, match="memory 0"):
        threshold_map(memory=[0], guest=[0.5])
