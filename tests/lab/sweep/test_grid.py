from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mglru_lab.lab.sweep.grid import BOUNDS, OF_WORKLOAD, ON, Grid, GridError

SCENARIO = "region $pages kvm\ntrace zipf10_15@$seed\nstat end\n"


def test_every_combination_is_a_cell_and_defaults_fill_the_rest() -> None:
    grid = Grid.of({"kernel": ["existing", "6.12"], "seed": range(3), "workload": "nested"})
    assert [dict(cell.values)["seed"] for cell in grid.cells] == [0, 0, 1, 1, 2, 2]
    assert grid.swept == ["kernel", "seed"]
    values = dict(grid.cells[0].values)
    assert values == {**ON, **OF_WORKLOAD, "kernel": "existing", "seed": 0, "workload": "nested"}


def test_the_same_cell_has_the_same_key_however_it_is_said() -> None:
    one = Grid.of({"memory": 1, "kernel": "6.12@6.12", "enabled": "Yes", "seed": 2}).cells
    other = Grid.of({"seed": [2, 2], "enabled": "y", "kernel": "6.12", "memory": 1.0}).cells
    assert [cell.key for cell in one] == [cell.key for cell in other]
    assert len(one[0].key) == 24


def test_everything_that_is_said_is_part_of_the_key(tmp_path: Path) -> None:
    (tmp_path / "x.scn").write_text(SCENARIO)
    keys = set()
    for changed in (
        {}, {"mmu": "arm64"}, {"enabled": 3}, {"kernel": "v4"}, {"seed": 2}, {"pages": 128},
        {"length": 4096}, {"memory": 0.6}, {"swappiness": 100}, {"workload": "scan"},
        {"workload": "zipf10_15"}, {"workload": "guest.parquet"},
        {"scenario": str(tmp_path / "x.scn"), "pages": 9000, "seed": 1},
    ):  # fmt: skip
        keys |= {cell.key for cell in Grid.of(changed).cells}
    assert len(keys) == 13


def test_a_file_and_its_scenario_are_looked_up_beside_it(tmp_path: Path) -> None:
    (tmp_path / "x.scn").write_text(SCENARIO + "trace t.u32\n")
    (tmp_path / "t.u32").write_bytes(bytes(8))
    file = tmp_path / "sweep.toml"
    file.write_text(
        'scenario = "x.scn"\nseed = {from = 1, to = 9, step = 4}\npages = 7\n'
        'kernel = ["6.12", "v4"]\n'
    )
    cells = Grid.of(file).cells
    assert len(cells) == 6
    assert cells[2].text == "region 7 kvm\ntrace zipf10_15@5\nstat end\ntrace t.u32\n"
    assert [trace.name for trace in cells[0].traces] == ["t.u32"]
    before = cells[0].key
    (tmp_path / "t.u32").write_bytes(bytes(12))
    assert Grid.of(file).cells[0].key != before


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kernle": "6.12"}, "parameter 'kernle' is unknown; did you mean kernel?"),
        ({"kernel": ["6.12", "v9"]}, "variant 'v9' is unknown"),
        ({"mmu": "x"}, "mmu 'x' is unknown"),
        ({"enabled": "maybe"}, "maybe"),
        ({"workload": "mixx"}, "is in none of"),
        ({"workload": "../../../../etc/hostname"}, "not a whole number of 32-bit words"),
        ({"memory": [0.5, 0]}, "memory 0.0: allowed is a share"),
        ({"seed": -1}, "seed -1: allowed are whole numbers 0 to"),
        ({"seed": 1.5}, "seed 1.5: allowed are whole numbers"),
        ({"pages": 2**60}, "allowed are whole numbers 64 to 16777216"),
        ({"scenario": "nowhere.scn"}, "nowhere.scn: No such file"),
        ({"scenario": "nul\0.scn"}, "nul"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_what_is_allowed(given: dict, message: str) -> None:
    with pytest.raises(GridError) as told:
        Grid.of(given)
    assert message in str(told.value)


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        (SCENARIO, {"pages": 9}, "the scenario says $seed, to which nothing gives values"),
        (SCENARIO, {"pages": 9, "seed": 1, "memory": 1}, "parameter 'memory' is unknown"),
        (SCENARIO, {"pages": 9, "seed": "1\nlimit 3"}, "allowed is one word"),
        (SCENARIO, {"pages": [2**40, 2**41], "seed": 1}, "1099511627776 is outside 1 to"),
        ("region 8 anon\n", {}, "x.scn notes nothing"),
        ("limit $ 4\n", {}, "a $ comes before a parameter's name"),
        ("region 8 anon\ntrace nowhere.u32\nstat end\n", {}, "'nowhere.u32' is in none of"),
    ],
)
def test_a_wrong_scenario_is_told(tmp_path: Path, text: str, given: dict, message: str) -> None:
    (tmp_path / "x.scn").write_text(text)
    with pytest.raises(GridError) as told:
        Grid.of({"scenario": str(tmp_path / "x.scn"), **given})
    assert message in str(told.value)


_TOML = """kernel = ["existing", "6.12"]
memory = {from = 0.25, to = 0.75, step = 0.25}
seed = [1, 2]
workload = "mix"
"""


@given(data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_file_is_a_grid_or_an_error_that_names_it(tmp_path: Path, data: st.DataObject) -> None:
    whole = bytearray(_TOML.encode())
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(whole)))
        scrap = st.sampled_from([b"nan", b"1e400", b"-1", b"[", b"{", b'"../../x"', b"9" * 30])
        new = data.draw(scrap | st.binary(max_size=3))
        whole[at : at + data.draw(st.integers(0, 6))] = new
    file = tmp_path / "sweep.toml"
    file.write_bytes(bytes(whole))
    error = ""
    try:
        cells = Grid.of(file).cells
    except GridError as told:
        error = str(told)
    if error:
        assert str(file) in error
        return
    assert 0 < len(cells) <= 100
    low, high = BOUNDS["seed"]
    for cell in cells:
        values = dict(cell.values)
        assert 0 < values["memory"] <= 1
        assert low <= values.get("seed", 0) <= high
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sweep.toml"]
